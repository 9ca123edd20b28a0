package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tqmap/engine/request"
)

// answer is a script that always says the same.
func answer(status int, body string) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// tokenScript gives t-1 at /login and /token.
func tokenScript(w http.ResponseWriter, r *http.Request, _ string) {
	switch r.URL.Path {
	case "/login", "/token":
		io.WriteString(w, `{"t": "t-1", "access_token": "t-1"}`)
	}
}

// issuer gives t-1, t-2, … at /login and /token, and refuses those that are revoked.
type issuer struct {
	mu       sync.Mutex
	statuses []int // of the token requests in turn; then 200
	more     string
	given    int
	asked    int
	revoked  []string
	refresh  bool // each answer has the refresh token r-N, of which only the last is good
}

func (i *issuer) script(w http.ResponseWriter, r *http.Request, body string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if r.URL.Path != "/login" && r.URL.Path != "/token" {
		for _, token := range i.revoked {
			if strings.Contains(r.Header.Get("Authorization"), token) {
				w.WriteHeader(401)
			}
		}
		return
	}
	i.asked++
	if i.asked <= len(i.statuses) && i.statuses[i.asked-1] != 200 {
		w.WriteHeader(i.statuses[i.asked-1])
		io.WriteString(w, `{"error": "invalid_client"}`)
		return
	}
	if i.refresh && strings.Contains(body, "grant_type=refresh_token") && !strings.Contains(body, fmt.Sprintf("refresh_token=r-%d", i.given)) {
		w.WriteHeader(400)
		io.WriteString(w, `{"error": "invalid_grant"}`)
		return
	}
	i.given++
	more := i.more
	if i.refresh {
		more += fmt.Sprintf(`, "refresh_token": "r-%d"`, i.given)
	}
	fmt.Fprintf(w, `{"access_token": "t-%d"%s}`, i.given, more)
}

func (i *issuer) revoke(token string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.revoked = append(i.revoked, token)
}

const loginBlock = `auth "login" {
	token = jq(".access_token")
	request {
		method = "POST"
		path   = "/login"
		basic  = ["user", param.password]
		json   = { scope = "all" }
	}
}`

const clientCredentials = `auth "oauth2" {
	token_url     = "/token"
	client_id     = "the id"
	client_secret = param.password
}`

var tokenBlocks = map[string]string{"login": loginBlock, "oauth2": clientCredentials}

var hunter = map[string]string{"password": "hunter2"}

func TestTokenRequests(t *testing.T) {
	tests := []struct {
		name, block string
		want        string
	}{
		{"login", loginBlock, "POST /login\nAuthorization: Basic dXNlcjpodW50ZXIy\nContent-Type: application/json\n{\"scope\":\"all\"}"},
		{"client credentials, basic", clientCredentials,
			"POST /token\nAccept: application/json\nAuthorization: Basic dGhlK2lkOmh1bnRlcjI=\nContent-Type: application/x-www-form-urlencoded\ngrant_type=client_credentials"},
		{"client credentials, in the body, with more fields in order", `auth "oauth2" {
			token_url     = "/token"
			client_id     = "id"
			client_secret = param.password
			client_auth   = "body"
			scope         = "a b"
			audience      = "https://api"
			fields        = { z = "1", a = "2" }
		}`, "POST /token\nAccept: application/json\nContent-Type: application/x-www-form-urlencoded\n" +
			"grant_type=client_credentials&scope=a+b&audience=https%3A%2F%2Fapi&client_id=id&client_secret=hunter2&z=1&a=2"},
		{"password, as JSON, renamed", `auth "oauth2" {
			grant       = "password"
			token_url   = "/token"
			client_id   = "id"
			client_auth = "none"
			username    = "user"
			password    = param.password
			body        = "json"
			rename      = { client_id = "clientId", grant_type = "" }
		}`, "POST /token\nAccept: application/json\nContent-Type: application/json\n" +
			`{"username":"user","password":"hunter2","clientId":"id"}`},
		{"refresh token", `auth "oauth2" {
			grant         = "refresh_token"
			token_url     = "/token"
			client_id     = "id"
			client_secret = "s"
			client_auth   = "body"
			refresh_token = param.password
		}`, "POST /token\nAccept: application/json\nContent-Type: application/x-www-form-urlencoded\n" +
			"grant_type=refresh_token&refresh_token=hunter2&client_id=id&client_secret=s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t, (&issuer{}).script)
			o := mustOpen(t, w.URL, test.block, hunter, ClientOptions{})
			if err := o.get(t); err != nil {
				t.Fatal(err)
			}
			want := []string{test.want, "GET /x\nAuthorization: Bearer t-1"}
			if got := w.taken(); !slices.Equal(got, want) {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n---\n"), strings.Join(want, "\n---\n"))
			}
			o.hides(t, nil, "t-1")
		})
	}
}

