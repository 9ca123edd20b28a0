package request_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine/request"
)

// TestBackOff is R05: each wait doubles, within jitter of half and below the cap.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, request.Config{Retries: 8}, answers(500))
		_, err := s.Do(t.Context(), request.Request{Path: "/x"})
		if !errors.Is(err, request.ErrUnavailable) || len(s.at) != 9 {
			t.Fatalf("%d attempts, %v", len(s.at), err)
		}
		nominal := time.Second
		for i := 1; i < len(s.at); i++ {
			got, least, most := s.at[i]-s.at[i-1], nominal/2, min(nominal*3/2, 30*time.Second)
			if got < least || got > most+time.Millisecond {
				t.Errorf("wait %d was %s, want %s to %s", i, got, least, most)
			}
			nominal = min(2*nominal, 30*time.Second)
		}
	})
}

// TestRetryAfterWait has the waits of the chain: -1 stands for its own back-off of 0.5
// to 1.5 s. The clock of a bubble starts at 2000-01-01T00:00:00Z = 946684800.
func TestRetryAfterWait(t *testing.T) {
	const backOff = -1
	tests := []struct {
		name    string
		status  int
		header  []string
		want    time.Duration
		warning bool
	}{
		{"R07 seconds", 429, []string{"60"}, time.Minute, false},
		{"R07 list", 429, []string{"61,60"}, backOff, true},
		{"R07 absent", 429, nil, backOff, false},
		{"R11 date", 429, []string{"Sat, 01 Jan 2000 00:00:30 GMT"}, 30 * time.Second, false},
		{"R11 date on 503", 503, []string{"Sat, 01 Jan 2000 00:00:30 GMT"}, 30 * time.Second, false},
		{"date in the past", 429, []string{"Fri, 31 Dec 1999 00:00:30 GMT"}, backOff, false},
		{"zero", 429, []string{"0"}, backOff, false},
		{"fraction", 503, []string{"1.5"}, 1500 * time.Millisecond, false},
		{"R19 empty", 429, []string{""}, backOff, false},
		{"R19 bad syntax", 429, []string{"bad syntax"}, backOff, true},
		{"R19 negative", 429, []string{"-5"}, backOff, true},
		{"R19 infinite", 429, []string{"inf"}, backOff, true},
		{"R19 exponent", 429, []string{"1e2"}, backOff, true},
		{"R19 endless digits", 429, []string{strings.Repeat("9", 400)}, backOff, true},
		{"first of two", 429, []string{"7", "9"}, 7 * time.Second, false},
		{"not on other statuses", 500, []string{"60"}, backOff, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				s := newSite(t, request.Config{}, func(w http.ResponseWriter, _ *http.Request) {
					if n++; n == 1 {
						w.Header()["Retry-After"] = test.header
						w.WriteHeader(test.status)
					}
				})
				if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); err != nil {
					t.Fatal(err)
				}
				got := s.at[1] - s.at[0]
				if test.want == backOff && (got < time.Second/2 || got > 3*time.Second/2+1) || test.want != backOff && got != test.want {
					t.Errorf("waited %s, want %s", got, test.want)
				}
				if warned := strings.Contains(s.log.String(), "level=WARN"); warned != test.warning {
					t.Errorf("warning %t, log:\n%s", warned, &s.log)
				}
			})
		})
	}
}

func TestWaitIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := newSite(t, request.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			if n++; n == 1 {
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(429)
			}
		})
		if _, err := s.Do(t.Context(), request.Request{Path: "/x?token=hunter2"}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			`level=INFO msg="waiting 30s because the server answered 429 (Retry-After)" client=client.test retry=1 of=3`,
			`level=DEBUG msg=exchange client=client.test method=GET path=/v1/x attempt=2 status=200`,
		} {
			if !strings.Contains(s.log.String(), want) {
				t.Errorf("no %q in\n%s", want, &s.log)
			}
		}
	})
}

func TestWaitTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, request.Config{MaxWait: 10 * time.Minute}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "601")
			w.WriteHeader(503)
		})
		begin := time.Now()
		_, err := s.Do(t.Context(), request.Request{Path: "/x"})
		var e *request.StatusError
		if !errors.As(err, &e) || e.Wait != 601*time.Second || e.Attempts != 1 || time.Since(begin) != 0 {
			t.Fatalf("after %s: %v", time.Since(begin), err)
		}
		if want := "it asks to wait 10m1s, more than the 10m0s allowed"; !strings.Contains(err.Error(), want) || !errors.Is(err, request.ErrUnavailable) {
			t.Errorf("got %v, want %q", err, want)
		}
	})
}

// TestContextEnds checks that nothing outlives the caller's context.
func TestContextEnds(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	tests := []struct {
		name    string
		config  request.Config
		handler http.HandlerFunc
	}{
		{"while backing off", request.Config{Retries: 100}, answers(500)},
		{"while the server is silent", request.Config{Timeout: time.Hour}, hang},
		{"while limited", request.Config{Rate: 0.001, Retries: 100}, answers(500)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				killed := errors.New("killed by a newer run")
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(20*time.Second, func() { cancel(killed) })
				begin := time.Now()
				_, err := newSite(t, test.config, test.handler).Do(ctx, request.Request{Path: "/x"})
				if !errors.Is(err, context.Canceled) || !errors.Is(err, killed) || time.Since(begin) != 20*time.Second {
					t.Errorf("after %s: %v", time.Since(begin), err)
				}
				for _, c := range classes {
					if errors.Is(err, c) {
						t.Errorf("a stopped run is %v", c)
					}
				}
			})
		})
	}
}

func TestAttemptTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := newSite(t, request.Config{Timeout: 5 * time.Second}, func(_ http.ResponseWriter, r *http.Request) {
			if n++; n <= 2 {
				<-r.Context().Done()
			}
		})
		if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); err != nil || len(s.seen) != 3 {
			t.Errorf("%d attempts, %v", len(s.seen), err)
		}
		n = -10
		_, err := s.Do(t.Context(), request.Request{Path: "/x"})
		if !errors.Is(err, request.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a slow server is not the end of the run: %v", err)
		}
		if want := "no answer within 5s; is the port right, is the service up, does a firewall drop it?"; !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	})
}

func TestRateLimit(t *testing.T) {
	tests := []struct {
		name  string
		rate  float64
		burst int
		want  []time.Duration
	}{
		{"spaced", 10, 0, []time.Duration{0, 100, 200, 300, 400}},
		{"burst", 10, 3, []time.Duration{0, 0, 0, 100, 200}},
		{"below one", 0.5, 1, []time.Duration{0, 2000, 4000, 6000, 8000}},
		{"unlimited", 0, 0, []time.Duration{0, 0, 0, 0, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, request.Config{Rate: test.rate, Burst: test.burst}, answers(200))
				for range test.want {
					if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); err != nil {
						t.Fatal(err)
					}
				}
				var got []time.Duration
				for _, at := range s.at {
					got = append(got, at.Round(time.Millisecond)/time.Millisecond)
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("sent at %d ms, want %d", got, test.want)
				}
			})
		})
	}
}

// TestRateLimitDeadline: a wait that cannot end in time is not begun.
func TestRateLimitDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, request.Config{Rate: 0.01}, answers(200))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begin := time.Now()
		s.Do(ctx, request.Request{Path: "/x"})
		_, err := s.Do(ctx, request.Request{Path: "/x"})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 0 || len(s.seen) != 1 {
			t.Errorf("after %s and %d requests: %v", time.Since(begin), len(s.seen), err)
		}
	})
}
