package threatq

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tqmap/engine/request"
)

func TestKindsAreConsistent(t *testing.T) {
	seen := map[string]bool{}
	for i, k := range Kinds() {
		if seen[k.Code] || seen[string(k.Collection)] && string(k.Collection) != k.Code || k.Title == "" {
			t.Errorf("%s is there twice, or has no title", k.Code)
		}
		seen[k.Code], seen[string(k.Collection)] = true, true
		if f := k.field(k.nameField); f == nil || !f.Required || f.Final {
			t.Errorf("%s: its name %q is %+v", k.Code, k.nameField, f)
		}
		if got := k.Collection.Kind(); got.Code != k.Code {
			t.Errorf("%s is found as %s", k.Code, got.Code)
		}
		for _, f := range k.Fields {
			if f.Summary == "" {
				t.Errorf("%s.%s says nothing", k.Code, f.Name)
			}
		}
		if i > 0 && Kinds()[i-1].Collection.Order() >= k.Collection.Order() {
			t.Errorf("%s is not written after the kind before it", k.Code)
		}
	}
	first, last := Kinds()[0], Kinds()[len(Kinds())-1]
	own := Collection("bank_account")
	if first.Collection != Indicators || last.Collection != Events || own.Order() <= Collection("tasks").Order() || own.Order() >= Events.Order() {
		t.Errorf("order: %s first, %s last, others at %d", first.Code, last.Code, own.Order())
	}
	if k := own.Kind(); k.nameField != "value" || k.field("type") == nil || k.field("started_at") == nil {
		t.Errorf("an administrator's own kind: %+v", k)
	}
}

// filled is an object of a kind with a value for every field.
func filled(k Kind) *Object {
	o := &Object{Collection: k.Collection, Name: "name"}
	for _, f := range k.Fields {
		setField(o, f.Name, 1)
	}
	return o
}

func setField(o *Object, field string, n int) {
	if at := o.Time(field); at != nil {
		*at = time.Date(2024, 5, n, 10, 0, 0, 999, time.UTC)
		return
	}
	switch text := fmt.Sprint(field, n); field {
	case o.Collection.NameField():
		o.Name = text
	case "type":
		o.Type = text
	case "status":
		o.Status = text
	case "value":
		o.Content = text
	case "score":
		o.Score = &n
	}
}

// Every field of every kind is read back as text, is sent, makes another hash, and
// is changed by an update unless it is final.
func TestEveryFieldOfEveryKind(t *testing.T) {
	for _, k := range append(Kinds(), CustomKind("bank_account")) {
		for _, f := range k.Fields {
			have, want := filled(k), filled(k)
			setField(want, f.Name, 2)
			if have.Text(f.Name) == "" || have.Text(f.Name) == want.Text(f.Name) {
				t.Errorf("%s.%s reads as %q", k.Code, f.Name, have.Text(f.Name))
			}
			if Hash(have) == Hash(want) {
				t.Errorf("%s.%s does not count", k.Code, f.Name)
			}
			n := normal(want)
			var sent map[string]any
			if err := json.Unmarshal(marshal(itemBody(&n, 0, 0)), &sent); err != nil {
				t.Fatal(err)
			}
			if _, ok := sent[f.Name]; ok == (f.Name == "score") { // which a bulk write does not take
				t.Errorf("%s.%s: sent %v", k.Code, f.Name, sent)
			}
			changes := Diff(have, want).Fields
			identity := k.Identity == ByValueAndType && (f.Name == "type" || f.Name == "value")
			switch {
			case f.Name == "status": // the engine decides whether to want it
				if len(changes) != 1 {
					t.Errorf("%s.%s: %v", k.Code, f.Name, changes)
				}
			case f.Final || identity:
				if len(changes) != 0 {
					t.Errorf("%s.%s must not change: %v", k.Code, f.Name, changes)
				}
			case len(changes) != 1 || changes[0].New != want.Text(f.Name):
				t.Errorf("%s.%s: %v", k.Code, f.Name, changes)
			}
			if changes := Diff(have, filled(k)).Fields; len(changes) != 0 {
				t.Errorf("%s: changes of nothing: %v", k.Code, changes)
			}
		}
	}
}

