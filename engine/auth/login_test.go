package auth_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine/auth"
	"tqmap/engine/request"
)

// TestLoginRenewal: a call each minute for 4 h, on a clock that starts at Unix 946684800.
func TestLoginRenewal(t *testing.T) {
	const start = 946684800
	tests := []struct {
		name   string
		vendor *vendor
		early  time.Duration
		logins int
	}{
		{"A07 no end known", &vendor{}, 0, 1},
		{"an hour, a minute early", &vendor{expiresIn: "3600"}, 0, 5}, // at 0, 59, 118, 177, 236 min
		{"an hour, half an hour early", &vendor{expiresIn: "3600"}, 30 * time.Minute, 8},
		{"longer than the run", &vendor{expiresIn: "172799"}, 0, 1},
		{"shorter than early", &vendor{expiresIn: "50"}, 0, 240},
		{"half its life at least", &vendor{expiresIn: "600"}, time.Hour, 48},
		{"end in the past", &vendor{expiresIn: "-10"}, 0, 1},
		{"JWT", &vendor{tokens: []string{jwt(start + 7200), jwt(start + 999999)}}, 0, 2},
		{"JWT from a clock that is behind", &vendor{tokens: []string{jwt(start - 1)}}, 0, 1},
		{"JWT without a sensible end", &vendor{tokens: []string{jwt(-5)}}, 0, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := connect(t, test.vendor, func(c *auth.LoginConfig) { c.Early = test.early })
				for range 240 {
					if err := s.call(t.Context()); err != nil {
						t.Fatal(err)
					}
					<-time.After(time.Minute)
				}
				if test.vendor.logins != test.logins {
					t.Errorf("%d logins, want %d", test.vendor.logins, test.logins)
				}
				if len(s.secrets) != test.logins {
					t.Errorf("the redactor heard of %d tokens", len(s.secrets))
				}
			})
		})
	}
}

// TestLoginClock: the end of a token is judged by the given clock.
func TestLoginClock(t *testing.T) {
	now := time.Unix(1580860000, 0)
	v := vendor{tokens: []string{jwt(1580863600)}}
	s := connect(t, &v, func(c *auth.LoginConfig) { c.Now = func() time.Time { return now } })
	for _, step := range []struct {
		at     int64
		logins int
	}{{1580860000, 1}, {1580863539, 1}, {1580863540, 2}, {1580869999, 2}} {
		now = time.Unix(step.at, 0)
		if err := s.call(t.Context()); err != nil || v.logins != step.logins {
			t.Errorf("at %d: %d logins, want %d, %v", step.at, v.logins, step.logins, err)
		}
	}
}

// TestLoginFailures is A09, and what a login must not do to an account: each case makes
// two calls.
func TestLoginFailures(t *testing.T) {
	tests := []struct {
		name   string
		vendor *vendor
		logins int
		want   error // of both calls
		text   string
	}{
		{"A09 503 once", &vendor{statuses: []int{503}}, 2, nil, ""},
		{"A09 429 once", &vendor{statuses: []int{429}}, 2, nil, ""},
		{"A09 503 for ever", &vendor{statuses: []int{503, 503, 503, 503, 503, 503, 503, 503}}, 8, request.ErrUnavailable, "login: POST https://api.example/Login answered 503 Service Unavailable after 4 attempts"},
		{"A09 400", &vendor{statuses: []int{400}}, 1, request.ErrUnauthorized, "no second login is tried"},
		{"A09 401", &vendor{statuses: []int{401}}, 1, request.ErrUnauthorized, "check the user name, password or key"},
		{"403", &vendor{statuses: []int{403}}, 1, request.ErrUnauthorized, "check the rights of the account"},
		{"404", &vendor{statuses: []int{404}}, 1, request.ErrUnauthorized, "check host, port and path"},
		{"no token", &vendor{tokens: []string{""}}, 1, request.ErrUnauthorized, "https://api.example/Login answered 200, but there is no token to be had: it is empty; check where"},
		{"token with a line break", &vendor{tokens: []string{"a\r\nX: b"}}, 1, request.ErrUnauthorized, "control characters"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := connect(t, test.vendor, nil)
				for n := range 2 {
					err := s.call(t.Context())
					if test.want == nil {
						if err != nil {
							t.Fatal(err)
						}
						continue
					}
					expectClass(t, err, test.want)
					if !strings.Contains(err.Error(), test.text) || !strings.HasPrefix(err.Error(), "client: sign in: ") {
						t.Errorf("call %d: got %v, want %q", n, err, test.text)
					}
				}
				if test.vendor.logins != test.logins {
					t.Errorf("%d logins, want %d", test.vendor.logins, test.logins)
				}
				if test.want != nil && len(test.vendor.authorized) > 0 {
					t.Errorf("calls without a token: %q", test.vendor.authorized)
				}
			})
		})
	}
}

func expectClass(t *testing.T, err, class error) {
	t.Helper()
	for _, c := range []error{request.ErrUnauthorized, request.ErrForbidden, request.ErrRefused, request.ErrUnavailable} {
		if errors.Is(err, c) != (c == class) {
			t.Errorf("errors.Is(%v, %v) = %t", err, c, c != class)
		}
	}
}

