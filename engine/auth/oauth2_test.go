package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine/auth"
	"tqmap/engine/request"
)

func TestOAuth2Request(t *testing.T) {
	tests := []struct {
		name   string
		adapt  func(*auth.OAuth2Config)
		config auth.OAuth2Config
		want   string // the form as it is sent
		head   string // Authorization
	}{
		{"client credentials", nil, clientCredentials(), "grant_type=client_credentials", "Basic " + pairOf("the+id", "hunter2%2F%2B")},
		{"in the body", func(c *auth.OAuth2Config) { c.ClientAuth = "body" }, clientCredentials(), "grant_type=client_credentials&client_id=the+id&client_secret=hunter2%2F%2B", ""},
		{"password", nil, password(), "grant_type=password&username=user&password=hunter2&client_id=id", ""},
		{"scope and audience", func(c *auth.OAuth2Config) { c.Scope, c.Audience = "a b", "https://x/" }, clientCredentials(), "grant_type=client_credentials&scope=a+b&audience=https%3A%2F%2Fx%2F", "Basic " + pairOf("the+id", "hunter2%2F%2B")},
		{"renamed", func(c *auth.OAuth2Config) {
			c.Rename = map[string]string{"username": "user_name", "client_id": "clientId", "grant_type": ""}
		}, password(), "user_name=user&password=hunter2&clientId=id", ""},
		{"extra", func(c *auth.OAuth2Config) {
			c.Extra = func(_ context.Context, grant string) ([]request.Pair, error) {
				return []request.Pair{{Name: "z", Value: grant}, {Name: "username", Value: "2"}}, nil
			}
			c.Rename = map[string]string{"username": "u"}
		}, password(), "grant_type=password&u=user&password=hunter2&client_id=id&z=password&username=2", ""},
		{"JSON", func(c *auth.OAuth2Config) { c.JSON, c.ClientAuth = true, "body" }, clientCredentials(), `{"grant_type":"client_credentials","client_id":"the id","client_secret":"hunter2/+"}`, ""},
		{"another grant", func(c *auth.OAuth2Config) {
			c.Grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
			c.Extra = func(context.Context, string) ([]request.Pair, error) {
				return []request.Pair{{Name: "assertion", Value: "a.b.c"}}, nil
			}
		}, auth.OAuth2Config{}, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c", ""},
		{"refresh", func(c *auth.OAuth2Config) { c.Grant, c.RefreshToken, c.Scope = "refresh_token", "r1", "s" }, auth.OAuth2Config{}, "grant_type=refresh_token&refresh_token=r1&scope=s", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var form, kind string
			var head http.Header
			server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/oauth/token" {
					body, _ := io.ReadAll(r.Body)
					form, kind, head = string(body), r.Header.Get("Content-Type"), r.Header
					io.WriteString(w, `{"access_token":"access-1"}`)
				}
			})
			c := test.config
			c.TokenURL = "https://api.example/oauth/token"
			if test.adapt != nil {
				test.adapt(&c)
			}
			a := authorize(t, server, c)
			if err := a.call(t.Context()); err != nil {
				t.Fatal(err)
			}
			if form != test.want || head.Get("Authorization") != test.head || head.Get("Accept") != "application/json" {
				t.Errorf("got %s with %v, want %s with %q", form, head, test.want, test.head)
			}
			if wantKind := map[bool]string{true: "application/json", false: "application/x-www-form-urlencoded"}[c.JSON]; kind != wantKind {
				t.Errorf("sent as %s", kind)
			}
			a.tells(t, nil, "access-1")
		})
	}
}

func TestOAuth2Secrets(t *testing.T) {
	a := authorize(t, &issuer{rotates: true}, clientCredentials())
	if err := a.call(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.tells(t, nil, "hunter2/+", "hunter2%2F%2B", pairOf("the+id", "hunter2%2F%2B"), "access-1", "refresh-1")
	b := authorize(t, &issuer{}, password())
	b.tells(t, nil, "hunter2")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, b.OAuth2); strings.Contains(text, "hunter2") {
			t.Errorf("%s: %s", verb, text)
		}
	}
}

