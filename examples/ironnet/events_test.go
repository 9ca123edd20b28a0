package ironnet

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

type eventListing struct {
	Events     []event
	Constraint struct {
		Limit, Offset int
		Total         string
	}
}

func (s *site) events(id, constraint string) (out eventListing) {
	s.t.Helper()
	parse(s.t, s.post("GetEvents", `{"alert_id":"`+id+`","constraint":`+constraint+`}`, 200).body, &out)
	return out
}

func TestEventsCarryTheAggregatedValues(t *testing.T) {
	s := start(t, Options{Alerts: -1})
	a := sample(1, "2024-05-02T00:00:00Z")
	a.FirstEventCreated, a.EventCount = "2024-05-01T00:00:00Z", 3
	a.AggregationCriteria = `flows.src_ip: ["10.0.0.1", "fd00::1"], flows.app_domains: ["a.example", "203.0.113.9", "2001:db8:5::/48"], flows.url: ["http://[2001:db8::1]/x?a=\"1\""], users.email: ["a@b.example"]`
	s.put(a)
	got := s.events(a.ID, `{}`)
	if got.Constraint.Total != "4" || len(got.Events) != 4 {
		t.Fatalf("total %s, %d events; want 3 and a whitelisted one", got.Constraint.Total, len(got.Events))
	}
	e := got.Events
	for name, pair := range map[string][2]string{
		"first source":        {e[0].SrcIP, "10.0.0.1"},
		"second source":       {e[1].SrcIP, "fd00::1"},
		"first domain":        {fmt.Sprint(e[0].AppDomains), "[a.example]"},
		"second destination":  {e[1].DstIP, "203.0.113.9"},
		"third, in a network": {e[2].DstIP, "2001:db8:5::1"},
		"url":                 {*e[1].URL, `http://[2001:db8::1]/x?a="1"`},
		"account":             {e[0].SrcEntityAttribute, "a@b.example"},
		"first created":       {e[0].Created, "2024-05-01T00:00:00.000000Z"},
		"second created":      {e[1].Created, "2024-05-01T12:00:00.000000Z"},
		"last created":        {e[2].Created, "2024-05-02T00:00:00.000000Z"},
		"whitelisted":         {fmt.Sprint(e[0].IsWhitelisted, e[1].IsWhitelisted, e[2].IsWhitelisted, e[3].IsWhitelisted), "false false false true"},
		"alert":               {e[0].AlertID, a.ID},
		"category":            {e[0].Category + e[0].SubCategory, a.Category + a.SubCategory},
		"link":                {e[0].VueURL, "https://ironvue.example.com/event?uuid=" + strings.ReplaceAll(e[0].ID, "-", "")},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %s, want %s", name, pair[0], pair[1])
		}
	}
}

func TestEventPagesAndSingleEvents(t *testing.T) {
	s := start(t, Options{Alerts: 60, Seed: 2, PageCap: 3})
	seen := map[string]bool{}
	for i := range int32(60) {
		a := s.store.at(i)
		var all []event
		for {
			got := s.events(a.ID, fmt.Sprintf(`{"limit":50,"offset":%d}`, len(all)))
			if got.Constraint.Limit != 3 || got.Constraint.Offset != len(all) {
				t.Fatalf("constraint %+v", got.Constraint)
			}
			if all = append(all, got.Events...); len(got.Events) < 3 {
				break
			}
		}
		counted := slices.DeleteFunc(slices.Clone(all), func(e event) bool { return e.IsWhitelisted })
		if len(counted) != a.EventCount {
			t.Errorf("alert %d: %d events, event_count %d", i, len(counted), a.EventCount)
		}
		for _, e := range all {
			checkEvent(t, a, e)
			if seen[e.ID] {
				t.Errorf("event id %s twice", e.ID)
			}
			seen[e.ID] = true
			var one eventAnswer
			parse(t, s.post("GetEvent", `{"event_id":"`+e.ID+`"}`, 200).body, &one)
			if fmt.Sprintf("%+v", flat(t, one.Event)) != fmt.Sprintf("%+v", flat(t, e)) {
				t.Fatalf("GetEvent differs:\n%+v\n%+v", one.Event, e)
			}
		}
	}
}

