package ctia

import (
	"net/http"
	"strings"
	"testing"
)

func inject(s *site, lines string) {
	s.t.Helper()
	s.want(200, s.call("POST", "/_sandbox/faults", lines))
}

func TestFaults(t *testing.T) {
	for line, row := range map[string]struct {
		status int
		text   string
		header string
	}{
		"401":                               {401, "jwt_expired", ""},
		"403":                               {403, "missing_capability", ""},
		"429 retry_after=3172s":             {429, "Too Many Requests", "3172"},
		"429 retry_after=3172s suffix":      {429, "Too Many Requests", "3172s"},
		"429 retry_after=none":              {429, "Too Many Requests", ""},
		"500":                               {500, "unknown-exception", ""},
		"502":                               {502, "Bad Gateway", ""},
		"503":                               {503, "Unavailable", ""},
		"not-json":                          {200, "<html", ""},
		"slow delay=1ms":                    {200, "results", ""},
		"error on=import":                   {500, "unknown", ""},
		"error on=bulk-update":              {200, "results", ""},
		"error on=import after=1":           {200, "results", ""},
		"limit max=1":                       {400, "Bundle max nb of entities: 1", ""},
		"item":                              {200, "es_rejected_execution_exception", ""},
		"error on=bulk-read\nerror times=2": {500, "unknown", ""},
	} {
		t.Run(line, func(t *testing.T) {
			s := start(t, Options{})
			inject(s, line)
			r := s.want(row.status, s.call("POST", importPath, bundle(judged(1), judged(2))))
			if !strings.Contains(r.text, row.text) || r.header.Get("Retry-After") != row.header {
				t.Errorf("answer %s, Retry-After %q", r.text, r.header.Get("Retry-After"))
			}
		})
	}
	t.Run("a token taken back stays so", func(t *testing.T) {
		s := start(t, Options{})
		inject(s, "401")
		s.want(401, s.call("GET", "/ctia/version", nil))
		s.want(401, s.call("GET", "/ctia/version", nil))
		s.login(DefaultClientID, DefaultPassword)
		s.want(200, s.call("GET", "/ctia/version", nil))
	})
	t.Run("a lost answer was carried out", func(t *testing.T) {
		s := start(t, Options{})
		inject(s, "drop-after\ndrop")
		for range 2 {
			if r := s.call("POST", importPath, bundle(judged(1))); r.status != 0 {
				t.Fatalf("answered %d", r.status)
			}
		}
		if j, _, _ := s.Counts(); j != 1 {
			t.Errorf("%d judgements", j)
		}
	})
	t.Run("PUT", func(t *testing.T) {
		s := start(t, Options{})
		id := stored(s, judged(1))[0]
		put := entity{"judgements": []any{judged(1, set("id", id))}}
		inject(s, "no-put\nforbidden")
		s.want(403, s.call("PUT", "/ctia/bulk", put))
		if r := s.want(200, s.call("PUT", "/ctia/bulk", put)); !strings.Contains(r.text, `"errors":{"forbidden":["`+id) {
			t.Errorf("answer %s", r.text)
		}
		s.want(200, s.call("PUT", "/ctia/bulk", put))
	})
}

func TestFaultLines(t *testing.T) {
	s := start(t, Options{})
	for _, line := range []string{"", "sometimes", "500 on=nowhere", "500 after=0", "429 retry_after=soon", "500 colour=red"} {
		if _, err := ParseFault(line); err == nil {
			t.Errorf("%q was taken", line)
		}
	}
	s.want(400, s.call("POST", "/_sandbox/faults", "500\nsometimes"))
	s.want(200, s.call("GET", "/ctia/version", nil))
	inject(s, "500\nclear")
	s.want(200, s.call("GET", "/ctia/version", nil))
	s.want(405, s.call("GET", "/_sandbox/faults", nil))
}

func TestJournal(t *testing.T) {
	s := start(t, Options{})
	s.call("POST", importPath, bundle(judged(1), judged(2)))
	s.token("x", "y", "client_credentials")
	inject(s, "drop")
	s.call("POST", importPath, bundle()) // a GET would be sent again
	calls := s.Journal()
	if len(calls) != 3 || calls[0].Route != "import" || calls[0].Entities != 2 || calls[0].Body["source"] != "ThreatQ" || calls[1].Body != nil || calls[2].Status != 0 || calls[2].Fault != FaultDrop {
		t.Fatalf("journal %+v", calls)
	}
	if got := s.Requests(); got["import"] != 2 || got["token"] != 1 {
		t.Errorf("counts %v", got)
	}
	if list := s.call(http.MethodGet, "/_sandbox/journal", nil).object(t)["calls"].([]any); len(list) != 3 {
		t.Errorf("%d calls told", len(list))
	}
	s.want(200, s.call(http.MethodDelete, "/_sandbox/journal", nil))
	if len(s.Journal()) != 0 || len(s.Requests()) != 0 {
		t.Error("not forgotten")
	}
}