// TestTokenElsewhere: a token endpoint on another host gets neither the client's headers
// nor its client's key.
func TestTokenElsewhere(t *testing.T) {
	other, w := newWire(t, (&issuer{}).script), newWire(t, nil)
	o := mustOpen(t, w.URL, `headers = { X-Key = "k" }
	auth "oauth2" {
		token_url     = "`+other.URL+`/token"
		client_id     = "id"
		client_secret = param.password
	}`, hunter, ClientOptions{})
	if err := o.get(t); err != nil {
		t.Fatal(err)
	}
	asked := other.taken()
	if len(asked) != 1 || strings.Contains(asked[0], "X-Key") || !strings.Contains(asked[0], "Authorization: Basic") {
		t.Errorf("asked for the token: %q", asked)
	}
	if got, want := w.taken(), []string{"GET /x\nAuthorization: Bearer t-1\nX-Key: k"}; !slices.Equal(got, want) {
		t.Errorf("asked for the data: %q", got)
	}
}

func TestTokenKept(t *testing.T) {
	for kind, block := range tokenBlocks {
		id := map[string]string{"login": "A03", "oauth2": "A07"}[kind]
		t.Run(id+" "+kind+" without any end is kept until a 401", func(t *testing.T) {
			i, c := &issuer{}, &clock{at: noon}
			w := newWire(t, i.script)
			o := mustOpen(t, w.URL, block, hunter, ClientOptions{Now: c.now})
			for range 3 {
				if err := o.get(t); err != nil {
					t.Fatal(err)
				}
				c.move(1000 * time.Hour)
			}
			if i.given != 1 {
				t.Fatalf("%d logins for 3 requests", i.given)
			}
			i.revoke("t-1")
			w.taken()
			if err := o.get(t); err != nil {
				t.Fatal(err)
			}
			got := w.taken()
			if len(got) != 3 || got[0] != "GET /x\nAuthorization: Bearer t-1" || got[2] != "GET /x\nAuthorization: Bearer t-2" {
				t.Errorf("after the 401: %q", got)
			}
		})
		t.Run("twenty requests at once make one login: "+kind, func(t *testing.T) {
			i := &issuer{}
			w := newWire(t, i.script)
			o := mustOpen(t, w.URL, block, hunter, ClientOptions{})
			var all sync.WaitGroup
			errs := make([]error, 20)
			for n := range errs {
				all.Go(func() { _, errs[n] = o.Do(context.Background(), request.Request{Path: "/x"}) })
			}
			all.Wait()
			if err := errors.Join(errs...); err != nil || i.given != 1 || w.count("GET /x\nAuthorization: Bearer t-1") != 20 {
				t.Errorf("%d logins, %v", i.given, err)
			}
		})
	}
}

