package darktrace

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"flag"
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

var update = flag.Bool("update", false, "rewrite the samples of the mapping")

var epoch = time.Date(2024, 5, 14, 8, 0, 0, 0, time.UTC)

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

// site is a simulator behind a real HTTP server, and a client that signs.
type site struct {
	*Simulator
	t     testing.TB
	url   string
	clock *clock
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
	return &site{Simulator: sim, t: t, url: srv.URL, clock: c}
}

type reply struct {
	status int
	header http.Header
	body   string
}

// sign puts the three headers on r, over text and a date.
func sign(r *http.Request, text, date string) {
	mac := hmac.New(sha1.New, []byte(DefaultPrivateToken))
	io.WriteString(mac, text+"\n"+DefaultPublicToken+"\n"+date)
	r.Header.Set("DTAPI-Token", DefaultPublicToken)
	r.Header.Set("DTAPI-Date", date)
	r.Header.Set("DTAPI-Signature", hex.EncodeToString(mac.Sum(nil)))
}

// do sends a request that edit has signed, or not.
func (s *site) do(method, target, body string, edit func(*http.Request)) reply {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+target, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	edit(r)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(text)}
}

func (s *site) date() string { return s.clock.now().UTC().Format(time.DateTime) }

// get signs what it sends.
func (s *site) get(target string) reply {
	s.t.Helper()
	return s.do("GET", target, "", func(r *http.Request) { sign(r, target, s.date()) })
}

func (s *site) post(body string) reply {
	s.t.Helper()
	return s.do("POST", "/intelfeed", body, func(r *http.Request) { sign(r, "/intelfeed?"+body, s.date()) })
}

// list gets a list of objects.
func (s *site) list(target string) []record {
	s.t.Helper()
	got := s.get(strings.TrimSuffix(target, "?"))
	var out []record
	if err := json.Unmarshal([]byte(got.body), &out); err != nil || got.status != 200 {
		s.t.Fatalf("%s: %d %.300s: %v", target, got.status, got.body, err)
	}
	return out
}

// shared finds a file of the reference material beside the clone; the test is left out
// where there is none.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if text, err := os.ReadFile(filepath.Join(dir, "..", "shared", "fixtures", "darktrace", name)); err == nil {
			return text
		}
	}
	t.Skip("left out: the recorded samples are not beside this clone")
	return nil
}
