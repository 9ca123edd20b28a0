package threatq

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func decodeOne(t *testing.T, c Collection, body string) Object {
	t.Helper()
	var r row
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		t.Fatal(err)
	}
	return r.object(c)
}

// The same object in the form of the object endpoints and in that of a search.
func TestBothFormsOfAnObject(t *testing.T) {
	objectForm := `{"id":9007199254740993,"value":"a.example.com","type_id":11,"type":{"id":11,"name":"FQDN"},"status":{"id":4,"name":"Review"},
		"description":null,"touched_at":"2020-08-10 09:48:50","score":{"generated_score":"0.00"},
		"sources":[{"id":6,"name":"S","type":"plugins","tlp_id":2,"pivot":{"id":9}},{"name":"T","tlp":{"name":"amber+strict"}},{"name":"U","tlp_id":null}],
		"attributes":[{"id":3,"attribute_id":1,"value":"Malware","attribute":{"id":1,"name":"Category"},"sources":[]}],
		"tags":[{"id":1,"name":"x"}],"adversaries":[{"id":12,"name":"A","pivot":{"id":1}}],"events":[]}`
	searchForm := `{"id":"9007199254740993","value":"a.example.com","type":"FQDN","status":"Review","touched_at":"2020-08-10T09:48:50Z","score":0,
		"sources":[{"id":9,"source_id":6,"source_type":"plugins","name":"S","tlp_name":"Amber","tlp_id":9},{"name":"T","tlp":"AMBER STRICT"},{"name":"U"}],
		"attributes":{"0":{"id":3,"name":"Category","value":"Malware"}},"tags":["x"],"adversaries":[{"id":12,"name":"A"}]}`
	want := Object{
		Collection: Indicators, ID: 9007199254740993, Name: "a.example.com", Type: "FQDN", Status: "Review",
		TouchedAt:  time.Date(2020, 8, 10, 9, 48, 50, 0, time.UTC),
		Sources:    []Source{{"S", "AMBER"}, {"T", "AMBER+STRICT"}, {"U", ""}},
		Attributes: []Attribute{{Name: "Category", Value: "Malware", RowID: 3}},
		Tags:       []string{"x"}, Related: []Ref{{Adversaries, 12}},
	}
	for _, body := range []string{objectForm, searchForm} {
		if got := decodeOne(t, Indicators, body); !reflect.DeepEqual(got, want) {
			t.Errorf("decoded\n%+v\nwant\n%+v", got, want)
		}
	}
}

func TestShapesNobodyKnowsAreAbsent(t *testing.T) {
	body := `{"id":1.5,"value":{"a":1},"title":["x"],"name":7,"type":[1],"status":false,"description":[{"value":"a"},{"value":"b"},3],
		"happened_at":"yesterday","sources":"S","attributes":[1,{"id":null,"name":"N","value":443}],"tags":{"a":"b"},"existing":"maybe"}`
	got := decodeOne(t, Adversaries, body)
	want := Object{Collection: Adversaries, Name: "7", Status: "false", Description: "a\nb", Attributes: []Attribute{{Name: "N", Value: "443"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("decoded\n%+v\nwant\n%+v", got, want)
	}
}

// fixtures is the folder of recorded answers, which is not part of the
// repository: it lies beside it on machines that have it.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		b, err := os.ReadFile(filepath.Join(dir, "../shared/fixtures/threatq", name))
		if err == nil {
			return b
		}
	}
	t.Skipf("recorded answer %s is not on this machine", name)
	return nil
}