func TestTokenEnds(t *testing.T) {
	cookie := func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.URL.Path == "/login" {
			w.Header().Add("Set-Cookie", "sid=t-1; Max-Age=3600; HttpOnly")
			w.Header().Set("X-Token", "t-1")
		}
	}
	const login = `auth "login" {
		request { path = "/login" }
		%s
	}`
	tests := []struct {
		name, block string
		script      func(http.ResponseWriter, *http.Request, string)
		kept, gone  time.Duration // after which time it is still used, and renewed
	}{
		{"U22 expires_in of an answer", clientCredentials, (&issuer{more: `, "expires_in": 3600`}).script, 58 * time.Minute, 59*time.Minute + time.Second},
		{"U22 default expiry", strings.Replace(clientCredentials, "token_url", "validity = \"10m\"\ntoken_url", 1), (&issuer{}).script, 8 * time.Minute, 9*time.Minute + time.Second},
		{"U22 earlier", strings.Replace(clientCredentials, "token_url", "renew_before = \"5m\"\ntoken_url", 1), (&issuer{more: `, "expires_in": "3600"`}).script, 54 * time.Minute, 56 * time.Minute},
		{"U22 login, validity", fmt.Sprintf(login, "token = jq(\".access_token\")\nvalidity = \"1h\""), (&issuer{}).script, 58 * time.Minute, 60 * time.Minute},
		{"U22 login, seconds in the answer", fmt.Sprintf(login, "token = jq(\".access_token\")\nexpires_in = jq(\".life\")"), (&issuer{more: `, "life": 3600`}).script, 58 * time.Minute, 60 * time.Minute},
		{"U22 login, instant in the answer", fmt.Sprintf(login, "token = jq(\".access_token\")\nexpires_at = jq(\".end\")"), (&issuer{more: `, "end": "` + noon.Add(time.Hour).Format(time.RFC3339) + `"`}).script, 58 * time.Minute, 60 * time.Minute},
		{"U22 login, milliseconds in the answer", fmt.Sprintf(login, "token = jq(\".access_token\")\nexpires_at = jq(\".end\")"), (&issuer{more: fmt.Sprintf(`, "end": %d`, noon.Add(time.Hour).UnixMilli())}).script, 58 * time.Minute, 60 * time.Minute},
		{"U22 login, cookie with an end", fmt.Sprintf(login, `token_cookie = "sid"`), cookie, 58 * time.Minute, 60 * time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &clock{at: noon}
			w := newWire(t, test.script)
			o := mustOpen(t, w.URL, test.block, hunterIf(test.block), ClientOptions{Now: c.now})
			logins := func() int { return w.count("POST /token") + w.count("GET /login") }
			call := func(after time.Duration, want int) {
				c.at = noon.Add(after)
				if err := o.get(t); err != nil {
					t.Fatal(err)
				}
				if n := logins(); n != want {
					t.Errorf("%d logins after %s, want %d", n, after, want)
				}
			}
			call(0, 1)
			call(test.kept, 1)
			call(test.gone, 2)
		})
	}
}

// hunterIf gives the password to a block that names it.
func hunterIf(block string) map[string]string {
	if strings.Contains(block, "param.password") {
		return hunter
	}
	return nil
}

// TestTokenPlaces: where a login's token is found, and where it goes.
func TestTokenPlaces(t *testing.T) {
	script := func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.URL.Path == "/login" {
			w.Header().Add("Set-Cookie", "sid=in-cookie")
			w.Header().Set("X-Token", "in-header")
			io.WriteString(w, `{"t": "in-body"}`)
		}
	}
	tests := []struct{ name, block, want string }{
		{"body before header and cookie", "token = jq(\".t\")\ntoken_header = \"X-Token\"\ntoken_cookie = \"sid\"", "GET /x\nAuthorization: Bearer in-body"},
		{"header before cookie", "token = jq(\".none\")\ntoken_header = \"X-Token\"\ntoken_cookie = \"sid\"", "GET /x\nAuthorization: Bearer in-header"},
		{"cookie, and back as one", "token_cookie = \"sid\"\nin = \"cookie\"\nname = \"sid\"", "GET /x\nCookie: sid=in-cookie"},
		{"A05 own header line", "token = jq(\".t\")\nheader = \"X-Auth: realm=xyz, token={token}\"", "GET /x\nX-Auth: realm=xyz, token=in-body"},
		{"parameter", "token = jq(\".t\")\nin = \"query\"\nname = \"session\"", "GET /x?session=in-body"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t, script)
			o := mustOpen(t, w.URL, "auth \"login\" {\n"+test.block+"\nrequest { path = \"/login\" }\n}", nil, ClientOptions{})
			if err := o.get(t); err != nil {
				t.Fatal(err)
			}
			if got := w.taken(); got[len(got)-1] != test.want {
				t.Errorf("got %q, want %q", got[len(got)-1], test.want)
			}
		})
	}
}

