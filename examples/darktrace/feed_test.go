package darktrace

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func (s *site) feedNames(query string) string {
	s.t.Helper()
	var out []string
	if err := json.Unmarshal([]byte(s.get("/intelfeed"+query).body), &out); err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(out, " ")
}

func TestFeed(t *testing.T) {
	s := start(t, Options{Incidents: -1, Breaches: -1, Counters: true})
	steps := []struct{ body, want string }{
		{`{"addlist":"b.test,A.test\n198.51.100.7","description":"Exported","expiry":"2024-05-14T09:00:00","source":"One"}`, `"added": 3,`},
		{`{"addlist":"b.test,c.test","source":"One"}`, `"updated": 1`},
		{`{"addentry":"b.test","source":"Two","expiry":"2024-05-15 00:00:00"}`, `"added": 1,`},
		{`{"addentry":"d.test"}`, `SUCCESS`},
	}
	for _, step := range steps {
		if got := s.post(step.body); got.status != 200 || !strings.Contains(got.body, step.want) {
			t.Errorf("%s: %d %s", step.body, got.status, got.body)
		}
	}
	for query, want := range map[string]string{
		"":              "d.test 198.51.100.7 a.test b.test c.test b.test",
		"?sources=true": "Default One Two",
		"?source=One":   "198.51.100.7 a.test b.test c.test",
		"?source=Three": "",
	} {
		if got := s.feedNames(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	got := s.get("/intelfeed?fulldetails=true&source=Two").body
	if want := "[\n  {\n    \"expiry\": \"2024-05-15T00:00:00\",\n    \"name\": \"b.test\",\n    \"strength\": 100\n  }\n]"; got != want {
		t.Errorf("%s", got)
	}
	s.clock.add(59 * time.Minute) // to the expiry of a.test and of the address; b.test has none any more
	if got := s.feedNames("?source=One"); got != "b.test c.test" {
		t.Errorf("after the expiry: %s", got)
	}
	s.post(`{"removeentry":"b.test","source":"One"}`)
	s.Unwatch("One", "c.test")
	if got := s.feedNames("?source=One") + "|" + s.feedNames("?sources=true"); got != "|Default One Two" {
		t.Errorf("after the removal: %s", got)
	}
	s.post(`{"removeall":true}`)
	if got := s.feedNames(""); got != "" {
		t.Errorf("after all: %s", got)
	}
}

func TestFeedRefuses(t *testing.T) {
	s := start(t, Options{Incidents: -1, Breaches: -1})
	for name, body := range map[string]string{
		"a bad entry":         `{"addlist":"a.test,not a domain","source":"One"}`,
		"a long description":  fmt.Sprintf(`{"addentry":"a.test","description":%q}`, strings.Repeat("x", 256)),
		"a long source":       fmt.Sprintf(`{"addentry":"a.test","source":%q}`, strings.Repeat("x", 64)),
		"a list that is none": `{"addlist":["a.test"]}`,
		"an expiry with zone": `{"addentry":"a.test","expiry":"2024-05-14T09:00:00Z"}`,
		"nothing to do":       `{"source":"One"}`,
		"a word":              `{"addentry":"localhost"}`,
	} {
		if got := s.post(body); got.status != 400 || got.body != "{\n  \"response\": \"INPUT ERROR\"\n}" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := s.post(`{"addlist":"` + strings.Repeat("a.test,", 15_000) + `"}`); got.status != 413 {
		t.Errorf("a large body: %d", got.status)
	}
	if got := s.feedNames(""); got != "" {
		t.Errorf("taken: %s", got)
	}
	body := "addentry=a.test&source=A+B"
	got := s.do("POST", "/intelfeed", body, func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		sign(r, "/intelfeed?"+body, s.date())
	})
	if got.status != 200 || got.body != "{\n  \"response\": \"SUCCESS\"\n}" || s.feedNames("?source=A%20B") != "a.test" {
		t.Errorf("a form: %d %s", got.status, got.body)
	}
}

func TestStateIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dt.json")
	s := start(t, Options{StatePath: path, Incidents: 3, Breaches: 3, Seed: 9})
	s.post(`{"addentry":"a.test","source":"One"}`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, Options{StatePath: path, Seed: 1, Epoch: epoch.Add(time.Hour)})
	if got := again.Watched("One"); len(got) != 1 || got[0].Name != "a.test" {
		t.Errorf("watched: %v", got)
	}
	if a, b := names(s.Incidents(), "id"), names(again.Incidents(), "id"); a != b {
		t.Errorf("incidents %s, then %s", a, b)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{StatePath: path}); err == nil || !strings.Contains(err.Error(), "remove it to start anew") {
		t.Errorf("%v", err)
	}
}

func TestFaults(t *testing.T) {
	s := start(t, Options{})
	day := fmt.Sprintf("/modelbreaches?endtime=%d&starttime=%d", epoch.UnixMilli(), epoch.Add(-24*time.Hour).UnixMilli())
	hour := fmt.Sprintf("/modelbreaches?endtime=%d&starttime=%d", epoch.UnixMilli(), epoch.Add(-time.Hour).UnixMilli())
	for _, tc := range []struct {
		fault, target string
		status        int
		says          string
	}{
		{"rate on=status retry_after=7s", "/status", 429, "Too Many"},
		{"reset retry_after=1h", "/status", 429, "Too Many"},
		{"gateway", "/status", 502, "502"},
		{"error", "/status", 500, "error"},
		{"large over=2h", day, 504, "504"},
		{"large over=2h", hour, 200, "["},
		{"login-page", "/status", 200, "Log In"},
		{"login", "/status", 302, "/login"},
		{"forbidden", "/status", 302, "/403"},
		{"clock", "/status", 400, "{\n  \"status\": \"API DATE ERROR\"\n}"},
		{"says-error", "/status", 200, "ERROR"},
		{"input on=POST:intelfeed", "/intelfeed", 200, "["},
		{"truncated after=1", "/status", 200, "version"},
	} {
		s.ClearFaults()
		f, err := ParseFault(tc.fault)
		if err != nil {
			t.Fatal(err)
		}
		s.Inject(f)
		got := s.get(tc.target)
		if got.status != tc.status || !strings.Contains(got.body, tc.says) {
			t.Errorf("%s: %d %.200s", tc.fault, got.status, got.body)
		}
		if tc.status == 429 && got.header.Get("Retry-After")+got.header.Get("X-Rate-Limit-Reset") != map[string]string{"rate": "7", "reset": "1715677260"}[f.Kind] {
			t.Errorf("%s: %v", tc.fault, got.header)
		}
	}
	for _, bad := range []string{"", "no-such", "rate x=1", "rate after=soon"} {
		if _, err := ParseFault(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestJournal(t *testing.T) {
	s := start(t, Options{})
	s.get("/status")
	s.post(`{"addentry":"a.test"}`)
	calls := s.Journal()
	if len(calls) != 2 || calls[0].Path != "/status" || calls[1].Method != "POST" || calls[1].Body != `{"addentry":"a.test"}` || calls[1].Status != 200 {
		t.Errorf("%v", calls)
	}
	s.ResetJournal()
	if got := s.do("POST", "/_sandbox/faults", "gateway on=status\nslow", func(*http.Request) {}); !strings.Contains(got.body, "gateway status") {
		t.Errorf("%s", got.body)
	}
	s.get("/status")
	journal := s.do("GET", "/_sandbox/journal", "", func(*http.Request) {})
	if !strings.Contains(journal.body, `"fault": "gateway"`) || slices.ContainsFunc(s.Journal(), func(c Call) bool { return c.Path == "/_sandbox/faults" }) {
		t.Errorf("%s", journal.body)
	}
}
