package threatq

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tqmap/engine/request"
)

func stored(names ...string) *platform {
	p := newPlatform()
	for i, name := range names {
		p.rows = append(p.rows, map[string]any{"id": i + 1, "title": name, "type": "Sighting"})
	}
	return p
}

func names(objs []Object) []string {
	var out []string
	for _, o := range objs {
		out = append(out, o.Name)
	}
	return out
}

func TestFindByName(t *testing.T) {
	p := stored("alert a, b (1)", "alert a; b (1)", "plain", "other", "plain two")
	got, err := NewClient(p, Options{}).FindByName(t.Context(), Events, []string{"alert a, b (%)", "plain%", "", "plain"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"alert a, b (1)", "plain", "plain two"}; !slices.Equal(names(got), want) {
		t.Errorf("found %q, want %q", names(got), want)
	}
	if len(p.calls) != 2 || query(p.calls[0], "title") != "alert a% b (%)" || query(p.calls[1], "title") != "plain%,plain" {
		t.Errorf("calls %+v", p.calls)
	}
	if query(p.calls[1], "with") != "type,attributes,sources,tags" || got[0].Type != "Sighting" {
		t.Errorf("with %q: %+v", query(p.calls[1], "with"), got[0])
	}
}

func TestAddressesStayShort(t *testing.T) {
	var patterns, all []string
	for i := range 400 {
		all = append(all, fmt.Sprintf("ålert/%d %s.", i, strings.Repeat("&", i%50)))
		patterns = append(patterns, all[i])
	}
	long := strings.Repeat("é", 1200)
	p := stored(append(all, long, long[:1000])...)
	got, err := NewClient(p, Options{}).FindByName(t.Context(), Events, append(patterns, long))
	if err != nil || len(got) != 401 || !slices.Contains(names(got), long) {
		t.Errorf("found %d, %v", len(got), err)
	}
	for _, r := range p.calls {
		q := url.Values{}
		for _, pair := range r.Query {
			q.Set(pair.Name, pair.Value)
		}
		if n := len(r.Path + "?" + q.Encode()); n > 1800 {
			t.Errorf("an address of %d bytes", n)
		}
	}
}

func TestPagesEnd(t *testing.T) {
	page := func(total string, first, n int) string {
		var rows []string
		for i := range n {
			rows = append(rows, fmt.Sprintf(`{"id":%d,"title":"x"}`, first+i))
		}
		return fmt.Sprintf(`{%s"data":[%s]}`, total, strings.Join(rows, ","))
	}
	tests := map[string]struct {
		pages map[string]string // by offset; others repeat the first
		want  int
		calls int
	}{
		"total":                   {map[string]string{"0": page(`"total":3,`, 1, 2), "2": page(`"total":3,`, 3, 1)}, 3, 2},
		"no total, short page":    {map[string]string{"0": page("", 1, 2), "2": page("", 3, 2), "4": page("", 0, 0)}, 4, 3},
		"empty before total":      {map[string]string{"0": page(`"total":9,`, 1, 2), "2": page(`"total":9,`, 0, 0)}, 2, 2},
		"offset is ignored":       {map[string]string{"0": page("", 1, 2)}, 2, 2},
		"rows without id":         {map[string]string{"0": `{"data":[{"title":"x"}]}`}, 0, 1},
		"data is null":            {map[string]string{"0": `{"data":null}`}, 0, 1},
		"total with text, string": {map[string]string{"0": page(`"total":"2",`, 1, 2)}, 2, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPlatform()
			p.answer = func(r request.Request) (int, string) {
				if body, ok := test.pages[query(r, "offset")]; ok {
					return 200, body
				}
				return 200, test.pages["0"]
			}
			got, err := NewClient(p, Options{}).FindByName(t.Context(), Events, []string{"%"})
			if err != nil || len(got) != test.want || len(p.calls) != test.calls {
				t.Errorf("%d objects in %d calls, %v; want %d in %d", len(got), len(p.calls), err, test.want, test.calls)
			}
		})
	}
}

