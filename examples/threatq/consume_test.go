package threatq

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestConsumeWritesEverything(t *testing.T) {
	b := start(t, Options{ExistingFlag: true})
	body := `[{"title":"Alert 7","type":{"name":"Incident"},"happened_at":"2024-04-30 12:00:00","description":"<p>x</p>",
		"sources":[{"name":"Vendor","tlp_id":2,"published_at":"2024-04-30 13:00:00"}],
		"attributes":[{"name":"Severity","value":900,"sources":[{"name":"Vendor","tlp":"green"}]},{"name":"Open","value":"Yes"}],
		"tags":["a",{"name":"b"}],"comments":[{"value":"seen"}],
		"indicators":[{"value":"198.51.100.7","type":"IP Address"},{"value":"a.example.com","type_id":"11","status":"Review"}]}]`
	answer := b.do(200, "POST", "/api/events/consume", body)
	want(t, answer, 1, "data", 0, "id")
	want(t, answer, "Alert 7", "data", 0, "title")
	want(t, answer, "N", "data", 0, "existing")

	event := b.get("/api/events/1/details")["data"]
	want(t, event, "Incident", "type", "name")
	want(t, event, "2024-04-30 12:00:00", "happened_at")
	want(t, event, startText, "created_at")
	want(t, event, "Vendor", "sources", 0, "name")
	want(t, event, 2, "sources", 0, "tlp_id")
	want(t, event, "2024-04-30 13:00:00", "sources", 0, "published_at")
	want(t, event, "other_sources", "sources", 0, "type")
	want(t, event, "900", "attributes", 0, "value")
	want(t, event, 3, "attributes", 0, "sources", 0, "tlp_id")
	want(t, event, "Open", "attributes", 1, "attribute", "name")
	want(t, event, "b", "tags", 1, "name")
	want(t, event, "seen", "comments", 0, "value")
	want(t, event, 1, "indicators", 0, "pivot", "src_object_id")
	want(t, event, "event", "indicators", 0, "pivot", "src_type")

	first, second := b.get("/api/indicators/1?with=status,sources")["data"], b.get("/api/indicators/2?with=status")["data"]
	want(t, first, "Indirect", "status", "name")
	want(t, first, "Vendor", "sources", 0, "name")
	want(t, second, "Review", "status", "name")
	want(t, second, "network", "class")
}

func TestConsumeIsIdempotent(t *testing.T) {
	b := start(t, Options{ExistingFlag: true})
	body := batch(0, 3)
	b.do(200, "POST", "/api/events/consume", body)
	before := b.get("/api/events/1/details")
	b.clock.advance(time.Minute)
	answer := b.do(200, "POST", "/api/events/consume", body)
	want(t, answer, "Y", "data", 2, "existing")
	after := b.get("/api/events/1/details")
	for _, list := range []string{"attributes", "sources", "indicators", "tags", "comments"} {
		length(t, after, len(at(t, before, "data", list).([]any)), "data", list)
	}
	for _, kept := range [][]any{{"id"}, {"updated_at"}, {"attributes", 3, "id"}, {"sources", 0, "pivot", "id"}, {"indicators", 0, "pivot", "id"}} {
		path := append([]any{"data"}, kept...)
		want(t, after, at(t, before, path...), path...)
	}
	want(t, after, "2024-05-01 10:01:00", "data", "touched_at")
	want(t, after, "2024-05-01 10:01:00", "data", "attributes", 3, "touched_at")
	counts, err := b.lib.Counts(t.Context())
	if err != nil || counts["events"] != 3 || counts["indicators"] != 6 || len(counts) != 2 {
		t.Errorf("counts %v, %v", counts, err)
	}
}

func TestSameObjectTwiceInOneBatch(t *testing.T) {
	b := start(t, Options{ExistingFlag: true})
	answer := b.do(200, "POST", "/api/indicators/consume", `[
		{"value":"a","type":"String","attributes":[{"name":"N","value":"1"},{"name":"N","value":"1"}]},
		{"value":"a","type":"String","attributes":[{"name":"N","value":"1"},{"name":"N","value":"2"}]},
		{"value":"A","type":"String"},{"value":"a","type":"MD5"}]`)
	for i, id := range []int{1, 1, 2, 3} {
		want(t, answer, id, "data", i, "id")
	}
	want(t, answer, "Y", "data", 1, "existing")
	length(t, b.get("/api/indicators/1/attributes"), 2, "data")
}

