package auth_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"tqmap/engine/auth"
	"tqmap/engine/request"
)

// issuer is an authorization server and the API beside it. It gives access-1, access-2, …
// and, if it rotates, refresh-1, refresh-2, …, of which only the last is valid.
type issuer struct {
	mu      sync.Mutex
	scripts []string // of the token requests in turn: "503", "400 code", or an answer; then what follows
	life    string   // expires_in, as JSON
	rotates bool
	valid   string // refresh token; "" accepts none
	revoked map[string]bool

	asked []string // grant types
	forms []url.Values
	heads []http.Header
	calls []string // Authorization of the API calls
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if r.URL.Path != "/token" {
		carried := r.Header.Get("Authorization")
		i.calls = append(i.calls, carried)
		if i.revoked[strings.TrimPrefix(carried, "Bearer ")] {
			w.WriteHeader(401)
		}
		return
	}
	i.token(w, r)
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	n := len(i.asked)
	i.asked = append(i.asked, form.Get("grant_type"))
	i.forms, i.heads = append(i.forms, form), append(i.heads, r.Header)
	if n < len(i.scripts) && i.scripts[n] != "" {
		i.play(w, i.scripts[n])
		return
	}
	if form.Get("grant_type") == "refresh_token" && (i.valid == "" || form.Get("refresh_token") != i.valid) {
		i.play(w, "400 invalid_grant")
		return
	}
	answer := fmt.Sprintf(`{"access_token":"access-%d","token_type":"bearer"`, n+1)
	if i.life != "" {
		answer += `,"expires_in":` + i.life
	}
	if i.rotates {
		i.valid = fmt.Sprintf("refresh-%d", n+1)
		answer += fmt.Sprintf(`,"refresh_token":%q`, i.valid)
	}
	io.WriteString(w, answer+"}")
}

func (i *issuer) play(w http.ResponseWriter, script string) {
	var status int
	var code string
	if n, _ := fmt.Sscanf(script, "%d %s", &status, &code); n == 0 {
		io.WriteString(w, script)
		return
	}
	w.WriteHeader(status)
	if code != "" {
		fmt.Fprintf(w, `{"error":%q}`, code)
	}
}

// store keeps a refresh token as another process may see it.
type store struct {
	token  string
	loads  int
	saved  []string
	err    error
	onLoad func(n int) // called with the number of this load
}

func (s *store) load(context.Context) (string, error) {
	s.loads++
	if s.onLoad != nil {
		s.onLoad(s.loads)
	}
	return s.token, nil
}

func (s *store) save(ctx context.Context, token string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if s.err != nil {
		return s.err
	}
	s.token = token
	s.saved = append(s.saved, token)
	return nil
}

type authorized struct {
	*request.Client
	*auth.OAuth2
	secrets []string
	log     strings.Builder
}

func (a *authorized) call(ctx context.Context) error {
	_, err := a.Do(ctx, request.Request{Path: "/x"})
	return err
}

// authorize makes a client of h that gets its token by c's grant.
func authorize(t *testing.T, h http.Handler, c auth.OAuth2Config) *authorized {
	t.Helper()
	a := &authorized{}
	base := &url.URL{Scheme: "https", Host: "api.example"}
	log := slog.New(slog.NewTextHandler(&a.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.Doer = request.New(request.Config{Name: "token", BaseURL: base, Transport: inProcess{h}})
	if c.TokenURL == "" {
		c.TokenURL = "/token"
	}
	c.Log, c.OnSecret = log, func(s string) { a.secrets = append(a.secrets, s) }
	var err error
	if a.OAuth2, err = auth.NewOAuth2(c); err != nil {
		t.Fatal(err)
	}
	a.Client = request.New(request.Config{Name: "client", BaseURL: base, Transport: inProcess{h}, Auth: a.OAuth2, Log: log})
	return a
}

func clientCredentials() auth.OAuth2Config {
	return auth.OAuth2Config{ClientID: "the id", ClientSecret: "hunter2/+"}
}

func password() auth.OAuth2Config {
	return auth.OAuth2Config{Grant: "password", Username: "user", Password: "hunter2", ClientID: "id", ClientAuth: "none"}
}

// tells reports a secret that is in text, and one that the redactor has not heard of.
func (a *authorized) tells(t *testing.T, err error, known ...string) {
	t.Helper()
	text := fmt.Sprint(err, a.log.String())
	for _, secret := range append([]string{"hunter2", "access-", "refresh-", "stored-"}, known...) {
		if strings.Contains(text, secret) {
			t.Errorf("%s in %s", secret, text)
		}
	}
	for _, secret := range known {
		if !slices.Contains(a.secrets, secret) {
			t.Errorf("the redactor has not heard of %s, only of %q", secret, a.secrets)
		}
	}
}

func pairOf(id, secret string) string {
	return base64.StdEncoding.EncodeToString([]byte(id + ":" + secret))
}
