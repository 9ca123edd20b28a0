package threatq

import (
	"fmt"
	"testing"
	"time"
)

// three writes an indicator, an event and a malware, each with id 1.
func three(tb testing.TB, o Options) *bench {
	tb.Helper()
	b := start(tb, o)
	b.do(201, "POST", "/api/indicators", `{"value":"a.example.com","type":"FQDN","attributes":[{"name":"A","value":"1"}]}`)
	b.do(201, "POST", "/api/events", `{"title":"E","type":"Incident","happened_at":"2024-01-01 00:00:00"}`)
	b.do(201, "POST", "/api/malware", `{"value":"M"}`)
	b.clock.advance(time.Minute)
	return b
}

const later = "2024-05-01 10:01:00"

func TestUpdate(t *testing.T) {
	b := three(t, Options{})
	want(t, b.do(200, "PUT", "/api/indicators/1?with=status", `{"status":"Review"}`), "Review", "data", "status", "name")
	want(t, b.do(200, "PUT", "/api/indicators/1?status_id=5", nil), 5, "data", "status_id")
	want(t, b.do(200, "PUT", "/api/indicators/1", `{"expires_at":"2025-01-01 00:00:00"}`), "2025-01-01 00:00:00", "data", "expires_at")
	want(t, b.do(200, "PUT", "/api/indicators/1", `{"expires_at":null}`), nil, "data", "expires_at")
	want(t, b.do(200, "PUT", "/api/indicators/1", `{"description":"d"}`), "d", "data", "description")
	want(t, b.do(200, "PUT", "/api/indicators/1", `{"description":null}`), nil, "data", "description")
	event := b.do(200, "PUT", "/api/events/1", `{"title":"New","type":"Sighting","happened_at":"2024-01-02 00:00:00"}`)["data"]
	want(t, event, "New", "title")
	want(t, event, 14, "type_id")
	want(t, event, later, "updated_at")
	again := b.do(201, "POST", "/api/events", `{"title":"new","type":"Sighting","happened_at":"2024-01-02 00:00:00"}`)
	want(t, again, 1, "data", "id")
}

func TestUpdateOfNothing(t *testing.T) {
	b := three(t, Options{})
	for _, path := range []string{"/api/indicators/1", "/api/events/1", "/api/malware/1"} {
		before := b.get(path)
		want(t, b.do(200, "PUT", path, `{}`), startText, "data", "updated_at")
		want(t, b.do(200, "PUT", path, before["data"]), startText, "data", "updated_at")
		want(t, b.get(path), startText, "data", "touched_at")
	}
}

func TestUpdateRefused(t *testing.T) {
	b := three(t, Options{})
	b.do(201, "POST", "/api/indicators", `{"value":"b.example.com","type":"FQDN"}`)
	for _, test := range []struct {
		path, body string
		status     int
	}{
		{"/api/indicators/2", `{"value":"a.example.com"}`, 400},
		{"/api/indicators/2", `{"value":""}`, 400},
		{"/api/indicators/2", `{"type":"No"}`, 400},
		{"/api/indicators/2", `{"status_id":99}`, 400},
		{"/api/indicators/2", `{"status`, 400},
		{"/api/indicators/3", `{}`, 404},
	} {
		b.do(test.status, "PUT", test.path, test.body)
	}
	want(t, b.get("/api/indicators/2"), "b.example.com", "data", "value")
}

func TestAttributeRows(t *testing.T) {
	b := three(t, Options{})
	added := b.do(201, "POST", "/api/indicators/1/attributes", `[{"name":"A","value":"1"},{"name":"A","value":"2","sources":[{"name":"S"}]}]`)
	want(t, added, 2, "total")
	want(t, added, 1, "data", 0, "id")
	want(t, added, "S", "data", 1, "sources", 0, "name")
	want(t, b.do(201, "POST", "/api/indicators/1/attributes", `{"name":"B","value":true}`), "true", "data", 0, "value")
	want(t, b.get("/api/indicators/1"), startText, "data", "updated_at")
	want(t, b.get("/api/indicators/1"), later, "data", "touched_at")

	b.clock.advance(time.Minute)
	want(t, b.do(200, "PUT", "/api/indicators/1/attributes/1", `{"value":"1"}`), later, "data", "updated_at")
	want(t, b.do(200, "PUT", "/api/indicators/1/attributes/1", `{"value":"9","sources":[{"name":"T"}]}`), "9", "data", "value")
	want(t, b.do(200, "PUT", "/api/indicators/1/attributes/1", `{"value":"9","name":"C"}`), "C", "data", "name")
	list := b.get("/api/indicators/1/attributes?with=attribute")
	want(t, list, 3, "total")
	want(t, list, "T", "data", 0, "sources", 0, "name")

	b.do(204, "DELETE", "/api/indicators/1/attributes/1", nil)
	if have := ids(t, b.get("/api/indicators/1/attributes")); have != "2 3 " {
		t.Errorf("attributes %s are left", have)
	}
}

