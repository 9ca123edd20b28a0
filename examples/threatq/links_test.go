package threatq

import (
	"fmt"
	"testing"
	"time"
)

func TestLinks(t *testing.T) {
	b := three(t, Options{})
	added := b.do(201, "POST", "/api/events/1/indicators", `[{"id":1}]`)
	want(t, added, 1, "total")
	want(t, added, "a.example.com", "data", 0, "value")
	want(t, added, 1, "data", 0, "pivot", "id")
	want(t, added, "event", "data", 0, "pivot", "src_type")

	other := b.get("/api/indicators/1/events")
	want(t, other, 1, "total")
	want(t, other, 1, "data", 0, "pivot", "id")
	want(t, other, "event", "data", 0, "pivot", "src_type")
	want(t, other, "indicator", "data", 0, "pivot", "dest_type")
	for _, path := range []string{"/api/events/1", "/api/indicators/1"} {
		want(t, b.get(path), later, "data", "touched_at")
		want(t, b.get(path), startText, "data", "updated_at")
	}

	b.clock.advance(time.Minute)
	want(t, b.do(201, "POST", "/api/indicators/1/events", `{"id":1}`), 1, "data", 0, "pivot", "id")
	want(t, b.get("/api/events/1"), later, "data", "touched_at")
	want(t, b.get("/api/events/1/malware"), 0, "total")

	b.do(204, "DELETE", "/api/indicators/1/events", `[1]`)
	want(t, b.get("/api/events/1/indicators"), 0, "total")
	want(t, b.get("/api/events/1"), "2024-05-01 10:02:00", "data", "touched_at")
	b.do(404, "DELETE", "/api/indicators/1/events", `[1]`)
}

func TestLinksOfAllKinds(t *testing.T) {
	b := start(t, Options{Custom: []CustomObject{{Code: "imei", Name: "IMEI"}}})
	b.do(201, "POST", "/api/events", `{"title":"E","type":"Incident","happened_at":"2024-01-01 00:00:00"}`)
	relations := row{"title": "F", "type": "Incident", "happened_at": "2024-01-01 00:00:00"}
	for _, k := range b.lib.store.kinds.all {
		if k.num == kindEvent {
			continue
		}
		item := row{k.field: "x", "type_id": 1, "events": []row{{"id": 1}}}
		if k.content {
			item["value"] = "rule"
		}
		b.do(200, "POST", "/api/"+k.collection+"/consume", []row{item})
		relations[k.collection] = []row{{"id": 1}}
	}
	b.do(200, "POST", "/api/events/consume", []row{relations})
	for _, k := range b.lib.store.kinds.all {
		if k.num == kindEvent {
			continue
		}
		for event := 1; event <= 2; event++ {
			linked := b.get(fmt.Sprintf("/api/events/%d/%s", event, k.collection))
			want(t, linked, "x", "data", 0, k.field)
		}
		want(t, b.get("/api/"+k.collection+"/1/events"), 2, "total")
	}
}

func TestLinkPages(t *testing.T) {
	b := three(t, Options{})
	var list []row
	for i := range 25 {
		list = append(list, row{"value": fmt.Sprint(i), "type": "String", "malware": []row{{"id": 1}}})
	}
	b.do(200, "POST", "/api/indicators/consume", list)
	seen := ""
	for offset := 0; offset < 30; offset += 10 {
		page := b.get(fmt.Sprintf("/api/malware/1/indicators?limit=10&offset=%d", offset))
		want(t, page, 25, "total")
		seen += ids(t, page)
	}
	expected := ""
	for i := range 25 {
		expected += fmt.Sprint(i+2, " ")
	}
	if seen != expected {
		t.Errorf("pages hold %s, want %s", seen, expected)
	}
}

func TestLinksRefused(t *testing.T) {
	b := three(t, Options{})
	for _, test := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/api/events/1/indicators", `{"id":9}`, 404},
		{"POST", "/api/events/1/indicators", `{"value":"x"}`, 400},
		{"POST", "/api/events/1/events", `{"id":1}`, 400},
		{"POST", "/api/events/1/nothing", `{"id":1}`, 404},
		{"DELETE", "/api/events/1/indicators", `{"id":1}`, 400},
		{"DELETE", "/api/events/1/indicators", `[5]`, 404},
		{"DELETE", "/api/events/7/indicators", `[5]`, 404},
		{"GET", "/api/events/1/indicators?limit=x", ``, 400},
	} {
		b.do(test.status, test.method, test.path, test.body)
	}
	b.do(201, "POST", "/api/events/1/indicators", `{"id":1}`)
	b.do(404, "DELETE", "/api/events/1/malware", `[1]`)
	want(t, b.get("/api/events/1/indicators"), 1, "total")
}
