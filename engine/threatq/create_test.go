package threatq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tqmap/engine/request"
)

const consume = "POST /api/indicators/consume"

func fqdns(n int) []*Object {
	var out []*Object
	for i := range n {
		out = append(out, &Object{Name: fmt.Sprintf("host%d.example.com", i), Type: "FQDN"})
	}
	return out
}

func TestCreateMatchesRowsByIdentity(t *testing.T) {
	p := newPlatform()
	c := NewClient(p, Options{BatchSize: 3})
	objs := []*Object{
		{Name: "d41d8cd98f00b204e9800998ecf8427e", Type: "MD5"},
		{Name: "d41d8cd98f00b204e9800998ecf8427e", Type: "Filename"},
		{Name: "a.example.com", Type: "fqdn"},
		{Name: "A.example.com", Type: "FQDN", Status: "review"},
		{Name: " a.example.com ", Type: "FQDN", Status: "review"},
	}
	got := c.Create(t.Context(), Indicators, objs)
	ids := map[int64]int{}
	for i, r := range got {
		if r.Err != nil || r.ID <= 1<<53 {
			t.Errorf("object %d: %+v", i, r)
		}
		ids[r.ID]++
	}
	if len(ids) != 4 || got[2].ID != got[4].ID {
		t.Errorf("ids %v: four objects are meant, the last is the third again", got)
	}
	if !got[2].Created || got[4].Created {
		t.Errorf("created %v, again %v; want true and false", got[2].Created, got[4].Created)
	}
	if n := p.count(consume); n != 2 {
		t.Errorf("%d consume calls for 5 objects in batches of 3", n)
	}
	if body := string(p.calls[len(p.calls)-1].Body); strings.Count(body, `"status_id":4`) != 2 {
		t.Errorf("the status is not in %s", body)
	}
	again := c.Create(t.Context(), Indicators, objs[:1])
	if again[0].Created || again[0].ID != got[0].ID {
		t.Errorf("second run: %+v", again[0])
	}
}

func TestCreateBody(t *testing.T) {
	p := newPlatform()
	c := NewClient(p, Options{})
	o := &Object{
		Name: " alert 7 ", Type: "Sighting", Description: " <p>x</p> ",
		HappenedAt: time.Date(2020, 8, 14, 13, 30, 2, 999, time.FixedZone("", 7200)),
		Sources:    []Source{{"Vendor", "tlp:amber strict"}, {"vendor", "GREEN"}},
		Attributes: []Attribute{{Name: "Severity", Value: " 870 "}, {Name: "Empty", Value: " "}, {Name: "Severity", Value: "1"}},
		Tags:       []string{"a", "A", ""},
		Related:    []Ref{{Indicators, 9007199254740993}, {"malware", 2}, {Indicators, 0}},
	}
	if r := c.Create(t.Context(), Events, []*Object{o})[0]; r.Err != nil {
		t.Fatal(r.Err)
	}
	want := `[{"attributes":[{"name":"Severity","value":"870","sources":[{"name":"Vendor","tlp_id":5}]}],` +
		`"description":"<p>x</p>","happened_at":"2020-08-14 11:30:02","indicators":[{"id":9007199254740993}],"malware":[{"id":2}],` +
		`"sources":[{"name":"Vendor","tlp_id":5}],"tags":["a"],"title":"alert 7","type_id":11}]`
	call := p.last(t, "POST /api/events/consume")
	if string(call.Body) != want {
		t.Errorf("body\n%s\nwant\n%s", call.Body, want)
	}
	if call.ContentType != "application/json" {
		t.Errorf("content type %q", call.ContentType)
	}
	if o.Name != " alert 7 " {
		t.Error("Create changed the object of its caller")
	}
}

func TestCreateHalvesToTheGuilty(t *testing.T) {
	p := newPlatform()
	objs := fqdns(500)
	p.poison[objs[17].Name] = `{"data":{"errors":{"value":["The value is not allowed."]}}}`
	p.poison[objs[404].Name] = `{"errors":["First",["part 1","part 2"]]}`
	got := NewClient(p, Options{}).Create(t.Context(), Indicators, objs)
	for i, r := range got {
		if guilty := i == 17 || i == 404; guilty != (r.Err != nil) || guilty == (r.ID != 0) {
			t.Errorf("object %d: %+v", i, r)
		}
	}
	var refused *RefusedError
	if !errors.As(got[17].Err, &refused) || refused.Status != 400 ||
		!slices.Equal(refused.Messages, []string{"value: The value is not allowed."}) || !strings.Contains(refused.Item, objs[17].Name) {
		t.Errorf("refusal: %#v", refused)
	}
	if !errors.As(got[404].Err, &refused) || !slices.Equal(refused.Messages, []string{"First", "part 1", "part 2"}) {
		t.Errorf("refusal: %#v", refused)
	}
	if !errors.Is(got[17].Err, request.ErrRefused) {
		t.Error("the refusal does not unwrap to the answer")
	}
	if n := p.count(consume); n > 37 {
		t.Errorf("%d calls to find 2 of 500", n)
	}
}