// TestTokenRefused: what is retried, what is not, and that no secret shows.
func TestTokenRefused(t *testing.T) {
	for kind, block := range tokenBlocks {
		tests := []struct {
			name     string
			statuses []int
			more     string
			asked    int    // token requests of two calls
			want     string // in the error, "" for success
		}{
			{"A09 503 and 429 are tried again", []int{503, 429}, "", 3, ""},
			{"A09 503 for ever", []int{503, 503, 503, 503, 503, 503, 503, 503}, "", 8, "503"},
			{"A09 401 is not", []int{401}, "", 1, "401"},
			{"A09 400 is not", []int{400}, "", 1, "400"},
		}
		for _, test := range tests {
			t.Run(test.name+": "+kind, func(t *testing.T) {
				i := &issuer{statuses: test.statuses}
				w := newWire(t, i.script)
				o := mustOpen(t, w.URL, block, hunter, ClientOptions{})
				first, second := o.get(t), o.get(t)
				if (first == nil) != (test.want == "") || (second == nil) != (test.want == "") || first != nil && !strings.Contains(first.Error(), test.want) {
					t.Fatalf("errors %v and %v, want %q", first, second, test.want)
				}
				if i.asked != test.asked {
					t.Errorf("%d token requests, want %d", i.asked, test.asked)
				}
				o.hides(t, errors.Join(first, second), "hunter2")
				if test.want == "401" && !errors.Is(first, request.ErrUnauthorized) {
					t.Errorf("%v is not ErrUnauthorized", first)
				}
			})
		}
	}
}

func TestTokenMissing(t *testing.T) {
	const login = "auth \"login\" {\n%s\nrequest { path = \"/login\" }\n}"
	tests := []struct{ name, block, body, want string }{
		{"no field", fmt.Sprintf(login, `token = jq(".t")`), `{"secret": "hunter2"}`, "there is no token to be had: it is empty"},
		{"no JSON", fmt.Sprintf(login, `token = jq(".t")`), `<html>hunter2`, "there is no token to be had: it is empty"},
		{"of the wrong kind", fmt.Sprintf(login, `token = jq(".t")`), `{"t": {"secret": "hunter2"}}`, "finds an object or a list, where text is needed"},
		{"no header", fmt.Sprintf(login, `token_header = "X"`), `{}`, "it is empty"},
		{"no cookie", fmt.Sprintf(login, `token_cookie = "sid"`), `{}`, "it sets no cookie sid"},
		{"no end", fmt.Sprintf(login, "token = jq(\".t\")\nexpires_in = jq(\".end\")"), `{"t": "t-1", "end": "soon"}`, "expires_in: what it finds"},
		{"end long ago", fmt.Sprintf(login, "token = jq(\".t\")\nexpires_at = jq(\".end\")"), `{"t": "t-1", "end": -5}`, "expires_at: what it finds"},
		{"jq fails", fmt.Sprintf(login, `token = jq(".t.u")`), `{"t": "hunter2"}`, "login"},
		{"the server says why", "error_message = jq(\".text\")\n" + fmt.Sprintf(login, `token = jq(".t")`), `{"code": 3, "text": "unknown key", "secret": "hunter2"}`, `/login answered 200 without a token: "unknown key"; check the user name`},
		{"oauth2 without token", clientCredentials, `{"error": "nope"}`, "it has no text access_token, but the error \"nope\""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t, answer(200, test.body))
			o := mustOpen(t, w.URL, test.block, hunterIf(test.block), ClientOptions{})
			err := o.get(t)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error()+o.log.String(), "hunter2") {
				t.Errorf("it shows the answer: %v", err)
			}
			if again := o.get(t); again == nil || len(w.taken()) != 1 {
				t.Errorf("asked again after %v", again)
			}
		})
	}
}

func TestOAuth2AnswerNames(t *testing.T) {
	w := newWire(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.URL.Path == "/token" {
			json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"jwt": "t-1"}, "kind": "Token"})
		}
	})
	o := mustOpen(t, w.URL, `auth "oauth2" {
		token_url     = "/token"
		client_id     = "id"
		client_secret = "s"
		answer        = { access_token = "data.jwt", token_type = "kind" }
		header        = "X-Auth: {token_type} {token}"
	}`, nil, ClientOptions{})
	if err := o.get(t); err != nil {
		t.Fatal(err)
	}
	if got := w.taken(); got[1] != "GET /x\nX-Auth: Token t-1" {
		t.Errorf("got %q", got[1])
	}
}
