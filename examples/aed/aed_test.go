package aed

import (
	"fmt"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestWhoIsLetIn(t *testing.T) {
	s := start(t, Options{})
	for _, tc := range []struct {
		token, path string
		status      int
		has         string
	}{
		{DefaultToken, "/api/aed/v3/summary/", 200, `"protectionLevel":1`},
		{DefaultToken, "/api/aps/v1/summary/", 200, `"protectionLevel":1`},
		{"", "/api/aed/v3/summary/", 302, ""},
		{"wrong", "/api/aed/v3/summary/", 401, `{"errors":[{"code":"Unauthorized","message":"Invalid token."}]}`},
		{DefaultToken, "/api/aed/v4/summary/", 404, `"errors"`},
		{DefaultToken, "/api/aed/v0/summary/", 404, `"errors"`},
		{DefaultToken, "/api/aed/v3/summary", 404, `"errors"`}, // paths end in a slash
		{DefaultToken, "/api/sp/v3/alerts/", 404, `"errors"`},
		{DefaultToken, "/api/aed/v3/denied-hosts/", 200, `{"denied-hosts":[{`},
		{DefaultToken, "/api/aed/v2/denied-hosts/", 404, `"errors"`},
		{DefaultToken, "/api/aed/v2/blacklisted-hosts/", 200, `{"blacklisted-hosts":[{`},
	} {
		t.Run(tc.path+" "+tc.token, func(t *testing.T) {
			s.token = tc.token
			got := s.get(tc.path)
			if got.status != tc.status || !strings.Contains(got.body, tc.has) {
				t.Errorf("%d %s", got.status, got.body)
			}
			if got.status == http.StatusFound && got.header.Get("Location") != "/platform/login" {
				t.Errorf("it leads to %q", got.header.Get("Location"))
			}
		})
	}
	s.token = ""
	if got := s.get("/platform/login"); got.status != 200 || !strings.Contains(got.body, "<form") {
		t.Errorf("the page for people: %d %s", got.status, got.body)
	}
}

func TestFiltersOfAlerts(t *testing.T) {
	s := start(t, Options{Alerts: 36})
	at := epoch.Unix()
	for _, tc := range []struct {
		query string
		holds func(record) bool
	}{
		{"severity=low", func(a record) bool { return level(a["severity"]) == "low" }},
		{"severity=medium,high", func(a record) bool { return level(a["severity"]) != "low" }},
		{"q=botnet", func(a record) bool { return a["alertType"] == "botnetTraffic" }},
		{"q=BOTNET%2Btotal+traffic", func(a record) bool { return a["alertType"] == "botnetTraffic" || a["reason"] == "Total Traffic" }},
		{fmt.Sprintf("startTime=%d&endTime=%d", at-7200, at-3600), func(a record) bool { return began(a) >= at-7200 && began(a) <= at-3600 }},
	} {
		t.Run(tc.query, func(t *testing.T) {
			want := 0
			for _, a := range s.Alerts() {
				if tc.holds(a) {
					want++
				}
			}
			if got := len(s.list("alerts", tc.query+"&perPage=0")); got != want || want == 0 {
				t.Errorf("%d alerts, want %d", got, want)
			}
		})
	}
	for _, query := range []string{"severity=urgent", "startTime=now", "page=0", "page=x", "perPage=-1", "sort=id", "direction=up"} {
		if got := s.get("/api/aed/v3/alerts/?" + query); got.status != 400 || !strings.Contains(got.body, `{"errors":[{"field":"`+strings.Split(query, "=")[0]) {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
	if got := s.get("/api/aed/v3/alerts/?q=nothing-like-it"); got.body != "{}\n" {
		t.Errorf("no hits: %q", got.body)
	}
}

func ids(rows []record) (out []any) {
	for _, a := range rows {
		out = append(out, a["id"])
	}
	return out
}

func TestPagesOfAlerts(t *testing.T) {
	s := start(t, Options{Alerts: 25})
	all := ids(s.list("alerts", "perPage=0&sort=startTime&direction=asc"))
	if len(all) != 25 || len(s.list("alerts", "")) != 10 {
		t.Fatalf("%d alerts with perPage=0, %d without", len(all), len(s.list("alerts", "")))
	}
	newest := ids(s.list("alerts", "perPage=1"))
	if newest[0] != all[24] {
		t.Errorf("the first without an order is %v, want the newest, %v", newest[0], all[24])
	}
	collect := func(query string) (out []any) {
		for n := 1; ; n++ {
			part := s.list("alerts", fmt.Sprintf("%s&sort=startTime&direction=asc&page=%d", query, n))
			if len(part) == 0 {
				return out
			}
			out = append(out, ids(part)...)
		}
	}
	if got := collect("perPage=10"); !reflect.DeepEqual(got, all) {
		t.Errorf("pages: %v", got)
	}
	s.Inject(Fault{Kind: FaultCap, On: "alerts"})
	if got := collect("perPage=10"); !reflect.DeepEqual(got, all) || len(s.list("alerts", "perPage=0")) != 7 {
		t.Errorf("with a cap: %v", got)
	}
	s.ClearFaults()
	s.Inject(Fault{Kind: FaultIgnore, Param: "page,severity"})
	if a, b := s.list("alerts", "page=1&severity=low"), s.list("alerts", "page=2"); !reflect.DeepEqual(a, b) || len(a) != 10 {
		t.Error("an ignored page must be the first one")
	}
}

func TestFaults(t *testing.T) {
	s := start(t, Options{})
	for text, want := range map[string]int{
		"token": 401, "login": 302, "login-page": 200, "input": 400, "missing on=alerts": 404, "rate retry_after=1500ms": 429, "busy": 503, "error": 500,
		"says-error": 200, "truncated": 200,
	} {
		f, err := ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		s.Inject(f)
		got := s.get("/api/aed/v3/alerts/?perPage=1")
		if got.status != want {
			t.Errorf("%s: %d, want %d", text, got.status, want)
		}
		if retry := got.header.Get("Retry-After"); want == 429 && retry != "2" {
			t.Errorf("Retry-After %q", retry)
		}
		if again := s.get("/api/aed/v3/alerts/?perPage=1"); again.status != 200 || !strings.HasSuffix(again.body, "]}\n") {
			t.Errorf("%s is not over after one call: %d %s", text, again.status, again.body)
		}
	}
	for _, method := range []string{"GET", "POST"} { // with a connection of its own, or the client would try again
		s.Inject(Fault{Kind: FaultDrop})
		r, _ := http.NewRequestWithContext(t.Context(), method, s.url+"/api/aed/v3/summary/", nil)
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		if resp, err := client.Do(r); err == nil {
			resp.Body.Close()
			t.Errorf("%s: dropped, and yet answered", method)
		}
		calls := s.Journal()
		if last := calls[len(calls)-1]; last.Fault != FaultDrop || last.Status != 0 {
			t.Errorf("journal: %+v", last)
		}
	}
	for _, bad := range []string{"", "unknown", "rate times", "rate times=x", "cap size=big", "rate every=2"} {
		if _, err := ParseFault(bad); err == nil {
			t.Errorf("%q is taken for a fault", bad)
		}
	}
}

// One seed makes the same alerts; a state file keeps them over restarts.
func TestAlertsOfASeed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aed.json")
	one, two := start(t, Options{Alerts: 40, Seed: 3, StatePath: path}), start(t, Options{Seed: 9, StatePath: path})
	if !reflect.DeepEqual(one.Alerts(), two.Alerts()) {
		t.Error("other alerts after a restart")
	}
	var kinds []string
	for _, a := range one.Alerts() {
		kinds = append(kinds, fmt.Sprint(a["alertType"]))
	}
	slices.Sort(kinds)
	if kinds = slices.Compact(kinds); len(kinds) != 8 {
		t.Errorf("types: %v", kinds)
	}
	ended := one.Alerts()[6]
	ended["endTime"] = epoch.Unix()
	one.Put(ended)
	one.Put(record{"id": 1, "startTime": int(epoch.Unix())})
	if got := one.Alerts(); len(got) != 41 || got[6]["endTime"] != epoch.Unix() {
		t.Errorf("%d alerts, one of them ended at %v", len(got), got[6]["endTime"])
	}
	if _, err := New(Options{Alerts: maxAlerts + 1}); err == nil {
		t.Error("too many alerts are taken")
	}
}