func TestRecordedObjects(t *testing.T) {
	at := func(s string) time.Time {
		v, _ := time.Parse(timeLayout, s)
		return v
	}
	tests := map[string]struct {
		collection Collection
		wrap       string // around the file, to make it a whole answer
		rows       int
		check      func(o Object) bool // of the first
	}{
		"query-hash-page.json": {Indicators, `%`, 2, func(o Object) bool {
			return o.ID == 106767 && o.Type == "IP Address" && o.Status == "Active" && len(o.Attributes) == 3 &&
				o.Attributes[1] == Attribute{Name: "Router Port", Value: "9000", RowID: 4893069} && len(o.Sources) == 1
		}},
		"query-item-v5-fields.json": {Indicators, `{"data":[%]}`, 1, func(o Object) bool {
			return o.Sources[0] == Source{"Source Example", "CLEAR"} && len(o.Tags) == 2 && o.Related[0] == Ref{Adversaries, 12}
		}},
		"query-response-ip.json": {Indicators, `%`, 1, func(o Object) bool { return o.Name == "8.8.8.8" && o.Status == "Expired" }},
		"indicator-create-response.json": {Indicators, `%`, 1, func(o Object) bool {
			return o.ID == 53 && o.Type == "Username" && o.Description == "abc"
		}},
		"indicator-create-with-context-response.json": {Indicators, `%`, 1, func(o Object) bool {
			return o.ID == 2019 && len(o.Sources) == 2 && o.Attributes[1].RowID == 2020
		}},
		"indicator-details-data.json": {Indicators, `{"data":%}`, 1, func(o Object) bool {
			return o.ID == 7 && o.Type == "URL" && o.Sources[0].Name == "Emerging Threats"
		}},
		"event-create-response.json": {Events, `%`, 1, func(o Object) bool {
			return o.ID == 55 && o.Name == "123123" && o.Type == "Spearphish" && o.HappenedAt.Equal(at("2020-08-14 11:30:02"))
		}},
		"event-list-items.json":      {Events, `{"data":%}`, 3, func(o Object) bool { return o.Description == "<p>Test</p>" }},
		"related-objects-items.json": {Indicators, `{"data":%}`, 1, func(o Object) bool { return o.ID == 71 }},
		"malware-details-data.json": {"malware", `{"data":[%]}`, 1, func(o Object) bool {
			return o.Name == "Investigation1" && o.Type == "" && o.Related[0] == Ref{Adversaries, 29}
		}},
		"object-create-item-attack-pattern.json": {"attack_pattern", `{"data":%}`, 1, func(o Object) bool { return o.ID > 0 && o.Name != "" }},
		"search-by-name-response.json":           {Indicators, `%`, 3, func(o Object) bool { return o.ID > 0 && o.Name != "" }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body := strings.Replace(test.wrap, "%", string(fixture(t, name)), 1)
			a, err := decodeAnswer([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			got := objects(test.collection, a.rows())
			if len(got) != test.rows || !test.check(got[0]) {
				t.Errorf("decoded %+v", got)
			}
			if why := bodyErrors([]byte(body)); len(why) > 0 {
				t.Errorf("read as a refusal: %q", why)
			}
		})
	}
}

func TestRecordedErrors(t *testing.T) {
	var bodies []json.RawMessage
	if err := json.Unmarshal(fixture(t, "error-responses.json"), &bodies); err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"name: The name has already been taken.", "test: test_error1", "test: test_error2"},
		{"First Error", "Second error - part 1", "Second error - part 2"},
	}
	for i, body := range bodies {
		if got := refusalText(body); !reflect.DeepEqual(got, want[i]) {
			t.Errorf("body %d: %q", i, got)
		}
	}
}

func TestRecordedToken(t *testing.T) {
	var a tokenAnswer
	if err := json.Unmarshal(fixture(t, "token-response.json"), &a); err != nil {
		t.Fatal(err)
	}
	if (a != tokenAnswer{"testaccess", "testrefresh", 172799}) {
		t.Errorf("%+v", a)
	}
}

// Whatever ThreatQ, or a proxy before it, answers: no panic, no object without
// id, and an object that can be compared with itself.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`{"total":1,"data":[{"id":1,"value":"x","type":{"id":1,"name":"FQDN"},"attributes":[{"id":1,"attribute":{"name":"a"},"value":"b"}]}]}`,
		`{"data":{"0":{"id":"1","title":"x","happened_at":"2020-08-14 11:30:02","tags":["a"]}}}`,
		`{"data":{"errors":{"name":["taken"]}}}`, `{"errors":["a",["b"]]}`, `{"data":[{"error":"x"}]}`, `{}`, `<html>`, `{"data":null,"total":"x"}`,
		`{"data":[{"id":1,"title":"x","type":" FQDN ","status":"\tReview"}]}`,
		`{"data":[{"id":1,"name":"x","description":[{"value":"y"}],"sources":[{"name":"s","tlp":"amber","tlp_id":4}]}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, s := range refusalText(body) {
			if strings.TrimSpace(s) == "" || strings.ContainsAny(s, "\n\x1b") {
				t.Errorf("message %q", s)
			}
		}
		a, err := decodeAnswer(body)
		if err != nil {
			return
		}
		for _, c := range []Collection{Indicators, Events, Adversaries, "malware"} {
			for _, o := range objects(c, a.rows()) {
				if o.ID <= 0 || o.Collection != c {
					t.Errorf("%+v", o)
				}
				// An object that says an attribute twice is mended, else it equals itself.
				p := Diff(&o, &o)
				if len(p.Fields)+len(p.AddTags)+len(p.AddAttributes) > 0 && len(o.Attributes) == len(normalAttributes(o.Attributes)) {
					t.Errorf("differs from itself:\n%s", p)
				}
			}
		}
	})
}
