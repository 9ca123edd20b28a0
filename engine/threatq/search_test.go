package threatq

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/request"
)

func found(t *testing.T, c Collection, rows string) []Found {
	t.Helper()
	f := &fake{answer: func(request.Request) (int, string) { return 200, `{"total":1,"data":[` + rows + `]}` }}
	page, err := NewClient(f, Options{}).Search(t.Context(), c, SearchQuery{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	return page.Objects
}

// The search form, projected (names of type and status) and whole, newer and older.
func TestFound(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	seven, zero := 7, 0
	for _, tc := range []struct {
		name string
		of   Collection
		row  string
		want Found
	}{
		{"projected", Indicators, `{"id":7,"value":"a.example","type":"FQDN","status":"Active","score":7,"tags":["a","b"],
			"sources":[{"name":"Feed","tlp_id":2,"tlp_name":"Amber"},{"name":"Other"},{"name":"By id","tlp_id":4},"Name alone"],
			"attributes":[{"id":1,"name":"Disposition","value":"Malicious","created_at":"2026-01-02 03:04:05","updated_at":"2026-01-02 03:04:05"}],
			"adversaries":[],"expires_at":"2026-01-02 03:04:05","created_at":"2026-01-02 03:04:05","updated_at":"2026-01-02 03:04:05",
			"touched_at":"2026-01-02 03:04:05","published_at":"2026-01-02 03:04:05"}`,
			Found{ID: 7, Name: "a.example", Type: "FQDN", Status: "Active", Score: &seven, Tags: []string{"a", "b"},
				Sources:    []Source{{"Feed", "AMBER"}, {"Other", ""}, {"By id", "CLEAR"}, {"Name alone", ""}},
				Attributes: []FoundAttribute{{"Disposition", "Malicious", at, at}},
				CreatedAt:  at, UpdatedAt: at, TouchedAt: at, PublishedAt: at, ExpiresAt: at}},
		{"whole", Indicators, `{"id":7,"value":"a.example","type":{"id":11,"name":"FQDN","class":"network"},"status":{"id":1,"name":"Active"},
			"score":0,"adversaries":[{"id":3,"name":"Bear"}],"related_adversary_count":1,"related_event_count":0,"tags":[{"id":1,"name":"a"}]}`,
			Found{ID: 7, Name: "a.example", Type: "FQDN", Status: "Active", Score: &zero, Tags: []string{"a"}, Adversaries: []string{"Bear"},
				Related: map[string]int{"adversary": 1, "event": 0}}},
		{"score as record", Indicators, `{"id":"7","value":"a","score":{"manual_score":null,"generated_score":"7.90"}}`, Found{ID: 7, Name: "a", Score: &seven}},
		{"manual score", Indicators, `{"id":7,"value":"a","score":{"manual_score":0,"generated_score":"7.90"}}`, Found{ID: 7, Name: "a", Score: &zero}},
		{"odd score", Indicators, `{"id":7,"value":"a","score":"high"}`, Found{ID: 7, Name: "a"}},
		{"bare", Indicators, `{"id":7,"value":"a"}`, Found{ID: 7, Name: "a"}},
		{"event", Events, `{"id":7,"title":"Alert","type":"Incident","happened_at":"2026-01-02 03:04:05"}`, Found{ID: 7, Name: "Alert", Title: "Alert", Type: "Incident", HappenedAt: at}},
		{"adversary", Adversaries, `{"id":7,"name":"Bear","description":[{"value":"one"},{"value":"two"}]}`, Found{ID: 7, Name: "Bear", Description: "one\ntwo"}},
	} {
		got := found(t, tc.of, tc.row)
		if len(got) != 1 {
			t.Errorf("%s: %d objects", tc.name, len(got))
		} else if diff := cmp.Diff(tc.want, got[0]); diff != "" {
			t.Errorf("%s\n%s", tc.name, diff)
		}
	}
	if got := found(t, Indicators, `{"value":"without id"},null,7,"x",{"id":3}`); len(got) != 1 || got[0].ID != 3 {
		t.Errorf("%+v", got)
	}
}

func TestSearchRequest(t *testing.T) {
	f := &fake{answer: func(r request.Request) (int, string) {
		return 200, `{"total":"12","limit":2,"nextCursorMark":"m2","data":[{"id":1},{"id":2},{}]}`
	}}
	c := NewClient(f, Options{})
	q := SearchQuery{Query: Query{Criteria: map[string]any{"value": "x"}}, Fields: []string{"id", "value"}, Sort: "-touched_at,id", Limit: 2, Offset: 4}
	page, err := c.Search(t.Context(), Indicators, q)
	if err != nil || page.Total != 12 || page.Rows != 3 || len(page.Objects) != 2 || page.Cursor != "m2" {
		t.Fatalf("%+v %v", page, err)
	}
	r := f.last(t, "POST /api/indicators/query")
	if query(r, "limit")+query(r, "offset")+query(r, "sort")+query(r, "cursorMark") != "24-touched_at,id" {
		t.Errorf("%v", r.Query)
	}
	var body map[string]any
	if err := json.Unmarshal(r.Body, &body); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"criteria": map[string]any{"value": "x"}, "filters": map[string]any{}, "fields": []any{"id", "value"}}, body); diff != "" {
		t.Error(diff)
	}
	q.Cursor = "*"
	if _, err := c.Search(t.Context(), "malware", q); err != nil {
		t.Fatal(err)
	}
	if r := f.last(t, "POST /api/malware/query"); query(r, "cursorMark") != "*" || query(r, "offset") != "" {
		t.Errorf("%v: a mark excludes the offset", r.Query)
	}
}

func TestSearchFails(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		says   string
	}{
		{400, `{"data":{"errors":{"criteria":["no such field"]}}}`, "criteria: no such field"},
		{200, `{"errors":["No."]}`, "No."},
		{200, `{}`, "may not read"},
		{200, `<html>`, "not the JSON"},
		{500, `{}`, "500"},
	} {
		f := &fake{answer: func(request.Request) (int, string) { return tc.status, tc.body }}
		_, err := NewClient(f, Options{}).Search(t.Context(), Indicators, SearchQuery{Limit: 1})
		var refused *RefusedError
		if err == nil || !strings.Contains(err.Error(), tc.says) || errors.As(err, &refused) != (tc.status == 400 || strings.Contains(tc.body, "errors")) {
			t.Errorf("%d %s: %v", tc.status, tc.body, err)
		}
	}
	f := &fake{answer: func(request.Request) (int, string) { return 200, `{"data":[]}` }}
	if page, err := NewClient(f, Options{}).Search(t.Context(), Indicators, SearchQuery{}); err != nil || page.Total != -1 {
		t.Errorf("%+v %v, want a total that is not told", page, err)
	}
}

func TestSearchFields(t *testing.T) {
	for c, want := range map[Collection]string{
		Indicators:  "id value type status score expires_at last_detected_at published_at description tags sources attributes adversaries created_at updated_at touched_at",
		Adversaries: "id name published_at description tags sources attributes adversaries created_at updated_at touched_at",
		"malware":   "id value published_at description tags sources attributes adversaries created_at updated_at touched_at",
	} {
		if got := strings.Join(SearchFields(c), " "); got != want {
			t.Errorf("%s: %s\nwant %s", c, got, want)
		}
	}
}
