package darktrace

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func event(id string, at time.Time, more record) record {
	out := record{"id": id, "title": id, "createdAt": at.UnixMilli(), "acknowledged": false, "pinned": false, "aiaScore": 50.0, "groupScore": 40.0, "groupCategory": "critical", "currentGroup": "g" + id}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func names(list []record, field string) string {
	var out []string
	for _, r := range list {
		out = append(out, fmt.Sprint(r[field]))
	}
	return strings.Join(out, " ")
}

func TestIncidentFilters(t *testing.T) {
	s := start(t, Options{Incidents: -1, Breaches: -1, FQDN: "dt.test"})
	for _, e := range []record{
		event("a", epoch.Add(-3*time.Hour), nil),
		event("b", epoch.Add(-2*time.Hour), record{"acknowledged": true}),
		event("c", epoch.Add(-time.Hour), record{"aiaScore": 90.0, "groupCategory": "compliance", "groupScore": "12.5"}),
		event("old", epoch.Add(-30*24*time.Hour), nil),
		event("pin", epoch.Add(-30*24*time.Hour), record{"pinned": true}),
	} {
		s.PutIncident(e)
	}
	at := func(h int) string { return fmt.Sprint(epoch.Add(time.Duration(h) * time.Hour).UnixMilli()) }
	for query, want := range map[string]string{
		"":                         "pin a c",
		"includeallpinned=false":   "a c",
		"includeacknowledged=true": "pin a b c",
		"includeonlypinned=true":   "pin",
		"includeallpinned=false&starttime=" + at(-1):                        "c",
		"endtime=" + at(-2) + "&includeallpinned=false&starttime=" + at(-3): "a",
		"endtime=" + at(-29*24) + "&includeallpinned=false":                 "old pin",
		"includeallpinned=false&minscore=60":                                "c",
		"includeallpinned=false&maxgroupscore=20":                           "c",
		"groupcompliance=true&includeallpinned=false":                       "c",
		"groupcompliance=true&groupcritical=true&includeallpinned=false":    "a c",
		"uuid=b":     "b",
		"groupid=ga": "a",
	} {
		if got := names(s.list("/aianalyst/incidentevents?"+query), "id"); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if got := s.get("/aianalyst/incidentevents?starttime=yesterday"); got.status != 400 || !strings.Contains(got.body, "INPUT ERROR") {
		t.Errorf("%d %s", got.status, got.body)
	}
	linked := s.list("/aianalyst/incidentevents?includeincidenteventurl=true&uuid=a")
	if linked[0]["incidentEventUrl"] != "https://dt.test/#aiaincidentevent/a" {
		t.Errorf("%v", linked[0])
	}
	if got := names(s.list("/aianalyst/groups?compliance=true"), "id"); got != "gc" {
		t.Errorf("groups: %s", got)
	}
}

func TestBreachWindowsAndShapes(t *testing.T) {
	s := start(t, Options{Incidents: -1, Breaches: 1, FQDN: "dt.test"})
	s.PutBreach(record{"pbid": 7, "time": epoch.Add(-72 * time.Hour).UnixMilli(), "creationTime": epoch.Add(-time.Hour).UnixMilli(), "score": 0.5, "commentCount": 0,
		"model": record{"then": record{"name": "Then"}, "now": record{"name": "Now"}}, "device": record{"did": 3}, "triggeredComponents": []any{record{}}, "breachUrl": ""})
	s.PutBreach(record{"pbid": 1, "time": epoch.AddDate(-2, 0, 0).UnixMilli(), "creationTime": epoch.AddDate(-2, 0, 0).UnixMilli(), "score": 0.9, "acknowledged": record{"username": "x"}, "model": record{"name": "Old"}})
	window := fmt.Sprintf("endtime=%d&starttime=%d", epoch.UnixMilli(), epoch.Add(-2*time.Hour).UnixMilli())
	for query, want := range map[string]string{
		window:                        "40000",
		"creationtime=true&" + window: "7 40000",
		"creationtime=true&" + window + "&minscore=1": "",
		"includeacknowledged=true":                    "1", // a year from the beginning
		"":                                            "",
	} {
		if got := names(s.list("/modelbreaches?"+query), "pbid"); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for target, want := range map[string]string{
		"/modelbreaches?pbid=7":                                     `{"commentCount":0,"device":{"did":3},"model":{"now":{"name":"Now"},"then":{"name":"Then"}},"pbid":7,"score":0.5,"triggeredComponents":[{}]}`,
		"/modelbreaches/7?historicmodelonly=true":                   `{"commentCount":0,"device":{"did":3},"model":{"name":"Then"},"pbid":7,"score":0.5,"triggeredComponents":[{}]}`,
		"/modelbreaches?deviceattop=false&pbid=7":                   `{"commentCount":0,"model":{"now":{"name":"Now"},"then":{"name":"Then"}},"pbid":7,"score":0.5,"triggeredComponents":[{"device":{"did":3}}]}`,
		"/modelbreaches?includebreachurl=true&pbid=7":               `{"breachUrl":"https://dt.test/#modelbreach/7","commentCount":0,"device":{"did":3},"model":{"now":{"name":"Now"},"then":{"name":"Then"}},"pbid":7,"score":0.5,"triggeredComponents":[{}]}`,
		"/modelbreaches?includebreachurl=true&minimal=true&pbid=7":  `{"device":{"did":3},"model":{"now":{"name":"Now"},"then":{"name":"Then"}},"pbid":7,"score":0.5,"triggeredComponents":[{}]}`,
		"/modelbreaches?group=device&historicmodelonly=true&pbid=7": `{"commentCount":0,"device":{"did":3},"devicescore":0.5,"model":{"name":"Then"},"pbid":7,"pbscore":0.5,"score":0.5,"triggeredComponents":[{}]}`,
	} {
		var got record
		if err := json.Unmarshal([]byte(s.get(target).body), &got); err != nil {
			t.Fatal(err)
		}
		delete(got, "time")
		delete(got, "creationTime")
		if text, _ := json.Marshal(got); string(text) != want {
			t.Errorf("%s:\n got %s\nwant %s", target, text, want)
		}
	}
	if got := s.get("/modelbreaches/999"); got.status != 404 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := s.get("/devices"); got.status != 302 {
		t.Errorf("a path that is not open: %d", got.status)
	}
}

// A record is the same each time, whatever else is asked for, and all lie in their span.
func TestGeneratedAgain(t *testing.T) {
	a, b := start(t, Options{Incidents: 30, Breaches: 30, Seed: 7}), start(t, Options{Incidents: 30, Breaches: 30, Seed: 7})
	if !reflect.DeepEqual(a.Incidents(), b.Incidents()) || !reflect.DeepEqual(a.Breaches(), b.Breaches()) {
		t.Error("two appliances of one seed differ")
	}
	if other := start(t, Options{Incidents: 30, Breaches: 30, Seed: 8}); reflect.DeepEqual(a.Breaches(), other.Breaches()) {
		t.Error("two seeds give the same")
	}
	ids := map[any]bool{}
	for _, r := range a.Incidents() {
		ids[r["id"]] = true
	}
	if len(ids) != 30 {
		t.Errorf("%d ids, want 30", len(ids))
	}
	for _, r := range a.Breaches() {
		if at := whole(r["creationTime"]); at > epoch.UnixMilli() || at < epoch.Add(-defaultSpan).UnixMilli() || whole(r["time"]) > at {
			t.Errorf("%v: created at %d, begun at %d", r["pbid"], at, whole(r["time"]))
		}
	}
}