// TestOAuth2Renewal: a call each minute for 4 h.
func TestOAuth2Renewal(t *testing.T) {
	tests := []struct {
		name     string
		life     string
		early    time.Duration
		validity time.Duration
		requests int
	}{
		{"A07 not said", "", 0, 0, 1},
		{"null", "null", 0, 0, 1},
		{"number", "3600", 0, 0, 5},
		{"text", `" 3600 "`, 0, 0, 5},
		{"fraction", "3599.5", 0, 0, 5},
		{"half an hour early", "3600", 30 * time.Minute, 0, 8},
		{"said beats declared", "3600", 0, time.Minute, 5},
		{"declared", "", 0, time.Hour, 5},
		{"zero", "0", 0, 0, 1},
		{"negative", "-5", 0, 0, 1},
		{"words", `"soon"`, 0, 0, 1},
		{"not a number", `"NaN"`, 0, 0, 1},
		{"endless", `"Infinity"`, 0, 0, 1},
		{"huge", "1e999", 0, 0, 1},
		{"object", "{}", 0, 0, 1},
		{"bool", "true", 0, 0, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{life: test.life}
				c := clientCredentials()
				c.Early, c.Validity = test.early, test.validity
				a := authorize(t, i, c)
				for range 240 {
					if err := a.call(t.Context()); err != nil {
						t.Fatal(err)
					}
					<-time.After(time.Minute)
				}
				if len(i.asked) != test.requests {
					t.Errorf("%d token requests, want %d", len(i.asked), test.requests)
				}
			})
		})
	}
}

// TestOAuth2Failures is A09, and hostile answers: each case makes two calls.
func TestOAuth2Failures(t *testing.T) {
	repeat := func(s string, n int) (out []string) {
		for range n {
			out = append(out, s)
		}
		return out
	}
	tests := []struct {
		name     string
		scripts  []string
		requests int
		want     error
		text     string
	}{
		{"A09 503 once", []string{"503"}, 2, nil, ""},
		{"A09 429 once", []string{"429"}, 2, nil, ""},
		{"A09 503 for ever", repeat("503", 8), 8, request.ErrUnavailable, "answered 503"},
		{"A09 400", []string{"400 invalid_scope"}, 1, request.ErrUnauthorized, "invalid_scope"},
		{"A09 401", []string{"401 invalid_client"}, 1, request.ErrUnauthorized, "no second login is tried"},
		{"another way to send the client", []string{"401 invalid_client"}, 1, request.ErrUnauthorized, `if id and secret are right, the server may want them sent another way: client_auth = "`},
		{"403", []string{"403"}, 1, request.ErrUnauthorized, "check the rights"},
		{"200 with an error", []string{`{"error":"bad_client"}`}, 1, request.ErrUnauthorized, `it has no text access_token, but the error "bad_client"`},
		{"HTML", []string{"<html>"}, 1, request.ErrUnauthorized, "the answer is no JSON object"},
		{"array", []string{"[]"}, 1, request.ErrUnauthorized, "the answer is no JSON object"},
		{"null", []string{"null"}, 1, request.ErrUnauthorized, "it has no text access_token"},
		{"number", []string{`{"access_token":1}`}, 1, request.ErrUnauthorized, "it has no text access_token"},
		{"empty", []string{`{"access_token":""}`}, 1, request.ErrUnauthorized, "it is empty"},
		{"line break", []string{`{"access_token":"a\r\nX: b"}`}, 1, request.ErrUnauthorized, "control characters"},
		{"strange fields", []string{`{"access_token":"access-1","refresh_token":[],"token_type":7,"expires_in":[]}`}, 1, nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{scripts: test.scripts}
				a := authorize(t, i, clientCredentials())
				for range 2 {
					err := a.call(t.Context())
					if test.want == nil {
						if err != nil {
							t.Fatal(err)
						}
						continue
					}
					expectClass(t, err, test.want)
					if !strings.Contains(err.Error(), test.text) {
						t.Errorf("got %v, want %q", err, test.text)
					}
					a.tells(t, err)
				}
				if len(i.asked) != test.requests {
					t.Errorf("%d token requests, want %d", len(i.asked), test.requests)
				}
			})
		})
	}
}

// TestOAuth2TokenType: it stands in a header too.
func TestOAuth2TokenType(t *testing.T) {
	for kind, want := range map[string]string{"": "Bearer access-1", "bearer": "Bearer access-1", "Token": "Token access-1", "a\nb": ""} {
		i := &issuer{scripts: []string{`{"access_token":"access-1","token_type":` + quote(kind) + `}`}}
		c := clientCredentials()
		c.Header = "Authorization: {token_type} {token}"
		err := authorize(t, i, c).call(t.Context())
		if want == "" {
			expectClass(t, err, request.ErrUnauthorized)
		} else if err != nil || len(i.calls) != 1 || i.calls[0] != want {
			t.Errorf("%q: got %q, %v", kind, i.calls, err)
		}
	}
}

