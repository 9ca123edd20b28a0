package request_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine/request"
)

// told reads the budget from two headers, as a mapping might.
func told(r *request.Response) (int, time.Duration, bool) {
	n, err := strconv.Atoi(r.Header.Get("X-Remaining"))
	if err != nil {
		return 0, 0, false
	}
	reset, err := request.ParseWait(r.Header.Get("X-Reset"), r.ServerTime())
	return n, reset, err == nil
}

// TestBudget: the clock of a bubble starts at 2000-01-01T00:00:00Z.
func TestBudget(t *testing.T) {
	tests := []struct {
		name             string
		remaining, reset string
		floor            int
		want             time.Duration
	}{
		{"used up", "0", "30", 0, 30 * time.Second},
		{"some left", "1", "30", 0, 0},
		{"R17 early", "1", "2000-01-01T00:01:40Z", 1, 100 * time.Second},
		{"R15 reset in the past", "0", "1999-12-31T23:59:00Z", 0, 0},
		{"no reset", "0", "", 0, 0},
		{"R19 bad syntax", "bad syntax", "30", 0, 0},
		{"R19 empty", "", "30", 5, 0},
		{"beyond the longest wait", "0", "86400", 0, 5 * time.Minute},
		{"less than nothing", "-3", "10", 0, 10 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, request.Config{Budget: told, BudgetFloor: test.floor}, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("X-Remaining", test.remaining)
					w.Header().Set("X-Reset", test.reset)
				})
				for range 2 {
					if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); err != nil {
						t.Fatal(err)
					}
				}
				if got := s.at[1] - s.at[0]; got != test.want {
					t.Errorf("waited %s, want %s", got, test.want)
				}
			})
		})
	}
}

// TestBudgetIsShared: by concurrent calls, and with the client that logs in.
func TestBudgetIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		s := newSite(t, request.Config{Budget: told}, func(w http.ResponseWriter, _ *http.Request) {
			if n.Add(1) == 1 {
				w.Header().Set("X-Remaining", "0")
				w.Header().Set("X-Reset", "60")
			}
		})
		if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); err != nil {
			t.Fatal(err)
		}
		other := s.With(nil, nil)
		done := make(chan error)
		for _, c := range []*request.Client{s.Client, other, other} {
			go func() {
				_, err := c.Do(t.Context(), request.Request{Path: "/x"})
				done <- err
			}()
		}
		for range 3 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if want := []time.Duration{0, time.Minute, time.Minute, time.Minute}; !slices.Equal(s.at, want) {
			t.Errorf("sent at %v, want %v", s.at, want)
		}
	})
}

// TestBudgetPastTheDeadline is not waited for.
func TestBudgetPastTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, request.Config{Budget: told, Deadline: 30 * time.Second}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Remaining", "0")
			w.Header().Set("X-Reset", "60")
		})
		s.Do(t.Context(), request.Request{Path: "/x"})
		_, err := s.Do(t.Context(), request.Request{Path: "/x"})
		if err == nil || !strings.Contains(err.Error(), "the server allows no more requests until then; that is 1m0s away, past the deadline of 30s") || len(s.seen) != 1 {
			t.Errorf("U26: %d sent, %v", len(s.seen), err)
		}
	})
}

