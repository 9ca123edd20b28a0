package threatq

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// tokens gives out and checks access tokens. They live in memory: after a
// restart every client must log in again.
type tokens struct {
	options *Options

	mu      *sync.Mutex
	access  map[string]grant
	refresh map[string]string // refresh token to its access token
}

type grant struct {
	until   time.Time
	refresh string
}

func newTokens(o *Options) tokens {
	return tokens{options: o, mu: &sync.Mutex{}, access: map[string]grant{}, refresh: map[string]string{}}
}

// serve answers POST /api/token. The parameters may come in the query, as JSON
// or as a form, alone or mixed; client_credentials may come by HTTP Basic.
func (t *tokens) serve(r *http.Request, body []byte) (reply, error) {
	if r.Method != http.MethodPost {
		return reply{}, refuse(http.StatusMethodNotAllowed, "%s is not allowed on %s.", r.Method, r.URL.Path)
	}
	in, err := tokenParameters(r, body)
	if err != nil {
		return reply{}, err
	}
	switch in.Get("grant_type") {
	case "password":
		if same(in.Get("client_id"), t.options.ClientID) &&
			same(in.Get("email"), t.options.Username) && same(in.Get("password"), t.options.Password) {
			return t.issue(), nil
		}
	case "client_credentials":
		if same(in.Get("client_id"), t.options.ClientID) && same(in.Get("client_secret"), t.options.ClientSecret) {
			return t.issue(), nil
		}
	case "refresh_token":
		if t.spend(in.Get("refresh_token")) {
			return t.issue(), nil
		}
	default:
		return reply{}, refuse(http.StatusBadRequest,
			"The grant_type %q is not supported; use password, client_credentials or refresh_token.", in.Get("grant_type"))
	}
	return reply{}, refuse(http.StatusBadRequest, "The credentials of the %s grant are not valid.", in.Get("grant_type"))
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// tokenParameters gathers the parameters from everywhere they may be.
func tokenParameters(r *http.Request, body []byte) (url.Values, error) {
	in := r.URL.Query()
	if id, secret, ok := r.BasicAuth(); ok {
		in.Set("client_id", id)
		in.Set("client_secret", secret)
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return in, nil
	case media == "application/x-www-form-urlencoded" && body[0] != '{':
		form, err := url.ParseQuery(string(body))
		for name := range form {
			in.Set(name, form.Get(name))
		}
		return in, badJSON(err)
	case body[0] == '[': // [id, secret], which is in the Basic header as well
		return in, nil
	}
	var fields map[string]text
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&fields); err != nil && err != io.EOF {
		return nil, badJSON(err)
	}
	for name, value := range fields {
		in.Set(name, string(value))
	}
	return in, nil
}

// issue makes a new pair of tokens and forgets those that have expired.
func (t *tokens) issue() reply {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.options.Now()
	for token, g := range t.access {
		if now.After(g.until.Add(refreshLife)) {
			t.forget(token, g)
		}
	}
	access, refresh := rand.Text(), rand.Text()
	t.access[access] = grant{now.Add(t.options.TokenLife), refresh}
	t.refresh[refresh] = access
	return reply{http.StatusOK, row{
		"access_token": access, "token_type": "Bearer",
		"expires_in": int64(t.options.TokenLife / time.Second), "refresh_token": refresh,
	}}
}

// refreshLife is how long a refresh token outlives its access token.
const refreshLife = 24 * time.Hour

func (t *tokens) forget(token string, g grant) {
	delete(t.access, token)
	delete(t.refresh, g.refresh)
}

// spend takes a refresh token: it works once, and its access token goes too.
func (t *tokens) spend(refresh string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	access, ok := t.refresh[refresh]
	if !ok {
		return false
	}
	g := t.access[access]
	t.forget(access, g)
	return !t.options.Now().After(g.until.Add(refreshLife))
}

// check lets requests with a good access token pass.
func (t *tokens) check(r *http.Request) error {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	t.mu.Lock()
	defer t.mu.Unlock()
	g, ok := t.access[token]
	if !strings.EqualFold(kind, "Bearer") || !ok || !t.options.Now().Before(g.until) {
		return refuse(http.StatusUnauthorized, "The access token is missing, unknown or has expired; get one from POST /api/token.")
	}
	return nil
}