func quote(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

func TestOAuth2AnswerFields(t *testing.T) {
	c := clientCredentials()
	c.Answer = map[string]string{"access_token": "data.token", "expires_in": "data.ttl", "refresh_token": "again"}
	var now time.Time
	c.Now = func() time.Time { return now }
	var saved store
	c.Load, c.Store = saved.load, saved.save
	i := &issuer{scripts: []string{`{"data":{"token":"access-1","ttl":"600"},"again":"refresh-1"}`, "", `{"data":7}`}, valid: "refresh-1"}
	a := authorize(t, i, c)
	for _, at := range []int64{1000, 1539} {
		now = time.Unix(at, 0)
		if err := a.call(t.Context()); err != nil || len(i.asked) != 1 {
			t.Fatalf("at %d: %d requests, %v", at, len(i.asked), err)
		}
	}
	if !reflect.DeepEqual(saved.saved, []string{"refresh-1"}) {
		t.Errorf("stored %q", saved.saved)
	}
	now = time.Unix(1540, 0)
	i.scripts[1] = `{"data":7}` // of the refresh; then of the login
	if err := a.call(t.Context()); err == nil || !strings.Contains(err.Error(), "it has no text data.token") {
		t.Error(err)
	}
}

// TestOAuth2Concurrent: 100 calls at once share one token request, and one renewal.
func TestOAuth2Concurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{rotates: true, revoked: map[string]bool{}}
		var open, most atomic.Int32
		server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				most.Store(max(most.Load(), open.Add(1)))
				defer open.Add(-1)
			}
			slow{i}.ServeHTTP(w, r)
		})
		a := authorize(t, server, clientCredentials())
		for round, want := range []int{1, 2} {
			var wait sync.WaitGroup
			for range 100 {
				wait.Go(func() {
					if err := a.call(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			if len(i.asked) != want || most.Load() != 1 || len(i.calls) != []int{100, 300}[round] {
				t.Errorf("round %d: token requests %q, %d at once, %d calls", round, i.asked, most.Load(), len(i.calls))
			}
			i.revoked["access-1"] = true
		}
	})
}

func TestNewOAuth2Mistakes(t *testing.T) {
	load := func(context.Context) (string, error) { return "", nil }
	tests := []struct {
		name  string
		spoil func(*auth.OAuth2Config)
		want  string
	}{
		{"no doer", func(c *auth.OAuth2Config) { c.Doer = nil }, "a Doer and a TokenURL"},
		{"no URL", func(c *auth.OAuth2Config) { c.TokenURL = "" }, "a Doer and a TokenURL"},
		{"client authentication", func(c *auth.OAuth2Config) { c.ClientAuth = "header" }, "basic, body or none"},
		{"no secret", func(c *auth.OAuth2Config) { c.ClientSecret = "" }, "needs a client id and secret"},
		{"no password", func(c *auth.OAuth2Config) { c.Grant, c.Username = "password", "user" }, "needs a user name and password"},
		{"no refresh token", func(c *auth.OAuth2Config) { c.Grant = "refresh_token" }, "needs a refresh token"},
		{"load only", func(c *auth.OAuth2Config) { c.Load = load }, "both Load and Store are needed or none"},
		{"unknown field", func(c *auth.OAuth2Config) { c.Rename = map[string]string{"user": "u"} }, `there is no "user", only grant_type`},
		{"unknown answer", func(c *auth.OAuth2Config) { c.Answer = map[string]string{"token": "u"} }, `there is no "token", only access_token`},
		{"header", func(c *auth.OAuth2Config) { c.Header = "X" }, "must read like"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := clientCredentials()
			c.Doer, c.TokenURL = request.New(request.Config{}), "/token"
			test.spoil(&c)
			_, err := auth.NewOAuth2(c)
			if err == nil || !strings.HasPrefix(err.Error(), "oauth2: ") || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestOAuth2ExtraFails(t *testing.T) {
	broken := errors.New("no assertion")
	c := clientCredentials()
	c.Extra = func(context.Context, string) ([]request.Pair, error) { return nil, broken }
	i := &issuer{}
	if err := authorize(t, i, c).call(t.Context()); !errors.Is(err, broken) || len(i.asked) != 0 {
		t.Errorf("%d token requests, %v", len(i.asked), err)
	}
}
