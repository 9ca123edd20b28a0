package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// shelf is a Tokens that several processes share.
type shelf struct {
	mu       sync.Mutex
	values   map[string]string
	versions map[string]int64
	fail     error
	// before is called ahead of each write, by whoever is faster.
	before func()
	sets   int
}

func (s *shelf) Token(ctx context.Context, name string) (string, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.values[name], s.versions[name], ctx.Err()
}

func (s *shelf) SetToken(ctx context.Context, name, value string, was int64) error {
	if s.before != nil {
		s.before()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case s.fail != nil:
		return s.fail
	case s.versions[name] != was:
		return ErrStale
	}
	s.put(name, value)
	s.sets++
	return nil
}

func (s *shelf) put(name, value string) {
	if s.values == nil {
		s.values, s.versions = map[string]string{}, map[string]int64{}
	}
	s.values[name] = value
	s.versions[name]++
}

// only is the one token there is.
func (s *shelf) only() (name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, value = range s.values {
	}
	return name, value
}

const refreshBlock = `auth "oauth2" {
	grant         = "refresh_token"
	token_url     = "/token"
	client_id     = "id"
	client_secret = "s"
	refresh_token = param.first
}`

var first = map[string]string{"first": "r-0"}

// TestRefreshTokenRotates is U21.
func TestRefreshTokenRotates(t *testing.T) {
	t.Run("U21 kept before the access token is used, and used by the next run", func(t *testing.T) {
		i, s := &issuer{refresh: true}, &shelf{}
		var seen []string // what is kept when the data is asked for
		w := newWire(t, func(w http.ResponseWriter, r *http.Request, body string) {
			if r.URL.Path == "/x" {
				_, value := s.only()
				seen = append(seen, value)
			}
			i.script(w, r, body)
		})
		for run := range 3 {
			o := mustOpen(t, w.URL, refreshBlock, first, ClientOptions{Tokens: s})
			if err := o.get(t); err != nil {
				t.Fatal(run, err)
			}
			o.hides(t, nil, "r-0", seen[len(seen)-1])
		}
		if want := []string{"r-1", "r-2", "r-3"}; !slices.Equal(seen, want) {
			t.Errorf("kept %q when the data was asked for, want %q", seen, want)
		}
	})
	t.Run("U21 another run has rotated it meanwhile", func(t *testing.T) {
		i, s := &issuer{refresh: true}, &shelf{}
		w := newWire(t, i.script)
		o := mustOpen(t, w.URL, refreshBlock, first, ClientOptions{Tokens: s})
		if err := o.get(t); err != nil {
			t.Fatal(err)
		}
		other := mustOpen(t, w.URL, refreshBlock, first, ClientOptions{Tokens: s})
		if err := other.get(t); err != nil {
			t.Fatal(err)
		}
		i.revoke("t-1")
		if err := o.get(t); err != nil {
			t.Fatal(err)
		}
		if _, value := s.only(); value != "r-3" {
			t.Errorf("kept %q", value)
		}
	})
	t.Run("U21 read again on invalid_grant", func(t *testing.T) {
		i, s := &issuer{refresh: true}, &shelf{}
		var name string
		w := newWire(t, func(w http.ResponseWriter, r *http.Request, body string) {
			if strings.Contains(body, "refresh_token=r-1") { // another process is faster
				s.mu.Lock()
				s.put(name, "r-2")
				s.mu.Unlock()
				i.mu.Lock()
				i.given = 2
				i.mu.Unlock()
			}
			i.script(w, r, body)
		})
		o := mustOpen(t, w.URL, refreshBlock, first, ClientOptions{Tokens: s})
		if err := o.get(t); err != nil {
			t.Fatal(err)
		}
		name, _ = s.only()
		i.revoke("t-1")
		if err := o.get(t); err != nil {
			t.Fatal(err)
		}
		if _, value := s.only(); value != "r-3" {
			t.Errorf("kept %q", value)
		}
	})
	t.Run("U21 another run keeps one at the same moment", func(t *testing.T) {
		i, s := &issuer{refresh: true}, &shelf{}
		w := newWire(t, i.script)
		name := ""
		o := mustOpen(t, w.URL, refreshBlock, first, ClientOptions{Tokens: s})
		if err := o.get(t); err != nil {
			t.Fatal(err)
		}
		name, _ = s.only()
		s.before = func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.put(name, "of the other run")
		}
		i.revoke("t-1")
		if err := o.get(t); err != nil {
			t.Fatal(err)
		}
		if _, value := s.only(); value != "of the other run" || !strings.Contains(o.log.String(), "another run has kept a newer token") {
			t.Errorf("kept %q, log:\n%s", value, &o.log)
		}
	})
	t.Run("U21 one that cannot be kept is not used", func(t *testing.T) {
		i, s := &issuer{refresh: true}, &shelf{fail: errors.New("disk full")}
		w := newWire(t, i.script)
		o := mustOpen(t, w.URL, refreshBlock, first, ClientOptions{Tokens: s})
		err := o.get(t)
		if !errors.Is(err, s.fail) || w.count("GET /x") != 0 {
			t.Fatalf("%v", err)
		}
		o.hides(t, err, "r-0", "r-1")
		s.fail = nil
		if err := o.get(t); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("U21 a newly configured token counts more than what was kept", func(t *testing.T) {
		i, s := &issuer{refresh: true}, &shelf{}
		w := newWire(t, i.script)
		if err := mustOpen(t, w.URL, refreshBlock, first, ClientOptions{Tokens: s}).get(t); err != nil {
			t.Fatal(err)
		}
		w.taken()
		i.given = 7
		if err := mustOpen(t, w.URL, refreshBlock, map[string]string{"first": "r-7"}, ClientOptions{Tokens: s}).get(t); err != nil {
			t.Fatal(err)
		}
		if got := w.taken(); len(got) != 2 || !strings.Contains(got[0], "refresh_token=r-7") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("all are refused", func(t *testing.T) {
		w := newWire(t, answer(400, `{"error": "invalid_grant"}`))
		o := mustOpen(t, w.URL, refreshBlock, first, ClientOptions{Tokens: &shelf{}})
		err := o.get(t)
		if err == nil || !strings.Contains(err.Error(), "authorize the connector again") || len(w.taken()) != 1 {
			t.Error(err)
		}
		o.hides(t, err, "r-0")
	})
}

// TestRefreshBeforeLogin is U22: the refresh token is tried before a new login.
func TestRefreshBeforeLogin(t *testing.T) {
	for name, refused := range map[string]bool{"U22 refresh after a 401": false, "U22 login where the refresh is refused": true} {
		t.Run(name, func(t *testing.T) {
			i := &issuer{refresh: true, more: `, "expires_in": 3600`}
			w := newWire(t, func(w http.ResponseWriter, r *http.Request, body string) {
				if refused && strings.Contains(body, "grant_type=refresh_token") {
					w.WriteHeader(400)
					io.WriteString(w, `{"error": "invalid_grant"}`)
					return
				}
				i.script(w, r, body)
			})
			o := mustOpen(t, w.URL, strings.Replace(clientCredentials, "token_url", "grant = \"password\"\nusername = \"u\"\npassword = param.password\ntoken_url", 1), hunter, ClientOptions{Now: func() time.Time { return noon }})
			if err := o.get(t); err != nil {
				t.Fatal(err)
			}
			i.revoke("t-1")
			w.taken()
			if err := o.get(t); err != nil {
				t.Fatal(err)
			}
			var grants []string
			for _, note := range w.taken() {
				if _, form, ok := strings.Cut(note, "grant_type="); ok {
					grant, _, _ := strings.Cut(form, "&")
					grants = append(grants, grant)
				}
			}
			want := []string{"refresh_token"}
			if refused {
				want = append(want, "password")
			}
			if !slices.Equal(grants, want) {
				t.Errorf("asked by %q, want %q", grants, want)
			}
		})
	}
}
