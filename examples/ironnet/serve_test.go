package ironnet

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRequestChecks(t *testing.T) {
	s := start(t, Options{Alerts: 1})
	for name, tc := range map[string]struct {
		method, path, body string
		edit               func(*http.Request)
		status             int
		want               string
	}{
		"unknown endpoint":    {"POST", "/IronApi/GetAlert", `{}`, nil, 404, "no such endpoint"},
		"not simulated":       {"POST", "/IronApi/GetAlertNotifications", `{}`, nil, 404, "no such endpoint"},
		"other prefix":        {"POST", "/ironapi/GetAlerts", `{}`, nil, 404, "no such endpoint"},
		"doubled slash":       {"POST", "/IronApi//GetAlerts", `{}`, nil, 404, "no such endpoint"},
		"unknown comes first": {"GET", "/", ``, nil, 404, "no such endpoint"},
		"GET":                 {"GET", "/IronApi/GetAlerts", ``, nil, 405, "POST"},
		"form":                {"POST", "/IronApi/GetAlerts", `{}`, header("Content-Type", "application/x-www-form-urlencoded"), 415, "application/json"},
		"no content type":     {"POST", "/IronApi/GetAlerts", `{}`, header("Content-Type", ""), 415, "application/json"},
		"not JSON":            {"POST", "/IronApi/GetAlerts", `limit=3`, nil, 400, "JSON object"},
		"broken JSON":         {"POST", "/IronApi/GetAlerts", `{"sort":`, nil, 400, "does not fit"},
		"two objects":         {"POST", "/IronApi/GetAlerts", `{} {}`, nil, 400, "one JSON object"},
		"unknown field":       {"POST", "/IronApi/GetAlerts", `{"serverity":{}}`, nil, 400, "serverity"},
		"capital letter":      {"POST", "/IronApi/GetAlerts", `{"Severity":{"lower_bound":1}}`, nil, 400, `"Severity"`},
		"capital inside":      {"POST", "/IronApi/GetAlerts", `{"severity":{"Lower_Bound":1}}`, nil, 400, `"Lower_Bound"`},
		"huge":                {"POST", "/IronApi/GetAlerts", `{"category":["` + strings.Repeat("x", maxBody) + `"]}`, nil, 413, "1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.do(tc.method, tc.path, tc.body, tc.edit)
			if err != nil || got.status != tc.status {
				t.Fatalf("status %d (%v), want %d: %s", got.status, err, tc.status, got.body)
			}
			if msg := message(t, got); !strings.Contains(msg, tc.want) {
				t.Errorf("msg %q, want it to contain %q", msg, tc.want)
			}
			if tc.status == 405 && got.header.Get("Allow") != "POST" {
				t.Errorf("Allow %q", got.header.Get("Allow"))
			}
		})
	}
	if got, err := s.do("POST", "/IronApi/GetAlerts", `{}`, header("Content-Type", "application/json; charset=utf-8")); err != nil || got.status != 200 {
		t.Errorf("with charset: %v %v", got, err)
	}
}

func TestRateLimitIsPerEndpoint(t *testing.T) {
	s := start(t, Options{Alerts: 1, Rate: DefaultRate})
	for range DefaultRate {
		s.post("GetAlerts", `{}`, 200)
	}
	got := s.post("GetAlerts", `{}`, 429)
	if message(t, got); got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q, want 1", got.header.Get("Retry-After"))
	}
	s.post("GetEvents", `{"alert_id":"`+s.store.at(0).ID+`"}`, 200)
	s.clock.add(100 * time.Millisecond)
	s.post("GetAlerts", `{}`, 200)
	s.post("GetAlerts", `{}`, 429)
	s.clock.add(time.Minute)
	for range DefaultRate {
		s.post("GetAlerts", `{}`, 200)
	}
	s.post("GetAlerts", `{}`, 429)
}

func TestSlowRateStillLetsOneThrough(t *testing.T) {
	s := start(t, Options{Alerts: 1, Rate: 0.25})
	s.post("GetAlerts", `{}`, 200)
	if got := s.post("GetAlerts", `{}`, 429); got.header.Get("Retry-After") != "4" {
		t.Errorf("Retry-After %q, want 4", got.header.Get("Retry-After"))
	}
}

func TestNewRefuses(t *testing.T) {
	for name, opt := range map[string]Options{
		"too many":      {Alerts: maxAlerts + 1},
		"negative span": {Span: -1},
		"negative page": {PageCap: -1},
		"negative rate": {Rate: -1},
		"negative life": {TokenLife: -1},
	} {
		if _, err := New(opt); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestZeroOptions(t *testing.T) {
	sim, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, total := sim.store.find(query{from: earliest, to: latest, byUpdated: true}, 0, 1)
	if total != defaultAlerts {
		t.Errorf("%d alerts, want %d", total, defaultAlerts)
	}
}