// TestLoginErrorKeepsStatus: what the server said stays within reach.
func TestLoginErrorKeepsStatus(t *testing.T) {
	err := connect(t, &vendor{statuses: []int{403}}, nil).call(t.Context())
	var e *request.StatusError
	if !errors.As(err, &e) || e.Status != 403 || e.Client != "login" {
		t.Errorf("got %+v from %v", e, err)
	}
}

func TestLoginBrokenAnswer(t *testing.T) {
	s := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }), nil)
	err := s.call(t.Context())
	expectClass(t, err, request.ErrUnauthorized)
	if !strings.Contains(err.Error(), "the answer is no JSON") {
		t.Error(err)
	}
}

func TestLoginRequestFails(t *testing.T) {
	broken := errors.New("param.password is not set")
	s := connect(t, &vendor{}, func(c *auth.LoginConfig) {
		c.Request = func(context.Context) (request.Request, error) { return request.Request{}, broken }
	})
	if err := s.call(t.Context()); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestLoginAfter401(t *testing.T) {
	tests := []struct {
		name    string
		revoked []string
		logins  int
		carried string
		want    error
	}{
		{"revoked", []string{"token-1"}, 2, "Bearer token-1, Bearer token-2", nil},
		{"all refused", []string{"token-1", "token-2"}, 2, "Bearer token-1, Bearer token-2", request.ErrUnauthorized},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := vendor{revoked: map[string]bool{}}
			for _, token := range test.revoked {
				v.revoked[token] = true
			}
			err := connect(t, &v, nil).call(t.Context())
			if !errors.Is(err, test.want) || v.logins != test.logins || strings.Join(v.authorized, ", ") != test.carried {
				t.Errorf("%d logins, carried %q, %v", v.logins, v.authorized, err)
			}
		})
	}
}

// TestLoginRefusedLater: the password is changed during the run.
func TestLoginRefusedLater(t *testing.T) {
	v := vendor{statuses: []int{200, 401}, revoked: map[string]bool{"token-1": true}}
	s := connect(t, &v, nil)
	for range 3 {
		err := s.call(t.Context())
		expectClass(t, err, request.ErrUnauthorized)
	}
	if v.logins != 2 || len(v.authorized) != 1 {
		t.Errorf("%d logins, %d calls", v.logins, len(v.authorized))
	}
}

func TestLoginHeader(t *testing.T) {
	tests := []struct {
		name, header, in, want string
	}{
		{"default", "", "Authorization", "Bearer token-1"},
		{"A05", "Authorization: realm=xyz, token={token}", "Authorization", "realm=xyz, token=token-1"},
		{"own header", "x-session:{token}", "X-Session", "token-1"},
		{"twice", "X-S: {token}/{token}", "X-S", "token-1/token-1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := connect(t, &vendor{}, func(c *auth.LoginConfig) { c.Header = test.header })
			r := httptest.NewRequest("GET", "/", nil)
			if err := s.Apply(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if got := r.Header[test.in]; len(got) != 1 || got[0] != test.want {
				t.Errorf("got %v, want %s", r.Header, test.want)
			}
		})
	}
}

func TestNewLoginMistakes(t *testing.T) {
	whole := auth.LoginConfig{
		Doer:    request.New(request.Config{}),
		Request: func(context.Context) (request.Request, error) { return request.Request{}, nil },
		Token:   readToken,
	}
	if _, err := auth.NewLogin(whole); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*auth.LoginConfig){
		"no doer":       func(c *auth.LoginConfig) { c.Doer = nil },
		"no request":    func(c *auth.LoginConfig) { c.Request = nil },
		"no token":      func(c *auth.LoginConfig) { c.Token = nil },
		"no colon":      func(c *auth.LoginConfig) { c.Header = "Bearer {token}" },
		"no name":       func(c *auth.LoginConfig) { c.Header = ": {token}" },
		"token in name": func(c *auth.LoginConfig) { c.Header = "X-{token}: {token}" },
		"no place":      func(c *auth.LoginConfig) { c.Header = "Authorization: Bearer" },
	} {
		c := whole
		spoil(&c)
		if _, err := auth.NewLogin(c); err == nil || !strings.HasPrefix(err.Error(), "login: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLoginKeepsSecrets plants a password and tokens, fails, and looks for them.
func TestLoginKeepsSecrets(t *testing.T) {
	for _, statuses := range [][]int{nil, {400}, {401}, {503, 503, 503, 503}} {
		synctest.Test(t, func(t *testing.T) {
			v := vendor{statuses: statuses, revoked: map[string]bool{"token-1": true, "token-2": true}}
			s := connect(t, &v, nil)
			err := s.call(t.Context())
			if err == nil {
				t.Fatal("the call succeeded")
			}
			for _, secret := range []string{"hunter2", "token-1", "token-2", "dXNlcjpodW50ZXIy"} {
				if text := err.Error() + s.log.String(); strings.Contains(text, secret) {
					t.Errorf("%s in %s", secret, text)
				}
			}
			if statuses == nil && (s.log.Len() == 0 || len(v.authorized) != 2) {
				t.Errorf("%d calls, log %q", len(v.authorized), s.log.String())
			}
		})
	}
}
