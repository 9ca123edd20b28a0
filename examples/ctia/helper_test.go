package ctia

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

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
	c := &clock{at: epoch}
	opt.Now = c.now
	sim, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	s := &site{Simulator: sim, t: t, url: srv.URL, clock: c}
	id, password := DefaultClientID, DefaultPassword
	if len(opt.Accounts) > 0 {
		id, password = opt.Accounts[0].ClientID, opt.Accounts[0].Password
	}
	s.login(id, password)
	sim.ResetJournal()
	return s
}

// reply is an answer with its body decoded.
type reply struct {
	status int
	header http.Header
	text   string
	body   any
}

func (r reply) object(t testing.TB) map[string]any {
	t.Helper()
	e, ok := r.body.(map[string]any)
	if !ok {
		t.Fatalf("%d, not an object: %s", r.status, r.text)
	}
	return e
}

func (s *site) token(id, password, grant string) reply {
	form := url.Values{"grant_type": {grant}}
	req, _ := http.NewRequest("POST", s.url+"/iroh/oauth2/token", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(id, password)
	return s.do(req)
}

func (s *site) login(id, password string) {
	s.t.Helper()
	r := s.token(id, password, "client_credentials")
	if r.status != 200 {
		s.t.Fatalf("token: %d %s", r.status, r.text)
	}
	s.auth = "Bearer " + r.object(s.t)["access_token"].(string)
}

// call sends JSON, or a string or bytes as they are.
func (s *site) call(method, path string, body any) reply {
	s.t.Helper()
	var text []byte
	switch b := body.(type) {
	case nil:
	case string:
		text = []byte(b)
	case []byte:
		text = b
	default:
		text = marshal(b)
	}
	req, err := http.NewRequest(method, s.url+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if s.auth != "" {
		req.Header.Set("Authorization", s.auth)
	}
	return s.do(req)
}

func (s *site) do(req *http.Request) reply {
	s.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{text: err.Error()}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	r := reply{status: resp.StatusCode, header: resp.Header, text: string(text)}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	_ = dec.Decode(&r.body) // some answers are no JSON
	return r
}

// want fails unless an answer has a status.
func (s *site) want(status int, r reply) reply {
	s.t.Helper()
	if r.status != status {
		s.t.Fatalf("status %d, want %d: %s", r.status, status, r.text)
	}
	return r
}

func judged(n int, change ...func(entity)) entity {
	e := entity{
		"id": fmt.Sprintf("transient:j%d", n), "external_ids": []any{fmt.Sprintf("threatq-judgement-%d", n)},
		"observable": entity{"type": "ip", "value": fmt.Sprintf("203.0.%d.%d", n/256%256, n%256)}, "disposition": 2, "disposition_name": "Malicious",
		"confidence": "Medium", "severity": "Medium", "priority": 90, "source": "ThreatQ", "tlp": "amber",
		"valid_time": entity{"start_time": "2026-01-31T12:00:00.000Z", "end_time": "2026-02-28T12:00:00.000Z"},
	}
	for _, c := range change {
		c(e)
	}
	return e
}

func set(key string, v any) func(entity) { return func(e entity) { e[key] = v } }
func unset(key string) func(entity)      { return func(e entity) { delete(e, key) } }

func bundle(judgements ...entity) entity {
	return entity{"type": "bundle", "source": "ThreatQ", "judgements": judgements}
}

const importPath = "/ctia/bundle/import?external-key-prefixes=threatq-"

// results of an import by original id, or by external id where there is none.
func results(t testing.TB, r reply) map[string]entity {
	t.Helper()
	out := map[string]entity{}
	for _, e := range r.object(t)["results"].([]any) {
		row := e.(map[string]any)
		key, _ := row["original_id"].(string)
		if key == "" {
			key = row["external_ids"].([]any)[0].(string)
		}
		out[key] = row
	}
	return out
}

// fixtures is a folder of reference material that may lie beside the clone.
func fixtures(t testing.TB) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "fixtures", "cisco_ctia")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("left out: the reference material is not beside this clone")
	}
	return dir
}
