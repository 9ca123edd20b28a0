package aed

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

var epoch = time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC)

// site is a simulator behind a real HTTP server; its clock stands still.
type site struct {
	*Simulator
	t     *testing.T
	url   string
	token string
}

func start(t *testing.T, opt Options) *site {
	t.Helper()
	opt.Epoch, opt.Now = epoch, func() time.Time { return epoch.Add(time.Minute) }
	sim, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	return &site{Simulator: sim, t: t, url: srv.URL, token: DefaultToken}
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (s *site) get(target string) reply {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", s.url+target, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.token != "" {
		r.Header.Set("X-Arbux-APIToken", s.token)
	}
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

// list gets the rows of a list.
func (s *site) list(name, query string) []record {
	s.t.Helper()
	got := s.get("/api/aed/v3/" + name + "/?" + query)
	var out map[string][]record
	if err := json.Unmarshal([]byte(got.body), &out); err != nil || got.status != 200 {
		s.t.Fatalf("%s?%s: %d %.200s: %v", name, query, got.status, got.body, err)
	}
	return out[name]
}