func TestEventIdentity(t *testing.T) {
	b := start(t, Options{})
	event := func(title, typ, at string) any {
		return b.do(201, "POST", "/api/events", row{"title": title, "type": typ, "happened_at": at})["data"]
	}
	want(t, event("Alert", "Incident", "2024-01-01 00:00:00"), 1, "id")
	again := event("ALERT", "Sighting", "2024-01-01 00:00:00")
	want(t, again, 1, "id")
	want(t, again, "Y", "existing")
	want(t, again, "Alert", "title")
	want(t, again, "Sighting", "type", "name")
	want(t, event("Alert", "Incident", "2024-01-01 00:00:01"), 2, "id")
}

func TestProtectedStatus(t *testing.T) {
	statuses := append([]Status{{ID: 6, Name: "Custom"}}, indicatorStatuses...)
	b := start(t, Options{IndicatorStatuses: statuses})
	status := func(value, status string) {
		b.do(200, "POST", "/api/indicators/consume", []row{{"value": value, "type": "String", "status": status}})
	}
	status("kept", "Whitelisted")
	status("kept", "Active")
	want(t, b.get("/api/indicators?value=kept"), 5, "data", 0, "status_id")
	status("free", "Custom")
	status("free", "Active")
	want(t, b.get("/api/indicators?value=free"), 1, "data", 0, "status_id")
	want(t, b.do(200, "PUT", "/api/indicators/1", `{"status":"Expired"}`), 2, "data", "status_id")
}

func TestCreateAnswers(t *testing.T) {
	b := start(t, Options{})
	one := b.do(201, "POST", "/api/indicators", `{"value":"198.51.100.1","type":"IP Address","status":{"id":4},
		"sources":[{"name":"S"}],"attributes":[{"name":"A","value":"1"}]}`)
	want(t, one, 1, "total")
	want(t, one, "N", "data", 0, "existing")
	want(t, one, "IP Address", "data", 0, "type", "name")
	want(t, one, "1", "data", 0, "attributes", 0, "value")
	want(t, one, 1, "data", 0, "sources", 0, "pivot", "id")
	two := b.do(201, "POST", "/api/indicators", `[{"value":"198.51.100.1","type_id":15},{"value":"b","type":"String"}]`)
	want(t, two, "Y", "data", 0, "existing")
	want(t, two, "N", "data", 1, "existing")

	want(t, b.do(201, "POST", "/api/adversaries", `{"name":"Bear"}`), 1, "data", "id")
	taken := b.do(400, "POST", "/api/adversaries", `{"name":"Bear"}`)
	want(t, taken, "The name has already been taken.", "data", "errors", "name", 0)
	want(t, b.do(200, "POST", "/api/adversaries/consume", `[{"name":"Bear","description":[{"value":"text"}]}]`), 1, "data", 0, "id")

	malware := b.do(201, "POST", "/api/malware", `{"value":"Worm","description":"d"}`)["data"]
	want(t, malware, "malware", "object_code")
	want(t, malware, 9, "object_id")
	want(t, b.do(201, "POST", "/api/malware", `{"value":"Worm"}`), "Y", "data", "existing")
	incident := b.do(201, "POST", "/api/incident", `{"value":"I","started_at":"2024-01-02 03:04:05"}`)["data"]
	want(t, incident, "2024-01-02 03:04:05", "started_at")
	want(t, incident, nil, "ended_at")
}

func TestCallerIsSource(t *testing.T) {
	b := start(t, Options{Username: "me@example.com"})
	b.do(200, "POST", "/api/indicators/consume", `[{"value":"a","type":"String"}]`)
	sources := b.get("/api/indicators/1/sources")
	want(t, sources, "me@example.com", "data", 0, "name")
	want(t, sources, "users", "data", 0, "type")
	want(t, b.get("/api/users/current"), at(t, sources, "data", 0, "id"), "data", "source", "id")
}

func TestNormalizeFlag(t *testing.T) {
	b := start(t, Options{})
	b.do(200, "POST", "/api/indicators/consume?normalize=Y", `[{"value":"http://example.com/x","type":"URL"}]`)
	b.do(200, "POST", "/api/indicators/consume", `[{"value":"http://example.com/y","type":"URL"},{"value":"http://example.com/z","type":"URL","normalize":"Y"}]`)
	for i, value := range []string{"example.com/x", "http://example.com/y", "example.com/z"} {
		want(t, b.get("/api/indicators"), value, "data", i, "value")
	}
}

