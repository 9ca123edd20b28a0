package ironnet

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestJournal(t *testing.T) {
	s := start(t, Options{Alerts: 1})
	s.post("GetAlerts", `{"constraint":{"limit":10},"category":["C2"]}`, 200)
	s.post("GetAlerts", `{"constraint":{"limit":"10"}}`, 400)
	s.post("GetAlerts", `{"category":["`+strings.Repeat("x", journalBody)+`"]}`, 200)
	s.post("GetAlerts", `nonsense`, 400)
	if _, err := s.do("GET", "/IronApi/None", "", header("Authorization", "Basic eDp5")); err != nil {
		t.Fatal(err)
	}
	now := s.clock.now()
	want := []Call{
		{now, "POST", "/IronApi/GetAlerts", "Bearer", 200, "", map[string]any{"constraint": map[string]any{"limit": json.Number("10")}, "category": []any{"C2"}}},
		{now, "POST", "/IronApi/GetAlerts", "Bearer", 400, "", map[string]any{"constraint": map[string]any{"limit": "10"}}},
		{now, "POST", "/IronApi/GetAlerts", "Bearer", 200, "", nil},
		{now, "POST", "/IronApi/GetAlerts", "Bearer", 400, "", nil},
		{now, "GET", "/IronApi/None", "Basic", 404, "", nil},
	}
	if got := s.Journal(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	var wire struct{ Calls []Call }
	got, err := s.do("GET", "/_sandbox/journal", "", nil)
	if err != nil || got.status != 200 {
		t.Fatalf("%v %v", got, err)
	}
	if parse(t, got.body, &wire); len(wire.Calls) != len(want) || wire.Calls[4].Path != "/IronApi/None" {
		t.Errorf("over HTTP: %s", got.body)
	}
	if strings.Contains(got.body, "eDp5") || strings.Contains(got.body, s.auth) {
		t.Error("the journal shows credentials")
	}
	if got, err := s.do("DELETE", "/_sandbox/journal", "", nil); err != nil || got.status != 200 || len(s.Journal()) != 0 {
		t.Errorf("%v %v", got, err)
	}
	if got, err := s.do("PUT", "/_sandbox/journal", "", nil); err != nil || got.status != 405 || got.header.Get("Allow") != "GET, DELETE" {
		t.Errorf("%v %v", got, err)
	}
	if got, err := s.do("GET", "/_sandbox/journal", "", nil); err != nil || strings.TrimSpace(got.body) != `{"calls":[]}` {
		t.Errorf("%v %v", got, err)
	}
}

func TestJournalIsBounded(t *testing.T) {
	var j journal
	for n := range journalSize + 1 {
		j.add(Call{Status: n})
	}
	if n := len(j.calls); n > journalSize || j.calls[n-1].Status != journalSize {
		t.Errorf("%d calls, last %d", n, j.calls[n-1].Status)
	}
}
