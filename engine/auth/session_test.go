package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine/auth"
	"tqmap/engine/request"
)

// TestLoginPlaces carries the session elsewhere than in a header, renews it after a 401,
// and gives it back in the same place.
func TestLoginPlaces(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	tests := []struct {
		name  string
		place auth.Place
		want  string // of each request but the logins: query, cookie, X-Session and body
	}{
		{"cookie", auth.Place{In: "cookie", Name: "sid"}, "? sid=token-1 - a=1; ? sid=token-2 - a=1; ? sid=token-2 - z=2"},
		{"header", auth.Place{In: "header", Name: "x-session", Format: "s {token}"}, "?  s token-1 a=1; ?  s token-2 a=1; ?  s token-2 z=2"},
		{"query", auth.Place{In: "query", Name: "sid"}, "?sid=token-1  - a=1; ?sid=token-2  - a=1; ?sid=token-2  - z=2"},
		{"body", auth.Place{In: "body", Name: "sid"}, "?  - a=1&sid=token-1; ?  - a=1&sid=token-2; ?  - z=2&sid=token-2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			logins := 0
			var seen []string
			server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/Login" {
					logins++
					fmt.Fprintf(w, `{"token":"token-%d"}`, logins)
					return
				}
				body, _ := io.ReadAll(r.Body)
				session := r.Header.Get("X-Session")
				if session == "" {
					session = "-"
				}
				seen = append(seen, fmt.Sprintf("?%s %s %s %s", r.URL.RawQuery, r.Header.Get("Cookie"), session, body))
				if len(seen) == 1 {
					w.WriteHeader(401)
				}
			})
			s := connect(t, server, func(c *auth.LoginConfig) {
				c.Place = test.place
				c.Logout = func(context.Context) (request.Request, error) {
					return request.Request{Method: "POST", Path: "/Logout", Body: []byte("z=2"), ContentType: form}, nil
				}
			})
			if _, err := s.Do(t.Context(), request.Request{Method: "POST", Path: "/x", Body: []byte("a=1"), ContentType: form}); err != nil {
				t.Fatal(err)
			}
			if err := s.Login.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(seen, "; "); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestLoginSameTokenAgain: a server may give the same text for a new session.
func TestLoginSameTokenAgain(t *testing.T) {
	v := vendor{tokens: []string{"same", "same", "same"}}
	s := connect(t, &v, nil)
	first, second := newRequest(t, "GET", "https://api.example/", "", ""), newRequest(t, "GET", "https://api.example/", "", "")
	for _, r := range []*http.Request{first, second} {
		if err := s.Apply(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range []*http.Request{first, second} {
		if again, err := s.Renew(t.Context(), r); !again || err != nil || v.logins != 2 {
			t.Errorf("%t, %v after %d logins", again, err, v.logins)
		}
	}
}

// TestLoginValidity: a call each minute for 4 h. What the answer says wins over Validity,
// and that over the exp claim.
func TestLoginValidity(t *testing.T) {
	tests := []struct {
		name     string
		vendor   *vendor
		validity time.Duration
		logins   int
	}{
		{"half an hour", &vendor{}, 30 * time.Minute, 9}, // every 29 min
		{"the answer knows better", &vendor{expiresIn: "7200"}, 30 * time.Minute, 3},
		{"the exp claim does not", &vendor{tokens: []string{jwt(1 << 33)}}, 2 * time.Hour, 3},
		{"shorter than early", &vendor{}, time.Minute, 240},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := connect(t, test.vendor, func(c *auth.LoginConfig) { c.Validity = test.validity })
				for range 240 {
					if err := s.call(t.Context()); err != nil {
						t.Fatal(err)
					}
					<-time.After(time.Minute)
				}
				if test.vendor.logins != test.logins {
					t.Errorf("%d logins, want %d", test.vendor.logins, test.logins)
				}
			})
		})
	}
}

func TestLoginClose(t *testing.T) {
	broken := errors.New("param.session is not set")
	tests := []struct {
		name    string
		calls   int
		status  int
		err     error // of making the request
		logouts int
		want    string
	}{
		{"good", 1, 204, nil, 1, ""},
		{"never logged in", 0, 204, nil, 0, ""},
		{"session unknown", 1, 401, nil, 1, ""},
		{"session gone", 1, 404, nil, 1, ""},
		{"refused", 1, 403, nil, 1, "logout: the session may stay open at the server: login: POST https://api.example/Logout answered 403"},
		{"down", 1, 500, nil, 4, "answered 500"},
		{"no request", 1, 204, broken, 0, "param.session is not set"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := vendor{}
				var carried []string
				server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path != "/Logout" {
						v.ServeHTTP(w, r)
						return
					}
					carried = append(carried, r.Header.Get("X-S"))
					w.WriteHeader(test.status)
				})
				s := connect(t, server, func(c *auth.LoginConfig) {
					c.Header = "X-S: {token}"
					c.Logout = func(context.Context) (request.Request, error) {
						return request.Request{Method: "POST", Path: "/Logout"}, test.err
					}
				})
				for range test.calls {
					if err := s.call(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				err := s.Login.Close(t.Context())
				if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "token-1")) {
					t.Errorf("got %v, want %q", err, test.want)
				}
				if test.err != nil && !errors.Is(err, test.err) {
					t.Errorf("%v hides %v", err, test.err)
				}
				if err := s.Login.Close(t.Context()); err != nil {
					t.Errorf("a second time: %v", err)
				}
				if len(carried) != test.logouts || test.logouts > 0 && carried[0] != "token-1" {
					t.Errorf("logouts with %q, want %d", carried, test.logouts)
				}
				if err := s.call(t.Context()); err != nil || v.logins != test.calls+1 {
					t.Errorf("afterwards: %d logins, %v", v.logins, err)
				}
			})
		})
	}
}