func TestSourcesTagsComments(t *testing.T) {
	b := three(t, Options{})
	source := b.do(201, "POST", "/api/events/1/sources", `{"name":"S","tlp_id":1}`)
	want(t, source, 0, "data", 0, "existing")
	want(t, b.do(201, "POST", "/api/events/1/sources", `{"name":"S"}`), 1, "data", 0, "existing")
	want(t, b.get("/api/events/1?with=sources"), 1, "data", "sources", 1, "tlp_id")
	pivot := fmt.Sprint("/api/events/1/sources/", at(t, source, "data", 0, "id"))
	b.do(204, "DELETE", pivot, nil)
	b.do(404, "DELETE", pivot, nil)
	length(t, b.get("/api/events/1/sources"), 1, "data")

	want(t, b.do(201, "POST", "/api/events/1/tags", `[{"name":"x"},"y"]`), 2, "data", 1, "id")
	want(t, b.do(201, "POST", "/api/malware/1/tags", `{"name":"x"}`), 1, "data", 0, "id")
	b.do(204, "DELETE", "/api/events/1/tags/1", nil)
	b.do(404, "DELETE", "/api/events/1/tags/1", nil)
	want(t, b.get("/api/events/1/tags"), "y", "data", 0, "name")
	want(t, b.get("/api/malware/1/tags"), "x", "data", 0, "name")

	want(t, b.do(201, "POST", "/api/events/1/comments?with=sources", `{"value":"one"}`), "one", "data", "value")
	want(t, b.do(200, "PUT", "/api/events/comments/1", `{"value":"two"}`), "two", "data", "value")
	b.do(404, "PUT", "/api/malware/comments/1", `{"value":"two"}`)
	b.do(400, "PUT", "/api/events/comments/1", `{}`)
	want(t, b.get("/api/events/1/comments"), "two", "data", 0, "value")
	want(t, b.get("/api/events/1"), later, "data", "touched_at")
	want(t, b.get("/api/events/1"), startText, "data", "updated_at")
	want(t, b.do(201, "POST", "/api/adversaries", `{"name":"A"}`), 1, "data", "id")
	want(t, b.do(201, "POST", "/api/adversaries/1/description", `{"value":"bad"}`), "bad", "data", "value")
}

func TestSubResourcesOfNothing(t *testing.T) {
	b := three(t, Options{})
	for _, path := range []string{"/attributes", "/sources", "/tags", "/comments", "/indicators"} {
		b.do(404, "GET", "/api/events/9"+path, nil)
		b.do(404, "POST", "/api/events/9"+path, row{"name": "x", "value": "y", "id": 1})
		b.do(400, "POST", "/api/events/1"+path, `[{}]`)
		b.do(400, "POST", "/api/events/1"+path, `{"`)
	}
	b.do(404, "PUT", "/api/events/1/attributes/9", `{"value":"x"}`)
	b.do(404, "DELETE", "/api/events/1/attributes/1", nil) // it is the indicator's
	b.do(400, "PUT", "/api/indicators/1/attributes/1", `{"value":""}`)
	b.do(400, "PUT", "/api/indicators/1/attributes/1", `[]`)
}

func TestScores(t *testing.T) {
	b := three(t, Options{})
	want(t, b.get("/api/indicators/1?with=score"), "0.00", "data", "score", "generated_score")
	want(t, b.do(200, "PUT", "/api/indicator/1/scores", `{"manual_score":7}`), 7, "data", "manual_score")
	want(t, b.do(200, "PUT", "/api/indicator/1/scores?manual_score=8", nil), 8, "data", "manual_score")
	want(t, b.do(200, "POST", "/api/indicators/query", `{}`), 8, "data", 0, "score")
	want(t, b.do(200, "PUT", "/api/indicator/1/scores", `{"manual_score":null}`), nil, "data", "manual_score")
	want(t, b.get("/api/indicator/1/scores"), nil, "data", "manual_score")
	for _, bad := range []string{`{"manual_score":11}`, `{"manual_score":-1}`, `{"manual_score":1.5}`, `{"manual_score":"x"}`, ``} {
		b.do(400, "PUT", "/api/indicator/1/scores", bad)
	}
	b.do(404, "PUT", "/api/indicator/9/scores", `{"manual_score":7}`)
}

func TestDelete(t *testing.T) {
	b := three(t, Options{})
	b.do(201, "POST", "/api/events/1/indicators", `{"id":1}`)
	b.do(201, "POST", "/api/indicators/1/tags", `{"name":"x"}`)
	b.do(201, "POST", "/api/indicators/1/comments", `{"value":"x"}`)
	b.clock.advance(time.Minute)
	b.do(204, "DELETE", "/api/indicators/1", nil)
	b.do(404, "DELETE", "/api/indicators/1", nil)
	b.do(404, "GET", "/api/indicators/1", nil)
	want(t, b.get("/api/events/1/indicators"), 0, "total")
	want(t, b.get("/api/events/1"), "2024-05-01 10:02:00", "data", "touched_at")
	b.do(201, "POST", "/api/indicators", `{"value":"a.example.com","type":"FQDN"}`)
	again := b.get("/api/indicators/2/details")["data"]
	length(t, again, 0, "attributes")
	length(t, again, 0, "tags")
	length(t, again, 0, "events")
}

func TestWith(t *testing.T) {
	b := three(t, Options{})
	b.do(201, "POST", "/api/indicators/1/attack_pattern", `[]`)
	answer := b.get("/api/indicators/1?with=attackPattern,attack_pattern,attributes,attributes.sources,type,watchlist,malware.type,score")["data"]
	for _, name := range []string{"attackPattern", "attack_pattern", "malware", "watchlist"} {
		length(t, answer, 0, name)
	}
	want(t, answer, "FQDN", "type", "name")
	length(t, answer, 0, "attributes", 0, "sources")
	absent(t, b.get("/api/indicators/1?with=attributes")["data"].(row)["attributes"].([]any)[0], "sources")
	want(t, b.get("/api/malware?with=attributes,type,status"), nil, "data", 0, "type")
	b.do(400, "GET", "/api/indicators/1?with=nothing", nil)
	b.do(400, "GET", "/api/indicators?with=nothing", nil)
}