func checkEvent(t *testing.T, a Alert, e event) {
	t.Helper()
	created := instant(t, e.Created)
	switch {
	case created.Before(instant(t, a.FirstEventCreated)) || created.After(instant(t, a.LastEventCreated)):
		t.Errorf("event %s created %s, outside %s to %s", e.ID, e.Created, a.FirstEventCreated, a.LastEventCreated)
	case instant(t, e.EndTime).Before(instant(t, e.StartTime)):
		t.Errorf("event %s ends before it starts", e.ID)
	case e.Severity < 0 || e.Severity > a.Severity || e.Confidence < 0.5 || e.Confidence > 1:
		t.Errorf("event %s: severity %d, confidence %v", e.ID, e.Severity, e.Confidence)
	case e.SrcIP == "" || e.DstIP == "" || e.AppDomains == nil || e.RawDataFormats == nil:
		t.Errorf("event %s has empty parts: %+v", e.ID, e)
	}
}

func flat(t *testing.T, v any) map[string]any {
	t.Helper()
	out := map[string]any{}
	parse(t, string(marshal(v)), &out)
	return out
}

func TestEventErrors(t *testing.T) {
	s := start(t, Options{Alerts: 5})
	first := s.events(s.store.at(0).ID, `{}`).Events[0].ID
	other := func(at int) string { // the id with one hex digit changed
		digits := "0123456789abcdef"
		next := digits[(strings.IndexByte(digits, first[at])+1)%16]
		return first[:at] + string(next) + first[at+1:]
	}
	for _, tc := range []struct {
		endpoint, body string
		status         int
		want           string
	}{
		{"GetEvents", `{}`, 400, "UUID"},
		{"GetEvents", `{"alert_id":7}`, 400, "alert_id: want a string"},
		{"GetEvents", `{"alert_id":"` + first + `"}`, 404, "no alert"},
		{"GetEvents", `{"alert_id":"` + first + `","constraint":{"offset":-1}}`, 400, "negative"},
		{"GetEvents", `{"id":"` + first + `"}`, 400, `"id"`},
		{"GetEvent", `{}`, 400, "UUID"},
		{"GetEvent", `{"event_id":"` + other(0) + `"}`, 404, "no event"},
		{"GetEvent", `{"event_id":"` + other(16) + `"}`, 404, "no event"},
		{"GetEvent", `{"event_id":"` + other(35) + `"}`, 404, "no event"},
		{"GetEvent", `{"event_id":"` + s.store.at(0).ID + `"}`, 404, "no event"},
		{"GetEvent", `{"alert_id":"` + first + `"}`, 400, `"alert_id"`},
	} {
		s.refused(tc.endpoint, tc.body, tc.status, tc.want)
	}
}

// Types as in the protocol: 64-bit numbers and ports are strings, what does not
// apply is null, columns of a context table may differ in length.
func TestEventWireTypes(t *testing.T) {
	s := start(t, Options{Alerts: 1})
	e := s.events(s.store.at(0).ID, `{}`).Events[0]
	text := s.post("GetEvent", `{"event_id":"`+strings.ReplaceAll(e.ID, "-", "")+`"}`, 200).body
	var got struct {
		Event   map[string]json.RawMessage
		Context []table
	}
	parse(t, text, &got)
	for _, name := range []string{"dst_port", "bytes_in", "bytes_out", "total_bytes"} {
		if got.Event[name][0] != '"' {
			t.Errorf("%s is %s, want a string", name, got.Event[name])
		}
	}
	if string(got.Event["secondary_app_protocol"]) != "null" || string(got.Event["app_domains"]) == "null" {
		t.Errorf("null in the wrong place: %s", text)
	}
	if len(got.Context) != 2 || len(got.Context[1].Columns[0].Values) != 2 || len(got.Context[1].Columns[2].Values) != 1 {
		t.Errorf("context %+v", got.Context)
	}
}