// Every way in which a platform says no, to the batch or to one object of it.
func TestCreateRefusalForms(t *testing.T) {
	row := func(id int, name string) string { return fmt.Sprintf(`{"id":%d,"value":%q,"type_id":10}`, id, name) }
	tests := map[string]struct {
		status int
		body   string // answer to a batch that holds the bad object
		want   string
	}{
		"form 1":                {400, `{"data":{"errors":{"value":["bad value"]}}}`, "value: bad value"},
		"form 1 under 200":      {200, `{"data":{"errors":{"value":"bad value"}}}`, "value: bad value"},
		"form 2":                {409, `{"errors":["bad",["value"]]}`, "bad; value"},
		"form 2 under 201":      {201, `{"errors":["bad value"]}`, "bad value"},
		"form 3 without name":   {200, `{"data":[{"error":"bad value"}]}`, "bad value"},
		"form 3 under 400":      {400, `{"data":[{"error":"bad value"}]}`, "bad value"},
		"form 3 named":          {200, `{"data":[` + row(1, "host0.example.com") + `,{"value":"host1.example.com","error":{"type":["bad value"]}}]}`, "type: bad value"},
		"form 3 beside good":    {200, `{"data":[` + row(1, "host0.example.com") + `,{"error":"bad value"}]}`, "bad value"},
		"message":               {422, `{"message":"bad value"}`, "bad value"},
		"too large, HTML":       {413, `<html>too large</html>`, "raw text"},
		"control characters":    {400, `{"errors":["bad\u001b[2J\nvalue"]}`, "bad [2J value"},
		"no reason":             {400, `{}`, "raw text"},
		"several errors, again": {200, `{"data":[{"error":"bad"},{"error":"value"}]}`, "bad"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPlatform()
			p.answer = func(r request.Request) (int, string) {
				if strings.Contains(string(r.Body), "host1.example.com") {
					return test.status, test.body
				}
				return p.serve(r)
			}
			got := NewClient(p, Options{}).Create(t.Context(), Indicators, fqdns(3))
			if got[0].Err != nil || got[2].Err != nil || got[0].ID == 0 || got[2].ID == 0 {
				t.Errorf("innocent objects: %+v", got)
			}
			var refused *RefusedError
			if !errors.As(got[1].Err, &refused) {
				t.Fatalf("error %v", got[1].Err)
			}
			if have := strings.Join(refused.Messages, "; "); have != test.want || refused.Status != test.status {
				t.Errorf("refused %d %q, want %d %q", refused.Status, have, test.status, test.want)
			}
			if n := p.count(consume); n > 6 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestCreateFindsMissingRows(t *testing.T) {
	p := newPlatform()
	objs := fqdns(200)
	objs[5].Name = "with,comma.example.com"
	objs[6].Name = strings.Repeat("long", 600)
	for _, i := range []int{1, 5, 6, 100, 199} {
		p.silent[objs[i].Name] = true
	}
	for i, r := range NewClient(p, Options{}).Create(t.Context(), Indicators, objs) {
		if r.Err != nil || r.ID == 0 {
			t.Errorf("object %d: %+v", i, r)
		}
	}
	if n := p.count("GET /api/indicators"); n != 3 {
		t.Errorf("%d look-ups: want one for the comma, one for the long name, one for the others", n)
	}
	if n := p.count(consume); n != 1 {
		t.Errorf("%d consume calls", n)
	}
}

func TestCreateUnderAnotherSpelling(t *testing.T) {
	tests := map[string]func(string) string{
		"case":   strings.ToUpper,
		"scheme": func(s string) string { return strings.TrimPrefix(s, "host") },
	}
	for name, respell := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPlatform()
			p.respell = respell
			for i, r := range NewClient(p, Options{}).Create(t.Context(), Indicators, fqdns(4)) {
				if r.Err != nil || r.ID != p.rows[i]["id"] {
					t.Errorf("object %d: %+v, stored %v", i, r, p.rows[i])
				}
			}
		})
	}
}

func TestCreateThatLeavesNoTrace(t *testing.T) {
	p := newPlatform()
	p.answer = func(r request.Request) (int, string) {
		if strings.HasSuffix(r.Path, "/consume") {
			return 200, `{"data":[]}`
		}
		return p.serve(r)
	}
	for _, r := range NewClient(p, Options{}).Create(t.Context(), Indicators, fqdns(2)) {
		var refused *RefusedError
		if r.ID != 0 || !errors.As(r.Err, &refused) {
			t.Errorf("%+v", r)
		}
	}
	if n := p.count(consume); n != 3 {
		t.Errorf("%d consume calls, want the batch and each object alone", n)
	}
}