func TestScoreRow(t *testing.T) {
	for body, want := range map[string]string{
		`{"id":1,"score":{"generated_score":"4.00","manual_score":null}}`: "",
		`{"id":1,"score":{"generated_score":"4.00","manual_score":7}}`:    "7",
		`{"id":1,"score":{"manual_score":"7.00"}}`:                        "7",
		`{"id":1,"score":4}`:    "", // a search does not say which score it is
		`{"id":1,"score":null}`: "",
		`{"id":1,"score":[]}`:   "",
		`{"id":1}`:              "",
	} {
		var r row
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			t.Fatal(err)
		}
		o := r.object(Indicators)
		if got := o.Text("score"); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func scored(names ...string) []*Object {
	var out []*Object
	for i, name := range names {
		out = append(out, &Object{Name: name, Type: "FQDN", Score: &i})
	}
	return out
}

// New objects get their score one by one; one that is refused is to blame itself,
// one that cannot be asked for stops those after it.
func TestScoresOfNewObjects(t *testing.T) {
	for _, tc := range []struct {
		name         string
		fail, status int
		want         string // by object: - done, r refused, u unavailable
		calls        int
	}{
		{"all", -1, 0, "---", 3},
		{"one refused", 1, 400, "-r-", 3},
		{"not to be asked", 1, 503, "-uu", 2},
		{"no such address", 0, 404, "uuu", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlatform()
			n := 0
			p.answer = func(r request.Request) (int, string) {
				if !strings.HasSuffix(r.Path, "/scores") {
					return p.serve(r)
				}
				if n++; n-1 == tc.fail {
					return tc.status, `{"errors":["no"]}`
				}
				return 200, `{"data":{}}`
			}
			results := NewClient(p, Options{}).Create(t.Context(), Indicators, scored("a", "b", "c"))
			got := ""
			for _, r := range results {
				var refused *RefusedError
				var down *UnavailableError
				switch {
				case r.Err == nil && r.ID != 0:
					got += "-"
				case errors.As(r.Err, &down):
					got += "u"
				case errors.As(r.Err, &refused):
					got += "r"
				}
			}
			if got != tc.want || n != tc.calls {
				t.Errorf("%s after %d calls, want %s after %d", got, n, tc.want, tc.calls)
			}
		})
	}
}

func TestScoreOfAnUpdate(t *testing.T) {
	p := &fake{answer: func(request.Request) (int, string) { return 200, `{"data":{}}` }}
	score := 7
	have := &Object{Collection: Indicators, ID: 9}
	plan := Diff(have, &Object{Collection: Indicators, Score: &score, ExpiresAt: time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)})
	if err := NewClient(p, Options{}).Apply(t.Context(), have, plan); err != nil {
		t.Fatal(err)
	}
	if want := []string{"PUT /api/indicator/9/scores", "PUT /api/indicators/9"}; !slices.Equal(p.log(), want) {
		t.Fatalf("%v, want %v", p.log(), want)
	}
	if got := string(p.calls[0].Body); got != `{"manual_score":7}` {
		t.Errorf("score %s", got)
	}
	if got := string(p.calls[1].Body); got != `{"expires_at":"2024-05-01 00:00:00"}` {
		t.Errorf("update %s", got)
	}
}

// Links are asked for only where reading the object did not bring them.
func TestReadLinks(t *testing.T) {
	p := &fake{answer: func(r request.Request) (int, string) { return 200, `{"total":1,"data":[{"id":5,"pivot":{"id":1}}]}` }}
	c := NewClient(p, Options{})
	event := &Object{Collection: Events, ID: 3, Related: []Ref{{Indicators, 1}}}
	if err := c.ReadLinks(t.Context(), event, []Ref{{Indicators, 2}, {"malware", 5}, {"malware", 6}}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"GET /api/events/3/malware"}; !slices.Equal(p.log(), want) {
		t.Errorf("%v, want %v", p.log(), want)
	}
	if want := []Ref{{Indicators, 1}, {"malware", 5}}; !slices.Equal(event.Related, want) {
		t.Errorf("%v, want %v", event.Related, want)
	}
	p.answer = func(request.Request) (int, string) { return 503, "" }
	var down *UnavailableError
	if err := c.ReadLinks(t.Context(), &Object{Collection: "malware", ID: 3}, []Ref{{Indicators, 2}}); !errors.As(err, &down) {
		t.Errorf("error %v", err)
	}
}
