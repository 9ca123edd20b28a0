package threatq

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tqmap/engine/request"
)

func fullPlan() Plan {
	return Plan{
		Fields:         []FieldChange{{"title", "a", "b"}, {FieldType, "Spearphish", "sighting"}, {FieldDescription, "", "d"}},
		SetAttributes:  []AttributeChange{{31, "Severity", "1", "2"}},
		AddAttributes:  []Attribute{{Name: "N", Value: "v"}},
		DropAttributes: []Attribute{{Name: "Severity", RowID: 32}},
		AddSources:     []Source{{"Vendor", "CLEAR"}},
		AddTags:        []string{"t"},
		AddRelated:     []Ref{{Indicators, 7}, {Indicators, 8}},
		Sources:        []Source{{"Vendor", "CLEAR"}},
	}
}

// updated is a platform that accepts every update of an object.
func updated() *platform {
	p := newPlatform()
	p.answer = func(r request.Request) (int, string) {
		switch {
		case strings.HasSuffix(r.Path, "/types"):
			return p.serve(r)
		case r.Method == "DELETE":
			return 204, ""
		case strings.HasSuffix(r.Path, "/indicators"):
			return 200, `{"data":[{"id":7,"pivot":{"id":1}},{"id":8,"pivot":{"id":2}}]}`
		}
		return 201, `{"data":[{"id":1}]}`
	}
	return p
}

