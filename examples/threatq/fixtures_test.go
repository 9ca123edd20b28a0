package threatq

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// fixture decodes a captured answer, or skips the test where there are none.
func fixture(t *testing.T, name string) any {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "..", "shared", "fixtures", "threatq", name))
		if err != nil {
			continue
		}
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	t.Skipf("the captured answer %s is not beside the repository", name)
	return nil
}

// sameShape wants every member of the captured value to be in ours with the
// same JSON type; null and an empty array on either side fit anything.
func sameShape(t *testing.T, where string, captured, ours any) {
	t.Helper()
	if captured == nil || ours == nil {
		return
	}
	if fmt.Sprintf("%T", captured) != fmt.Sprintf("%T", ours) {
		t.Errorf("%s: captured %T, ours %T", where, captured, ours)
		return
	}
	switch captured := captured.(type) {
	case row:
		for name, v := range captured {
			mine, ok := ours.(row)[name]
			if !ok {
				t.Errorf("%s.%s is missing", where, name)
			}
			sameShape(t, where+"."+name, v, mine)
		}
	case []any:
		if mine := ours.([]any); len(captured) > 0 && len(mine) > 0 {
			sameShape(t, where+"[0]", captured[0], mine[0])
		}
	}
}

// stocked is a library whose first indicator, event and malware have everything.
func stocked(t *testing.T, o Options) *bench {
	b := start(t, o)
	b.do(201, "POST", "/api/adversaries", `{"name":"Bear"}`)
	b.do(201, "POST", "/api/tasks", `{"name":"Task2","status":"To Do"}`)
	full := row{
		"value": "8.8.8.8", "type": "IP Address", "status": "Review", "description": "d", "tags": []string{"t"},
		"attributes":  []row{{"name": "Category", "value": "Malware", "sources": []row{{"name": "S", "tlp_id": 2}}}},
		"sources":     []row{{"name": "S", "tlp_id": 4, "published_at": startText}},
		"comments":    []row{{"value": "c"}},
		"adversaries": []row{{"id": 1}}, "expires_at": "2023-12-31 00:00:00", "expired_at": "2023-12-31 00:00:00",
	}
	b.do(200, "POST", "/api/indicators/consume", []row{full})
	b.do(200, "PUT", "/api/indicator/1/scores", `{"manual_score":7}`)
	delete(full, "expires_at")
	delete(full, "expired_at")
	full["malware"], full["tasks"] = []row{}, []row{{"id": 1}}
	b.do(200, "POST", "/api/malware/consume", []row{{"value": "other"}, full})
	b.do(201, "POST", "/api/malware/2/malware", `{"id":1}`)
	return b
}

func TestShapesOfWrites(t *testing.T) {
	b := stocked(t, Options{})
	sameShape(t, "indicator", fixture(t, "indicator-create-response.json"),
		any(b.do(201, "POST", "/api/indicators", `{"value":"tip1@example.com","type":"Username","status_id":1,"description":"abc"}`)))
	context := at(t, fixture(t, "indicator-create-with-context-response.json"), "data", 0).(row)
	delete(context, "score") // one capture has it, four have not
	sameShape(t, "indicator with context", context, at(t, b.do(201, "POST", "/api/indicators",
		`{"value":"foo@example.com","type":"Username","sources":[{"name":"a"}],"attributes":[{"name":"n","value":"v"}]}`), "data", 0))
	sameShape(t, "event", fixture(t, "event-create-response.json"), any(b.do(201, "POST", "/api/events",
		`{"title":"123123","type":"Spearphish","happened_at":"2020-08-14 11:30:02"}`)))
	want(t, b.get("/api/events/1"), at(t, fixture(t, "event-create-response.json"), "data", "hash"), "data", "hash")
	sameShape(t, "attack pattern", fixture(t, "object-create-item-attack-pattern.json"),
		b.do(201, "POST", "/api/attack_pattern", `{"value":"1111","description":"x"}`)["data"])
	sameShape(t, "attribute", fixture(t, "attribute-add-item.json"),
		at(t, b.do(201, "POST", "/api/adversaries/1/attributes", `{"name":"Category","value":"x","sources":[{"name":"s"}]}`), "data", 0))
	b.do(201, "POST", "/api/incident", `{"value":"123123"}`)
	sameShape(t, "link", fixture(t, "link-item-incident.json"),
		at(t, b.do(201, "POST", "/api/adversaries/1/incident", `{"id":1}`), "data", 0))
	sameShape(t, "update", at(t, fixture(t, "indicator-update-status-responses.json"), 0),
		any(b.do(200, "PUT", "/api/indicators/1", `{"status_id":5}`)))
}

