package request_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine/request"
)

// TestDeadline: U26, all that one Do does is bounded, and waits in vain are not begun.
func TestDeadline(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	after := func(value string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader(429)
		}
	}
	tests := []struct {
		name    string
		config  request.Config
		handler http.HandlerFunc
		took    time.Duration // at most
		want    string
	}{
		{"U26 Retry-After", request.Config{}, after("61"), 0, "the next attempt is to come in 1m1s, past the deadline of 1m0s for one request: run again later"},
		{"the second wait", request.Config{}, after("40"), 40 * time.Second, "after 2 attempts over 40s"},
		{"back-off", request.Config{Retries: 50}, answers(500), time.Minute, "past the deadline of 1m0s"},
		{"U27 back-off without an answer", request.Config{Retries: 50, Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("gone") })}, nil, time.Minute, "past the deadline of 1m0s"},
		{"U14 silence", request.Config{Timeout: time.Hour}, hang, time.Minute, "no answer within the deadline of 1m0s"},
		{"silence many times", request.Config{Timeout: 25 * time.Second, Retries: 50}, hang, time.Minute, "deadline of 1m0s"},
		{"our own rate", request.Config{Rate: 0.01, Retries: 50}, answers(500), 2 * time.Second, "the rate limit allows the next request only then"},
		{"an authenticator that hangs", request.Config{Auth: stuck{}}, answers(200), time.Minute, "no answer within the deadline of 1m0s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test.config.Deadline = time.Minute
				s := newSite(t, test.config, test.handler)
				begin := time.Now()
				_, err := s.Do(t.Context(), request.Request{Path: "/x?k=hunter2"})
				if took := time.Since(begin); took > test.took {
					t.Errorf("took %s", took)
				}
				if !errors.Is(err, request.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("got %v, want %q", err, test.want)
				}
			})
		})
	}
}

// stuck is an Authenticator that waits for ever.
type stuck struct{}

func (stuck) Apply(ctx context.Context, _ *http.Request) error {
	<-ctx.Done()
	return ctx.Err()
}

func (stuck) Renew(context.Context, *http.Request) (bool, error) { return false, nil }

// TestDeadlineIsOfOneRequest: the next one has a time of its own.
func TestDeadlineIsOfOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, request.Config{Deadline: 3 * time.Second}, answers(503, 200, 503, 200, 503, 200))
		for range 3 {
			if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestClock: with Now and Sleep given, no real time passes.
func TestClock(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var slept []time.Duration
	n := 0
	s := newSite(t, request.Config{
		Rate:  0.1,
		Now:   func() time.Time { return now },
		Sleep: func(_ context.Context, d time.Duration) error { slept = append(slept, d); now = now.Add(d); return nil },
	}, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n == 1 {
			w.Header().Set("Retry-After", "Sun, 01 Mar 2026 12:00:07 GMT")
			w.WriteHeader(429)
		}
	})
	resp, err := s.Do(t.Context(), request.Request{Path: "/x"})
	if err != nil || len(slept) != 2 || slept[0] != 7*time.Second || slept[1].Round(time.Millisecond) != 3*time.Second {
		t.Fatalf("slept %v, %v", slept, err)
	}
	if !resp.ServerTime().Equal(now) {
		t.Errorf("server time %s, want %s", resp.ServerTime(), now)
	}
	refused := errors.New("no sleep")
	s = newSite(t, request.Config{Sleep: func(context.Context, time.Duration) error { return refused }}, answers(503))
	if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); !errors.Is(err, refused) || len(s.seen) != 1 {
		t.Errorf("%d sent, %v", len(s.seen), err)
	}
}