// refusedItems are items that no write takes, with the field the message is on.
var refusedItems = []struct{ name, collection, item, field string }{
	{"no value", "indicators", `{"type":"String"}`, "value"},
	{"null value", "indicators", `{"value":null,"type":"String"}`, "value"},
	{"value is an object", "indicators", `{"value":{"a":1},"type":"String"}`, "value"},
	{"no type", "indicators", `{"value":"x"}`, "type_id"},
	{"unknown type", "indicators", `{"value":"x","type":"Nothing"}`, "type"},
	{"unknown type id", "indicators", `{"value":"x","type_id":999}`, "type_id"},
	{"type id is no number", "indicators", `{"value":"x","type_id":"abc"}`, "type_id"},
	{"unknown status", "indicators", `{"value":"x","type":"String","status":"Nothing"}`, "status"},
	{"no happened_at", "events", `{"title":"x","type":"Incident"}`, "happened_at"},
	{"bad time", "events", `{"title":"x","type":"Incident","happened_at":"yesterday"}`, "happened_at"},
	{"empty attribute", "malware", `{"value":"x","attributes":[{"name":"A","value":""}]}`, "attributes.value"},
	{"unnamed attribute", "malware", `{"value":"x","attributes":[{"value":"1"}]}`, "attributes.name"},
	{"long attribute", "malware", `{"value":"x","attributes":[{"name":"A","value":"` + strings.Repeat("x", maxText+1) + `"}]}`, "attributes.value"},
	{"long description", "malware", `{"value":"x","description":"` + strings.Repeat("x", maxText+1) + `"}`, "description"},
	{"unnamed source", "malware", `{"value":"x","sources":[{"tlp_id":1}]}`, "sources.name"},
	{"unknown tlp", "malware", `{"value":"x","sources":[{"name":"s","tlp":"PINK"}]}`, "tlp"},
	{"unknown tlp id", "malware", `{"value":"x","sources":[{"name":"s","tlp_id":9}]}`, "tlp_id"},
	{"relation by value", "events", `{"title":"x","type":"Incident","happened_at":"2024-01-01 00:00:00","malware":[{"value":"w"}]}`, "malware"},
	{"relation to nothing", "events", `{"title":"x","type":"Incident","happened_at":"2024-01-01 00:00:00","malware":[{"id":77}]}`, "malware"},
	{"relation of unknown type", "events", `{"title":"x","type":"Incident","happened_at":"2024-01-01 00:00:00","indicators":[{"value":"a","type":"No"}]}`, "type"},
	{"empty tag", "malware", `{"value":"x","tags":[""]}`, "tags.name"},
	{"empty comment", "malware", `{"value":"x","comments":[{}]}`, "comments.value"},
}

func TestBadItemRefusesTheRequest(t *testing.T) {
	for _, test := range refusedItems {
		t.Run(test.name, func(t *testing.T) {
			b := start(t, Options{})
			for _, request := range []struct{ path, body string }{
				{"/api/" + test.collection, test.item},
				{"/api/" + test.collection + "/consume", "[" + test.item + "]"},
			} {
				answer := b.do(400, "POST", request.path, request.body)
				length(t, answer, 1, "data", "errors", test.field)
			}
			if counts, err := b.lib.Counts(t.Context()); err != nil || len(counts) > 0 {
				t.Errorf("objects were written: %v, %v", counts, err)
			}
		})
	}
}

func TestItemErrors(t *testing.T) {
	for _, test := range refusedItems {
		t.Run(test.name, func(t *testing.T) {
			b := start(t, Options{ItemErrors: true, ExistingFlag: true})
			good := map[string]string{
				"indicators": `{"value":"%","type":"String"}`, "malware": `{"value":"%"}`,
				"events": `{"title":"%","type":"Incident","happened_at":"2024-01-01 00:00:00","attributes":[{"name":"New","value":"1"}]}`,
			}[test.collection]
			name := func(name string) string { return strings.ReplaceAll(good, "%", name) }
			answer := b.do(200, "POST", "/api/"+test.collection+"/consume",
				"["+name("first")+","+test.item+","+name("second")+","+name("first")+"]")
			want(t, answer, 1, "data", 0, "id")
			if text, _ := at(t, answer, "data", 1, "error").(string); text == "" {
				t.Errorf("no error in %v", at(t, answer, "data", 1))
			}
			want(t, answer, 2, "data", 2, "id")
			want(t, answer, "Y", "data", 3, "existing")
			if counts, err := b.lib.Counts(t.Context()); err != nil || counts[test.collection] != 2 || len(counts) != 1 {
				t.Errorf("counts %v, %v", counts, err)
			}
		})
	}
}