func TestShapesOfReads(t *testing.T) {
	b := stocked(t, Options{})
	b.do(201, "POST", "/api/events", `{"title":"Test","type":"DoS Attack","happened_at":"2020-07-19 09:19:00"}`)
	details := fixture(t, "indicator-details-data.json").(row)
	sameShape(t, "details", details, b.get("/api/indicators/1/details")["data"])
	sameShape(t, "event", at(t, fixture(t, "event-list-items.json"), 0), at(t, b.get("/api/events"), "data", 0))
	sameShape(t, "related", at(t, fixture(t, "related-objects-items.json"), 0), at(t, b.get("/api/adversaries/1/indicators"), "data", 0))
	malware := fixture(t, "malware-details-data.json").(row)
	task := at(t, malware, "tasks", 0).(row)
	for _, unused := range []string{"due_at", "priority", "completed_at", "assigned_at", "assignee_source_id", "creator_source_id"} {
		delete(task, unused) // the workflow of tasks is not imitated
	}
	ours := b.get("/api/malware/2/details")["data"]
	sameShape(t, "malware", malware, ours)
	length(t, ours, 1, "malware")
	for request, captured := range fixture(t, "lookup-responses.json").(row) {
		var method, path string
		if _, err := fmt.Sscan(request, &method, &path); err != nil {
			t.Fatal(err)
		}
		sameShape(t, request, captured, any(b.do(200, method, "/api"+path, nil)))
	}
	sameShape(t, "keyword", fixture(t, "search-by-name-response.json"), any(b.get("/api/search?query=8.8")))
}

func TestShapesOfSearches(t *testing.T) {
	old := stocked(t, Options{OldSearch: true})
	page := old.do(200, "POST", "/api/indicators/query?cursorMark=*", `{}`)
	captured := fixture(t, "query-response-ip.json")
	sameShape(t, "IP", captured, any(page))
	for i := range fixture(t, "query-responses-hash.json").([]any) {
		sameShape(t, "hash", at(t, fixture(t, "query-responses-hash.json"), i), any(page))
	}
	tor := at(t, fixture(t, "query-hash-page.json"), "data", 0).(row)
	delete(tor, "expires_calculated_at") // no expiry policy runs here
	sameShape(t, "hash page", tor, at(t, page, "data", 0))

	item := fixture(t, "query-item-v5-fields.json").(row)
	delete(item, "expires_calculated_at")
	ours := at(t, stocked(t, Options{}).do(200, "POST", "/api/indicators/query", `{}`), "data", 0)
	for _, list := range []string{"attributes", "sources"} { // its ids and types are made up
		captured := at(t, item, list, 0).(row)
		delete(captured, "indicator_id")
		delete(captured, "provider")
		delete(captured, "type")
	}
	sameShape(t, "newer item", any(item), ours)
}

func TestShapesOfToken(t *testing.T) {
	b := start(t, Options{})
	_, ours := ask(t, b, "?grant_type=client_credentials", "", "", DefaultClientID, DefaultClientSecret)
	sameShape(t, "token", fixture(t, "token-response.json"), any(ours))
}