func TestApply(t *testing.T) {
	p := updated()
	if err := NewClient(p, Options{}).Apply(t.Context(), &Object{Collection: Events, ID: 5}, fullPlan()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range p.calls {
		got = append(got, strings.TrimSpace(r.Method+" "+r.Path+" "+string(r.Body)))
	}
	want := []string{
		`POST /api/events/5/sources {"name":"Vendor","tlp_id":4}`,
		`POST /api/events/5/tags [{"name":"t"}]`,
		`POST /api/events/5/indicators [{"id":7},{"id":8}]`,
		`GET /api/event/types`,
		`PUT /api/events/5 {"description":"d","title":"b","type":"sighting","type_id":11}`,
		`POST /api/events/5/attributes [{"name":"N","value":"v","sources":[{"name":"Vendor","tlp_id":4}]}]`,
		`PUT /api/events/5/attributes/31 {"value":"2"}`,
		`DELETE /api/events/5/attributes/32`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("calls\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestApplyStopsAtTheFirstFailure(t *testing.T) {
	for _, fail := range []string{"POST /api/events/5/sources", "POST /api/events/5/tags", "POST /api/events/5/indicators", "PUT /api/events/5",
		"POST /api/events/5/attributes", "PUT /api/events/5/attributes/31", "DELETE /api/events/5/attributes/32"} {
		for _, status := range []int{400, 503} {
			t.Run(fmt.Sprint(fail, status), func(t *testing.T) {
				p := updated()
				ok := p.answer
				p.answer = func(r request.Request) (int, string) {
					if r.Method+" "+r.Path == fail {
						return status, `{"errors":["no"]}`
					}
					return ok(r)
				}
				err := NewClient(p, Options{}).Apply(t.Context(), &Object{Collection: Events, ID: 5}, fullPlan())
				var refused *RefusedError
				var down *UnavailableError
				if errors.As(err, &refused) != (status == 400) || errors.As(err, &down) != (status == 503) {
					t.Errorf("error %v", err)
				}
				if log := p.log(); log[len(log)-1] != fail {
					t.Errorf("it went on: %v", log)
				}
			})
		}
	}
}

func TestApplyWhatSomebodyElseChanged(t *testing.T) {
	p := updated()
	ok := p.answer
	p.answer = func(r request.Request) (int, string) {
		if strings.Contains(r.Path, "/attributes/") {
			return 404, ""
		}
		return ok(r)
	}
	plan := Plan{SetAttributes: []AttributeChange{{31, "Severity", "1", "2"}}, DropAttributes: []Attribute{{RowID: 32}}}
	if err := NewClient(p, Options{}).Apply(t.Context(), &Object{Collection: Events, ID: 5}, plan); err != nil {
		t.Fatal(err)
	}
	if body := string(p.last(t, "POST /api/events/5/attributes").Body); body != `[{"name":"Severity","value":"2"}]` {
		t.Errorf("the removed row was added again as %s", body)
	}
}

func TestApplyToAnObjectThatIsGone(t *testing.T) {
	p := updated()
	p.answer = func(request.Request) (int, string) { return 404, `{}` }
	err := NewClient(p, Options{}).Apply(t.Context(), &Object{Collection: "malware", ID: 5}, Plan{Fields: []FieldChange{{"value", "a", "b"}}})
	if statusOf(err) != 404 || string(p.calls[0].Body) != `{"value":"b"}` {
		t.Errorf("error %v", err)
	}
}

func TestApplyNothing(t *testing.T) {
	p := updated()
	c := NewClient(p, Options{})
	if err := c.Apply(t.Context(), &Object{Collection: Events}, Plan{Sources: []Source{{"x", ""}}}); err != nil || len(p.calls) > 0 {
		t.Errorf("%v, calls %v", err, p.log())
	}
	err := c.Apply(t.Context(), &Object{Collection: Events, Name: "new"}, Plan{AddTags: []string{"t"}})
	if err == nil || !strings.Contains(err.Error(), "has no id") || len(p.calls) > 0 {
		t.Errorf("%v, calls %v", err, p.log())
	}
}

func TestApplyLinks(t *testing.T) {
	tests := map[string]struct {
		post, list string
		want       string
	}{
		"made":             {`{"data":[{"id":7,"pivot":{"id":1}}]}`, "", ""},
		"there before":     {`{"data":[]}`, `{"data":[{"id":6},{"id":7}]}`, ""},
		"no pivot":         {`{"data":[{"id":7}]}`, `{"data":[]}`, "link to indicators 7"},
		"error in the row": {`{"data":[{"error":"no such object"}]}`, "", "no such object"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPlatform()
			p.answer = func(r request.Request) (int, string) {
				if r.Method == "POST" {
					return 200, test.post
				}
				return 200, test.list
			}
			err := NewClient(p, Options{}).Apply(t.Context(), &Object{Collection: Events, ID: 5}, Plan{AddRelated: []Ref{{Indicators, 7}}})
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
			if looked := p.count("GET /api/events/5/indicators"); looked > 0 != (test.list != "") {
				t.Errorf("%d look-ups", looked)
			}
		})
	}
}

func TestApplyStatusAndAdversaries(t *testing.T) {
	p := updated()
	ok := p.answer
	p.answer = func(r request.Request) (int, string) {
		if strings.HasSuffix(r.Path, "/statuses") {
			return p.serve(r)
		}
		return ok(r)
	}
	c := NewClient(p, Options{})
	if err := c.Apply(t.Context(), &Object{Collection: Indicators, ID: 5}, Plan{Fields: []FieldChange{{FieldStatus, "Active", "Review"}}}); err != nil {
		t.Fatal(err)
	}
	if body := string(p.last(t, "PUT /api/indicators/5").Body); body != `{"status_id":4}` {
		t.Errorf("status sent as %s", body)
	}
	if err := c.Apply(t.Context(), &Object{Collection: Adversaries, ID: 6}, Plan{Fields: []FieldChange{{FieldDescription, "", "d"}}}); err != nil {
		t.Fatal(err)
	}
	if body := string(p.last(t, "POST /api/adversaries/6/description").Body); body != `{"value":"d"}` {
		t.Errorf("description sent as %s", body)
	}
	if p.count("PUT /api/adversaries/6") != 0 {
		t.Error("an update without fields was sent")
	}
	err := c.Apply(t.Context(), &Object{Collection: Indicators, ID: 5}, Plan{Fields: []FieldChange{{FieldStatus, "Active", "Reviev"}}})
	var unknown *UnknownTypeError
	if !errors.As(err, &unknown) {
		t.Errorf("unknown status: %v", err)
	}
}

// An interrupted update is finished by a plan made from what is there then.
func TestApplyReplay(t *testing.T) {
	want := Object{Collection: Events, Type: "Sighting", Attributes: []Attribute{{Name: "Status", Value: "Closed"}, {Name: "N", Value: "v", Mode: Add}}}
	start := Object{Collection: Events, ID: 5, Type: "Spearphish", Attributes: []Attribute{{Name: "Status", Value: "Open", RowID: 1}, {Name: "Status", Value: "Old", RowID: 2}}}
	for stopAt := range 6 {
		now := start
		now.Attributes = slices.Clone(start.Attributes)
		p := newPlatform()
		writes := 0
		p.answer = func(r request.Request) (int, string) {
			if r.Method == "GET" {
				return p.serve(r)
			}
			if writes++; writes == stopAt {
				return 503, ""
			}
			mutate(&now, r)
			return 200, ""
		}
		c := NewClient(p, Options{})
		for range 2 {
			if err := c.Apply(t.Context(), &now, Diff(&now, &want)); err != nil && !errors.Is(err, request.ErrUnavailable) {
				t.Fatal(err)
			}
		}
		if p := Diff(&now, &want); !p.Empty() || len(now.Attributes) != 2 {
			t.Errorf("stopped at write %d, left to do:\n%s\n%+v", stopAt, p, now)
		}
	}
}

// mutate does to an object what an update call says.
func mutate(o *Object, r request.Request) {
	switch r.Method + " " + r.Path {
	case "PUT /api/events/5":
		o.Type = "Sighting"
	case "POST /api/events/5/attributes":
		o.Attributes = append(o.Attributes, Attribute{Name: "N", Value: "v", RowID: 3})
	case "PUT /api/events/5/attributes/1":
		o.Attributes[0].Value = "Closed"
	case "DELETE /api/events/5/attributes/2":
		o.Attributes = slices.DeleteFunc(o.Attributes, func(a Attribute) bool { return a.RowID == 2 })
	}
}