func TestBadBodies(t *testing.T) {
	b := start(t, Options{})
	for _, test := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/api/events/consume", `{"title":"x"}`, 400},
		{"POST", "/api/events/consume", `[{"title"`, 400},
		{"POST", "/api/events/consume", ``, 400},
		{"POST", "/api/events/consume", `["x"]`, 400},
		{"POST", "/api/events", `"x"`, 400},
		{"POST", "/api/nothing/consume", `[]`, 404},
		{"POST", "/api/nothing", `{}`, 404},
		{"GET", "/api/nothing", ``, 404},
		{"GET", "/api/nothing/types", ``, 404},
		{"GET", "/api/nothing/statuses/1", ``, 404},
		{"GET", "/api", ``, 404},
		{"GET", "/elsewhere", ``, 404},
		{"GET", "/api/events/1", ``, 404},
		{"GET", "/api/events/0", ``, 404},
		{"GET", "/api/events/99999999999999999999", ``, 404},
		{"PATCH", "/api/events", ``, 405},
		{"PUT", "/api/events", `{}`, 405},
	} {
		answer := b.do(test.status, test.method, test.path, test.body)
		if len(answer) == 0 {
			t.Errorf("%s %s: no message", test.method, test.path)
		}
	}
	want(t, b.do(200, "POST", "/api/events/consume", `[]`), 0, "total")
}

// What a kind must have, and what it has no place for.
func TestFieldsOfNewObjects(t *testing.T) {
	b := start(t, Options{})
	for _, test := range []struct {
		path, body, text string
	}{
		{"/api/signatures/consume", `[{"name":"r","type":"YARA"}]`, "The value field is required."},
		{"/api/signatures/consume", `[{"name":"r","value":"rule r {}"}]`, "The type id field is required."},
		{"/api/signatures/consume", `[{"type":"YARA","value":"rule r {}"}]`, "The name field is required."},
		{"/api/signatures", `{"name":"r","type":"Sigma","value":"x"}`, `The selected type "Sigma" is invalid`},
		{"/api/tasks", `{"name":"t","status":"Doing"}`, `The selected status "Doing" is invalid`},
		{"/api/malware/consume", `[{"name":"m"}]`, "The name field is unknown for malware."},
		{"/api/malware", `{"value":"m","started_at":"2024-01-01 00:00:00"}`, "The started_at field is unknown for malware."},
		{"/api/adversaries", `{"name":"a","expires_at":"2024-01-01 00:00:00"}`, "The expires_at field is unknown for adversaries."},
		{"/api/indicators", `{"value":"x","type":"String","score":5}`, "The score field is unknown for indicators."},
		{"/api/campaign", `{"description":"d"}`, "The value field is required."},
	} {
		wantText(t, b.do(400, "POST", test.path, test.body), test.text)
	}
	if counts, err := b.lib.Counts(t.Context()); err != nil || len(counts) != 0 {
		t.Errorf("%v, %v", counts, err)
	}
	made := b.do(201, "POST", "/api/signatures", `{"name":"r","type":"YARA","value":"rule r {}"}`)
	want(t, made, "rule r {}", "data", "value")
	want(t, b.do(200, "PUT", "/api/signatures/1", `{"value":"rule s {}"}`), "rule s {}", "data", "value")
	want(t, b.get("/api/signatures/1"), "rule s {}", "data", "value")
	want(t, b.do(201, "POST", "/api/campaign", `{"value":"c","started_at":"2024-01-01 00:00:00"}`), "2024-01-01 00:00:00", "data", "started_at")
}

func wantText(t *testing.T, answer row, text string) {
	t.Helper()
	if body := fmt.Sprint(answer); !strings.Contains(body, text) {
		t.Errorf("%s, want %s", body, text)
	}
}