func TestLoginCloseWithoutLogout(t *testing.T) {
	s := connect(t, &vendor{}, nil)
	if err := s.call(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Login.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestLoginCloseWaits for its turn no longer than its context.
func TestLoginCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := connect(t, slow{&vendor{}}, func(c *auth.LoginConfig) {
			c.Logout = func(context.Context) (request.Request, error) { return request.Request{Path: "/Logout"}, nil }
		})
		result := make(chan error)
		go func() { result <- s.call(t.Context()) }()
		synctest.Wait()
		ctx, stop := context.WithTimeout(t.Context(), time.Millisecond)
		defer stop()
		if err := s.Login.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "logout: ") {
			t.Errorf("got %v", err)
		}
		if err := <-result; err != nil {
			t.Error(err)
		}
	})
}

func TestLoginPlaceMistakes(t *testing.T) {
	for want, spoil := range map[string]func(*auth.LoginConfig){
		"not both":     func(c *auth.LoginConfig) { c.Header, c.Place = "A: {token}", auth.Place{In: "query", Name: "a"} },
		"in must be":   func(c *auth.LoginConfig) { c.Place = auth.Place{Name: "a"} },
		"has no name":  func(c *auth.LoginConfig) { c.Place = auth.Place{In: "cookie"} },
		"cannot be se": func(c *auth.LoginConfig) { c.Place = auth.Place{In: "header", Name: "Host"} },
	} {
		c := auth.LoginConfig{
			Doer:    request.New(request.Config{}),
			Request: func(context.Context) (request.Request, error) { return request.Request{}, nil },
			Token:   readToken,
		}
		spoil(&c)
		if _, err := auth.NewLogin(c); err == nil || !strings.HasPrefix(err.Error(), "login: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestFromCookie(t *testing.T) {
	now := time.Unix(1_700_000_000, 0).UTC()
	later := now.Add(time.Hour)
	tests := []struct {
		name  string
		lines []string
		token string
		end   time.Time
		err   string
	}{
		{"session", []string{"sid=abc; Path=/; HttpOnly"}, "abc", time.Time{}, ""},
		{"max-age", []string{"sid=abc; Max-Age=3600"}, "abc", later, ""},
		{"expires", []string{"sid=abc; Expires=" + later.Format(http.TimeFormat)}, "abc", later, ""},
		{"max-age before expires", []string{"sid=abc; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Max-Age=3600"}, "abc", later, ""},
		{"among others", []string{"lang=en", "sid=abc", "theme=x"}, "abc", time.Time{}, ""},
		{"the last", []string{"sid=old; Max-Age=0", "sid=new"}, "new", time.Time{}, ""},
		{"kept as it is", []string{`sid=a=b/+c, d`}, "a=b/+c, d", time.Time{}, ""},
		{"quoted", []string{`sid="a b"`}, `"a b"`, time.Time{}, ""},
		{"for ever", []string{"sid=abc; Max-Age=999999999999"}, "abc", now.Add(100 * 365 * 24 * time.Hour), ""},
		{"bad date", []string{"sid=abc; Expires=soon"}, "abc", time.Time{}, ""},
		{"none", []string{"lang=en"}, "", time.Time{}, "it sets no cookie sid"},
		{"other case", []string{"SID=abc"}, "", time.Time{}, "it sets no cookie sid"},
		{"no header", nil, "", time.Time{}, "it sets no cookie sid"},
		{"rubbish", []string{"", ";;", "=", "sid"}, "", time.Time{}, "it sets no cookie sid"},
		{"deleted", []string{"sid=; Max-Age=0"}, "", time.Time{}, "it deletes the cookie sid"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			token, end, err := auth.FromCookie("sid", at(now))(&request.Response{Header: http.Header{"Set-Cookie": test.lines}})
			if token != test.token || !end.Equal(test.end) || (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
				t.Errorf("got %q, %s, %v", token, end, err)
			}
		})
	}
}