func TestCreateStopsWhereThreatQCannotBeAsked(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		is     error
	}{
		"503":         {503, "", request.ErrUnavailable},
		"500":         {500, `{"errors":["oops"]}`, request.ErrUnavailable},
		"429":         {429, "", request.ErrUnavailable},
		"401":         {401, `{"errors":["expired"]}`, request.ErrUnauthorized},
		"403":         {403, `{"errors":["no right"]}`, request.ErrForbidden},
		"404":         {404, "", request.ErrRefused},
		"HTML as 200": {200, "<html>sign in</html>", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPlatform()
			p.answer = func(r request.Request) (int, string) {
				if p.count(consume) == 2 {
					return test.status, test.body
				}
				return p.serve(r)
			}
			objs := fqdns(8)
			objs[7].Name = ""
			got := NewClient(p, Options{BatchSize: 2}).Create(t.Context(), Indicators, objs)
			var down *UnavailableError
			var refused *RefusedError
			for i, r := range got[2:7] {
				if r.ID != 0 || !errors.As(r.Err, &down) || errors.As(r.Err, &refused) || test.is != nil && !errors.Is(r.Err, test.is) {
					t.Errorf("object %d: %+v", i+2, r)
				}
			}
			if got[0].Err != nil || got[1].Err != nil {
				t.Errorf("objects written before: %v", got[:2])
			}
			if errors.As(got[7].Err, &down) {
				t.Errorf("the object without a name is at fault itself: %v", got[7].Err)
			}
			if n := p.count(consume); n != 2 {
				t.Errorf("%d calls: nothing may be sent after the failure", n)
			}
		})
	}
}

func TestCreateStopsWithItsContext(t *testing.T) {
	p := newPlatform()
	ctx, cancel := context.WithCancel(t.Context())
	p.answer = func(r request.Request) (int, string) {
		if p.count(consume) == 1 {
			cancel()
		}
		return p.serve(r)
	}
	got := NewClient(p, Options{BatchSize: 1}).Create(ctx, Indicators, fqdns(3))
	if got[0].ID == 0 || !errors.Is(got[1].Err, context.Canceled) || !errors.Is(got[2].Err, context.Canceled) {
		t.Errorf("%+v", got)
	}
}

func TestCreateRefusesWhatHasNoIdentity(t *testing.T) {
	at := time.Unix(1, 0)
	tests := map[string]struct {
		collection Collection
		obj        Object
		want       string
	}{
		"no name":           {"malware", Object{Name: "  "}, "has no value"},
		"no title":          {Events, Object{Type: "Sighting", HappenedAt: at}, "has no title"},
		"indicator type":    {Indicators, Object{Name: "x"}, "has no type"},
		"event type":        {Events, Object{Name: "x", HappenedAt: at}, "has no type"},
		"event time":        {Events, Object{Name: "x", Type: "Sighting"}, "happened_at"},
		"TLP":               {"malware", Object{Name: "x", Sources: []Source{{"s", "PURPLE"}}}, `TLP "PURPLE"`},
		"unknown type":      {Indicators, Object{Name: "x", Type: "FQDM"}, `did you mean "FQDN"?`},
		"unknown status":    {Indicators, Object{Name: "x", Type: "FQDN", Status: "Reveiw"}, `did you mean "Review"?`},
		"type not accepted": {Events, Object{Name: "x", Type: "New", HappenedAt: at}, "name: too long"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPlatform()
			p.answer = func(r request.Request) (int, string) {
				if r.Method+r.Path == "POST/api/event/types" {
					return 400, `{"data":{"errors":{"name":["too long"]}}}`
				}
				return p.serve(r)
			}
			got := NewClient(p, Options{}).Create(t.Context(), test.collection, []*Object{&test.obj})[0]
			if got.Err == nil || !strings.Contains(got.Err.Error(), test.want) {
				t.Errorf("error %v, want %q", got.Err, test.want)
			}
			var down *UnavailableError
			if errors.As(got.Err, &down) {
				t.Error("the object is at fault, not the platform")
			}
			if n := p.count("POST /api/" + string(test.collection) + "/consume"); n != 0 {
				t.Errorf("%d objects were sent", n)
			}
		})
	}
}

func TestBatchesByCountAndSize(t *testing.T) {
	sized := func(sizes ...int) []*item {
		var out []*item
		for _, n := range sizes {
			out = append(out, &item{body: json.RawMessage(strings.Repeat("x", n))})
		}
		return out
	}
	tests := []struct {
		sizes []int
		want  []int
	}{
		{nil, nil},
		{[]int{1, 1, 1, 1, 1}, []int{3, 2}},
		{[]int{60, 60, 30, 1}, []int{1, 3}},
		{[]int{500, 1, 500}, []int{1, 1, 1}},
	}
	for _, test := range tests {
		var got []int
		for _, b := range batches(sized(test.sizes...), 3, 100) {
			got = append(got, len(b))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("sizes %v: batches %v, want %v", test.sizes, got, test.want)
		}
	}
}
