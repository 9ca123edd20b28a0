package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestRenewOnlyOnce: who was refused with an older token just replays.
func TestRenewOnlyOnce(t *testing.T) {
	v := vendor{}
	s := connect(t, &v, nil)
	refused := make([]*http.Request, 3)
	for i := range refused {
		refused[i] = httptest.NewRequest("GET", "/", nil)
		if err := s.Apply(t.Context(), refused[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range refused {
		if again, err := s.Renew(t.Context(), r); !again || err != nil {
			t.Errorf("got %t, %v", again, err)
		}
	}
	if v.logins != 2 {
		t.Errorf("%d logins, want 2", v.logins)
	}
}

// TestLoginConcurrent: 100 requests at once share one login, and one renewal.
func TestLoginConcurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := vendor{revoked: map[string]bool{}}
		s := connect(t, slow{&v}, nil)
		calls := func() {
			var wait sync.WaitGroup
			for range 100 {
				wait.Go(func() {
					if err := s.call(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
		}
		calls()
		if v.logins != 1 || len(v.authorized) != 100 {
			t.Errorf("%d logins for %d calls", v.logins, len(v.authorized))
		}
		v.revoked["token-1"] = true
		calls()
		if v.logins != 2 || len(v.authorized) != 300 {
			t.Errorf("%d logins for %d calls", v.logins, len(v.authorized))
		}
	})
}

// slow takes a second for each request, so that they overlap.
type slow struct{ http.Handler }

func (s slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	<-time.After(time.Second)
	s.Handler.ServeHTTP(w, r)
}

// TestLoginWaitIsCancelled: a request that waits for another's login can be stopped, and
// a stopped login does not count as refused.
func TestLoginWaitIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := vendor{}
		hang := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if v.logins == 0 && r.URL.Path == "/Login" {
				v.logins++
				<-r.Context().Done()
				return
			}
			v.ServeHTTP(w, r)
		})
		s := connect(t, cut{hang}, nil)
		first, stopFirst := context.WithCancel(t.Context())
		second, stopSecond := context.WithCancel(t.Context())
		results := make(chan error, 2)
		go func() { results <- s.call(first) }()
		synctest.Wait()
		go func() { results <- s.call(second) }()
		synctest.Wait()
		stopSecond()
		if err := <-results; !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "waiting for another request to log in") {
			t.Errorf("second: %v", err)
		}
		stopFirst()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("first: %v", err)
		}
		if err := s.call(t.Context()); err != nil || v.logins != 2 {
			t.Errorf("%d logins, then %v", v.logins, err)
		}
	})
}

// cut gives no answer to a request whose context has ended.
type cut struct{ http.Handler }

func (c cut) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.Handler.ServeHTTP(w, r)
	if r.Context().Err() != nil {
		w.WriteHeader(500)
	}
}
