package ironnet

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var epoch = time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)

// clock stands still until moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// site is a simulator behind a real HTTP server, and a client with a token.
type site struct {
	*Simulator
	t     testing.TB
	url   string
	clock *clock
	auth  string // Authorization header
}

func start(t testing.TB, opt Options) *site {
	t.Helper()
	c := &clock{at: epoch.Add(time.Minute)}
	if opt.Epoch.IsZero() {
		opt.Epoch = epoch
	}
	opt.Now = c.now
	sim, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	return &site{Simulator: sim, t: t, url: srv.URL, clock: c, auth: "Bearer " + sim.issue()}
}

type result struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(method, path, body string, edit func(*http.Request)) (result, error) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", s.auth)
	if edit != nil {
		edit(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return result{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return result{resp.StatusCode, resp.Header, string(text)}, err
}

// post calls an endpoint, which must answer with the status.
func (s *site) post(endpoint, body string, status int) result {
	s.t.Helper()
	got, err := s.do("POST", apiPrefix+endpoint, body, nil)
	if err != nil {
		s.t.Fatalf("%s %s: %v", endpoint, body, err)
	}
	if got.status != status {
		s.t.Fatalf("%s %s: status %d, want %d; body %.200s", endpoint, body, got.status, status, got.body)
	}
	return got
}

// refused posts what must fail, and checks that the error is {"msg": …want…}.
func (s *site) refused(endpoint, body string, status int, want string) {
	s.t.Helper()
	got := s.post(endpoint, body, status)
	if msg := message(s.t, got); !strings.Contains(msg, want) {
		s.t.Errorf("%s %s: msg %q, want it to contain %q", endpoint, body, msg, want)
	}
}

func message(t testing.TB, got result) string {
	t.Helper()
	fields := map[string]string{}
	if err := json.Unmarshal([]byte(got.body), &fields); err != nil || len(fields) != 1 || fields["msg"] == "" {
		t.Fatalf("error body is not {\"msg\": text}: %q (%v)", got.body, err)
	}
	return fields["msg"]
}

type listing struct {
	Alerts     []Alert
	Constraint struct {
		Limit, Offset int
		Total         json.RawMessage
	}
}

func (s *site) list(body string) listing {
	s.t.Helper()
	var out listing
	parse(s.t, s.post("GetAlerts", body, 200).body, &out)
	return out
}

func parse(t testing.TB, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
}

// sample is a plain alert; number must be below 256.
func sample(number int, updated string) Alert {
	return Alert{
		ID: uuid{15: byte(number)}.String(), Category: "C2", SubCategory: "DNS_TUNNELING", Severity: 700,
		Status: "STATUS_AWAITING_REVIEW", AnalystSeverity: "SEVERITY_UNDECIDED", AnalystExpectation: "EXP_UNKNOWN",
		Created: updated, Updated: updated, EventCount: 1, FirstEventCreated: updated, LastEventCreated: updated,
		RawDataFormats: []string{"RDF_TAP"}, AggregationCriteria: `flows.app_domains: ["bad.example"]`,
	}
}

func (s *site) put(alerts ...Alert) {
	s.t.Helper()
	for _, a := range alerts {
		if err := s.Put(a); err != nil {
			s.t.Fatal(err)
		}
	}
}

func ids(alerts []Alert) (out []string) {
	for _, a := range alerts {
		out = append(out, a.ID)
	}
	return out
}

// fixtures is the folder of recorded samples kept outside the repository; a
// test that needs it is skipped where it is absent.
func fixtures(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "..", "shared", "fixtures", "ironnet")
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return path
		}
	}
	t.Skip("recorded samples (../shared/fixtures/ironnet beside the repository) are not here")
	return ""
}