func TestGet(t *testing.T) {
	p := newPlatform()
	p.answer = func(r request.Request) (int, string) {
		var rows []string
		for id := range strings.SplitSeq(query(r, "id"), ",") {
			if id != "2" {
				rows = append(rows, `{"id":`+id+`,"value":"v","type":{"id":10,"name":"FQDN"},"status":"Review"}`)
			}
		}
		slices.Reverse(rows)
		return 200, `{"data":[` + strings.Join(rows, ",") + `]}`
	}
	got, err := NewClient(p, Options{}).Get(t.Context(), Indicators, []int64{9007199254740993, 2, 1, 1})
	if err != nil || len(got) != 2 || got[0].ID != 9007199254740993 || got[1].ID != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got[0].Type != "FQDN" || got[0].Status != "Review" || got[0].Collection != Indicators {
		t.Errorf("%+v", got[0])
	}
	if r := p.calls[0]; query(r, "id") != "9007199254740993,2,1,1" || query(r, "with") != "type,status,score,attributes,sources,tags" {
		t.Errorf("call %+v", r)
	}
}

func TestList(t *testing.T) {
	tests := map[string]struct {
		collection Collection
		q          ListQuery
		total      string
		wantQuery  string
		wantTotal  int
		wantErr    string
	}{
		"types":           {Events, ListQuery{Types: []string{"sighting", "CLOSED"}, Sort: "-updated_at", Limit: 2}, `"total":7,`, "limit=2 offset=0 with=type,attributes,sources,tags sort=-updated_at type_id=11", 7, ""},
		"no total, full":  {Events, ListQuery{Offset: 4, Limit: 2}, "", "limit=2 offset=4 with=type,attributes,sources,tags", 7, ""},
		"no total, end":   {Events, ListQuery{Offset: 4}, "", "limit=500 offset=4 with=type,attributes,sources,tags", 6, ""},
		"no event type":   {Events, ListQuery{Types: []string{"CLOSED"}}, "", "", 0, ""},
		"indicator type":  {Indicators, ListQuery{Types: []string{"FQDM"}}, "", "", 0, "FQDN"},
		"untyped objects": {"malware", ListQuery{Types: []string{"x"}}, "", "", 0, "no malware type"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPlatform()
			var asked string
			p.answer = func(r request.Request) (int, string) {
				if strings.HasSuffix(r.Path, "/types") {
					return p.serve(r)
				}
				for _, pair := range r.Query {
					asked += pair.Name + "=" + pair.Value + " "
				}
				return 200, `{` + test.total + `"data":[{"id":1,"title":"a"},{"id":2,"title":"b"}]}`
			}
			objs, total, err := NewClient(p, Options{}).List(t.Context(), test.collection, test.q)
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil || strings.TrimSpace(asked) != test.wantQuery || total != test.wantTotal {
				t.Errorf("asked %q, total %d, %v", asked, total, err)
			}
			if asked != "" && len(objs) != 2 {
				t.Errorf("%+v", objs)
			}
		})
	}
}

func TestReadsThatAnswerNothing(t *testing.T) {
	p := newPlatform()
	p.answer = func(request.Request) (int, string) { return 200, `{}` }
	c := NewClient(p, Options{})
	_, errFind := c.FindByName(t.Context(), Events, []string{"x"})
	_, errGet := c.Get(t.Context(), Events, []int64{1})
	_, _, errList := c.List(t.Context(), Events, ListQuery{})
	_, errRelated := c.Related(t.Context(), Ref{Events, 1}, Indicators)
	for i, err := range []error{errFind, errGet, errList, errRelated} {
		if !errors.Is(err, ErrHidden) {
			t.Errorf("read %d: %v", i, err)
		}
	}
	if with := query(p.calls[1], "with"); with != "type,attributes,sources,tags,indicators" {
		t.Errorf("events are read with %q", with)
	}
	if objs, err := c.Get(t.Context(), Events, nil); len(objs) != 0 || err != nil {
		t.Errorf("no ids: %v %v", objs, err)
	}
}

func TestLike(t *testing.T) {
	tests := []struct {
		pattern, s string
		want       bool
	}{
		{"a%c", "aBc", true}, {"a%c", "ab", false}, {"%", "", true}, {"", "", true}, {"", "a", false},
		{"a%a", "a", false}, {"%b%", "abc", true}, {"a%b%c", "axbxbxc", true}, {"abc", "ABC", true}, {"abc", "abcd", false},
	}
	for _, test := range tests {
		if got := like(test.pattern, test.s); got != test.want {
			t.Errorf("like(%q, %q) = %v", test.pattern, test.s, got)
		}
	}
}
