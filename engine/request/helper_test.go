package request_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"tqmap/engine/request"
)

// inProcess is a transport that calls a handler and opens no connection, so that a
// synctest bubble can advance its clock. It answers like the wire: a handler that
// returns after the request's context has ended gives that context's error.
type inProcess struct{ http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	t.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// site is a client of a server at https://api.example/v1, and what happened there.
type site struct {
	*request.Client
	mu   sync.Mutex
	seen []*http.Request
	at   []time.Duration // when each came, from the start
	log  bytes.Buffer
}

func newSite(t *testing.T, c request.Config, h http.HandlerFunc) *site {
	t.Helper()
	s := &site{}
	begin := time.Now()
	if c.BaseURL == nil {
		c.BaseURL = parse(t, "https://api.example/v1")
	}
	c.Name = "client.test"
	c.Log = slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if c.Transport == nil {
		c.Transport = inProcess{h}
	}
	inner := c.Transport
	c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		s.mu.Lock()
		s.seen = append(s.seen, r)
		s.at = append(s.at, time.Since(begin))
		s.mu.Unlock()
		return inner.RoundTrip(r)
	})
	s.Client = request.New(c)
	return s
}

// answers serves the given statuses in turn, the last one for ever.
func answers(statuses ...int) http.HandlerFunc {
	n := 0
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(statuses[min(n, len(statuses)-1)])
		n++
		fmt.Fprint(w, `{"msg":"words"}`)
	}
}

func parse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