func TestCookies(t *testing.T) {
	var got []string
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, "foreign "+r.Header.Get("Cookie"))
		w.Header().Set("Set-Cookie", "planted=1; Path=/")
	}))
	defer foreign.Close()
	own := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.Path+" "+r.Header.Get("Cookie"))
		switch r.URL.Path {
		case "/login":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "s1", Path: "/", HttpOnly: true})
			http.Redirect(w, r, "/home", http.StatusFound)
		case "/away":
			http.Redirect(w, r, foreign.URL+"/x", http.StatusFound)
		case "/logout":
			http.SetCookie(w, &http.Cookie{Name: "sid", Path: "/", MaxAge: -1})
		}
	}))
	defer own.Close()
	// The two servers share a host name and differ in port, where a jar alone would mix them up.
	client := request.New(request.Config{BaseURL: parse(t, own.URL), Cookies: true, AllowHosts: []string{parse(t, foreign.URL).Host}})
	for _, path := range []string{"/login", "/a", "/away", foreign.URL + "/y", "/logout", "/b"} {
		if _, err := client.With(nil, nil).Do(t.Context(), request.Request{Path: path}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"/login ", "/home sid=s1", "/a sid=s1", "/away sid=s1", "foreign ", "foreign ", "/logout sid=s1", "/b "}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// session logs in by a request of the client that it is given, which gets a cookie.
type session struct {
	plain *request.Client
	done  bool
}

func (a *session) Apply(ctx context.Context, r *http.Request) error {
	if !a.done {
		a.done = true
		if _, err := a.plain.Do(ctx, request.Request{Path: "/login"}); err != nil {
			return err
		}
	}
	r.Header.Set("X-Signed", r.Header.Get("Cookie"))
	return nil
}

func (a *session) Renew(context.Context, *http.Request) (bool, error) { return false, nil }

// TestCookieOfALogin goes with the very request that made us log in, and is signed.
func TestCookieOfALogin(t *testing.T) {
	s := newSite(t, request.Config{Cookies: true}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/login" {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "1", Path: "/"})
		}
	})
	if _, err := s.With(&session{plain: s.Client}, nil).Do(t.Context(), request.Request{Path: "/x"}); err != nil {
		t.Fatal(err)
	}
	if h := s.seen[1].Header; h.Get("Cookie") != "sid=1" || h.Get("X-Signed") != "sid=1" {
		t.Errorf("sent %v", h)
	}
}

// TestRateIsShared: a login counts too.
func TestRateIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, request.Config{Rate: 1}, answers(200))
		for _, c := range []*request.Client{s.Client, s.With(&renewer{}, nil), s.Client} {
			if _, err := c.Do(t.Context(), request.Request{Path: "/x"}); err != nil {
				t.Fatal(err)
			}
		}
		if got := fmt.Sprint(s.at); got != "[0s 1s 2s]" {
			t.Errorf("sent at %s", got)
		}
	})
}

// TestBudgetOfAnEarlierAnswer: answers overtake each other; the latest moment counts.
func TestBudgetOfAnEarlierAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, request.Config{Budget: told}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Remaining", "0")
			if r.URL.Path == "/v1/slow" {
				time.Sleep(time.Second) // of the bubble's clock
				w.Header().Set("X-Reset", "10")
			} else {
				w.Header().Set("X-Reset", "60")
			}
		})
		done := make(chan error)
		for _, path := range []string{"/slow", "/fast"} {
			go func() {
				_, err := s.Do(t.Context(), request.Request{Path: path})
				done <- err
			}()
			synctest.Wait() // the slow one is under way
		}
		if err := errors.Join(<-done, <-done); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Do(t.Context(), request.Request{Path: "/fast"}); err != nil || s.at[2] != time.Minute {
			t.Errorf("sent at %v, %v", s.at, err)
		}
	})
}

// TestForeignBudget: another host does not count our requests to the own one.
func TestForeignBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, request.Config{Budget: told, AllowHosts: []string{"cdn.example"}}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Remaining", "0")
			w.Header().Set("X-Reset", "60")
		})
		for _, path := range []string{"https://cdn.example/x", "/x"} {
			if _, err := s.Do(t.Context(), request.Request{Path: path}); err != nil {
				t.Fatal(err)
			}
		}
		if s.at[1] != 0 {
			t.Errorf("waited %s", s.at[1])
		}
	})
}

// TestTurnIsGivenBack: a request that is not sent does not count against our own rate.
func TestTurnIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, request.Config{Rate: 0.01, Deadline: 30 * time.Second}, answers(200))
		for i, fits := range []bool{true, false, false, true} {
			if i == 3 {
				time.Sleep(100 * time.Second) // of the bubble's clock
			}
			if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); (err == nil) != fits {
				t.Errorf("request %d: %v", i, err)
			}
		}
	})
}

// A long wait for our own rate limit is told: a run that stands still looks dead.
func TestLongTurnIsTold(t *testing.T) {
	for rate, want := range map[float64]bool{0.1: true, 1: false} {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t, request.Config{Rate: rate}, answers(200))
			for range 2 {
				if _, err := s.Do(t.Context(), request.Request{Path: "/x"}); err != nil {
					t.Fatal(err)
				}
			}
			if got := strings.Contains(s.log.String(), "waiting 10s because of our own rate limit"); got != want {
				t.Errorf("rate %v: told %v\n%s", rate, got, &s.log)
			}
		})
	}
}
