package threatq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tqmap/engine/request"
)

// heavy is a platform whose objects have many links; longer answers are too large.
type heavy struct {
	links int // of each object
	most  int // links in an answer
	asked []string
}

func (h *heavy) Do(_ context.Context, r request.Request) (*request.Response, error) {
	line := r.Path
	for _, p := range r.Query {
		line += " " + p.Name + "=" + p.Value
	}
	h.asked = append(h.asked, line)
	query := func(name string) (value string) {
		for _, p := range r.Query {
			if p.Name == name {
				value = p.Value
			}
		}
		return value
	}
	linked := func(from, to int) string {
		var out []string
		for i := from; i < to; i++ {
			out = append(out, fmt.Sprintf(`{"id":%d,"value":"m%d","status_id":2}`, i+1, i+1))
		}
		return "[" + strings.Join(out, ",") + "]"
	}
	if r.Path == "/api/adversaries/7/malware" {
		var offset int
		_, _ = fmt.Sscan(query("offset"), &offset)
		return &request.Response{Status: 200, Body: fmt.Appendf(nil, `{"total":%d,"data":%s}`, h.links, linked(offset, min(h.links, offset+1000)))}, nil
	}
	var rows []string
	for id := range strings.SplitSeq(query("id"), ",") {
		row := `{"id":` + id + `,"name":"a` + id + `"`
		if strings.Contains(query("with"), "malware") {
			row += `,"malware":` + linked(0, h.links)
		}
		rows = append(rows, row+"}")
	}
	if strings.Contains(query("with"), "malware") && h.links*len(rows) > h.most {
		return nil, fmt.Errorf("reading: %w", request.ErrTooLarge)
	}
	return &request.Response{Status: 200, Body: fmt.Appendf(nil, `{"total":%d,"data":[%s]}`, len(rows), strings.Join(rows, ","))}, nil
}

func upTo(n int) (out []int64) {
	for i := range n {
		out = append(out, int64(i+1))
	}
	return out
}

func TestLinksThatAreMany(t *testing.T) {
	for _, tc := range []struct {
		name        string
		ids         []int64
		links, most int
		least       int // links known before
		requests    int // at most
	}{
		{"few", upTo(400), 2, 1 << 20, 0, 5},
		{"none", upTo(400), 0, 1 << 20, 0, 5},
		{"some", upTo(100), 100, 1 << 20, 0, 6},
		{"more than expected", upTo(20), 500, 1000, 0, 22},
		{"more than an answer takes", []int64{7}, 2300, 1000, 0, 5},
		{"more than an answer takes, which is known", []int64{7}, 2300, 1000, 1500, 4},
		{"a full page may not be all", []int64{7}, 2300, 1 << 20, 0, 4},
	} {
		h := &heavy{links: tc.links, most: tc.most}
		q := LinkQuery{Of: Adversaries, IDs: tc.ids, To: []Collection{"malware"}}
		if tc.least > 0 {
			q.Links = func(int64) int { return tc.least }
		}
		var ids []int64
		err := NewClient(h, Options{}).LinkReader().Read(context.Background(), q, func(asked []int64, got []Linked) error {
			for _, o := range got {
				if len(o.Links) != tc.links {
					t.Errorf("%s: %d links", tc.name, len(o.Links))
				}
				ids = append(ids, o.ID)
			}
			return nil
		})
		if err != nil || !slices.Equal(ids, tc.ids) {
			t.Errorf("%s: %v %v", tc.name, err, ids)
		}
		if len(h.asked) > tc.requests {
			t.Errorf("%s: %d requests, want %d at most: %.300q", tc.name, len(h.asked), tc.requests, h.asked)
		}
	}
}

func TestLinksAreNotAskedForInVain(t *testing.T) {
	h := &heavy{links: 3, most: 100}
	q := LinkQuery{Of: Adversaries, IDs: []int64{1, 2}, To: []Collection{"malware", "tool"}, Bare: true,
		Links: func(int64) int { return 3 }, Unlinked: func(id int64, to Collection) bool { return to == "tool" || id == 2 }}
	stop := errors.New("stop")
	if err := NewClient(h, Options{}).LinkReader().Read(context.Background(), q, func([]int64, []Linked) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
	if want := []string{"/api/adversaries id=1,2 with=malware sort=id limit=500 offset=0"}; !slices.Equal(h.asked, want) {
		t.Errorf("%q", h.asked)
	}
}
