package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tqmap/examples/threatq"
)

// leaks plants a secret of its own in every place that takes one, and servers that
// quote all that they are sent, in every form.
type leaks struct {
	t       *testing.T
	dir     string
	url     string // of the vendor
	library string
	mu      sync.Mutex
	issued  []string // by the servers
	session int      // of those, what came before the present process, which cannot know it
	place   string   // where the login puts its token
	status  int      // of answers that quote
	text    string   // everything that came out
}

// planted are the values of the sensitive parameters, with characters that each form writes
// in its own way.
func planted(name string) string { return "S3cr/" + name + `+&"é=` + strings.ToUpper(name) + "x9" }

// credentials are auth blocks, each with parameters that are its secrets.
var credentials = []struct{ name, block string }{
	{"basic", `auth "basic" {
    username = "u"
    password = param.p1_password
  }`},
	{"bearer", `auth "bearer" { token = param.p1_password }`},
	{"key in the query", `auth "api_key" {
    in    = "query"
    name  = "key"
    value = param.p1_password
  }`},
	{"key in a header", `auth "api_key" {
    in    = "header"
    name  = "X-Key"
    value = param.p1_password
  }`},
	{"key in a cookie", `auth "api_key" {
    in    = "cookie"
    name  = "k"
    value = urlencode(param.p1_password)
  }`},
	{"oauth2", `auth "oauth2" {
    token_url     = "/token"
    client_id     = "id"
    client_secret = param.p1_password
  }`},
	{"oauth2, refresh token", `auth "oauth2" {
    grant         = "refresh_token"
    token_url     = "/token"
    client_id     = "id"
    client_secret = param.p1_password
    client_auth   = "body"
    refresh_token = param.p2_token
  }`},
	{"login, token in the body", `auth "login" {
    token = jq(".token")
    request {
      method = "POST"
      path   = "/login"
      json   = { user = "u", password = param.p1_password }
    }
  }`},
	{"login, token in a header", `auth "login" {
    token_header = "X-Token"
    request {
      method = "POST"
      path   = "/login"
      basic  = ["u", param.p1_password]
    }
  }`},
	{"login, token in a cookie", `auth "login" {
    token_cookie = "sid"
    request {
      method = "POST"
      path   = "/login"
      form   = { password = param.p1_password }
    }
  }`},
	{"hmac", `auth "hmac" {
    key       = param.p1_password
    text      = "{method}"
    headers   = { Authorization = "HMAC {signature}", X-Plain = "k" }
  }`},
	{"jwt", `auth "jwt" {
    algorithm = "HS256"
    key       = param.p1_password
    issuer    = "me"
  }`},
	{"mtls", `auth "mtls" {
    cert = "no certificate"
    key  = param.p1_password
  }`},
	{"a proxy with a password", `proxy = "http://user:${urlencode(param.p1_password)}@127.0.0.1:1"`},
	{"a base URL with a password", ``},
	{"a base URL with a query", ``},
	{"a query of the request", ``},
	{"a body of the request", ``},
}

// modes are what the vendor does with requests for records.
var modes = []struct {
	name   string
	status int
}{
	{"quotes in a 400", 400}, {"quotes in a 401", 401}, {"quotes in a 403", 403}, {"quotes in a 429", 429}, {"quotes in a 500", 500},
	{"quotes in a record", 200}, {"quotes in a text", 299}, {"redirects", 302}, {"breaks off", 0},
}

// T07 U30 U31: whatever a server says back, no secret comes out of any verb, in no form.
func TestNoSecretComesOut(t *testing.T) {
	for i, c := range credentials {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for j, m := range modes {
				if i%3 != j%3 && m.status != 401 && m.status != 200 { // each meets most, all are met
					continue
				}
				l := newLeaks(t, m.status)
				l.mapping(c.name, c.block)
				for _, verb := range [][]string{
					{"run", "m.hcl", "-c", "state", "-v3", "--loglocation", "logs"},
					{"run", "m.hcl", "-c", "state", "-v3", "--dry-run", "--format", "json"},
					{"preview", "m.hcl", "-c", "state", "--format", "json", "-v3"},
					{"deadletter", "list", "probe", "-c", "state"},
					{"deadletter", "show", "1", "-c", "state"},
					{"state", "show", "probe", "-c", "state"},
					{"state", "export", "probe", "-c", "state"},
					{"runs", "probe", "-c", "state"},
					{"validate", "m.hcl"},
				} {
					l.tqmap(verb...)
				}
				l.nothing(m.name)
			}
		})
	}
}

func newLeaks(t *testing.T, status int) *leaks {
	l := &leaks{t: t, dir: t.TempDir(), status: status}
	vendor := httptest.NewServer(http.HandlerFunc(l.vendor))
	t.Cleanup(vendor.Close)
	lib, err := threatq.Open(t.Context(), threatq.Options{TokenLife: time.Hour, ExistingFlag: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	lib.Inject(threatq.Fault{Kind: threatq.FaultRefuse, Method: "POST", Path: "/api/events/consume", Contains: "quoted"})
	library := httptest.NewServer(lib.Handler())
	t.Cleanup(library.Close)
	l.url, l.library = vendor.URL, library.URL
	for _, d := range []string{"state", "logs"} {
		if err := os.Mkdir(filepath.Join(l.dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// issue is a token that only the server knows at first.
func (l *leaks) issue(kind string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	token := fmt.Sprintf("%s%d-Is5uedT0ken", kind, len(l.issued))
	l.issued = append(l.issued, token)
	return token
}

func (l *leaks) vendor(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch r.URL.Path {
	case "/token":
		json.NewEncoder(w).Encode(map[string]any{"access_token": l.issue("access/+"), "refresh_token": l.issue("refresh/+"), "token_type": "Bearer", "expires_in": 3600})
		return
	case "/login":
		token := l.issue(map[bool]string{true: "login-in-a-cookie", false: "login/+"}[l.place == "login, token in a cookie"])
		switch l.place {
		case "login, token in a header":
			w.Header().Set("X-Token", token)
		case "login, token in a cookie":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: token})
		default:
			json.NewEncoder(w).Encode(map[string]any{"token": token})
		}
		return
	}
	l.quote(w, r, string(body))
}

// quote sends back what was sent, as it is and in all forms.
func (l *leaks) quote(w http.ResponseWriter, r *http.Request, body string) {
	said := []string{r.URL.RawQuery, r.URL.Query().Get("key"), r.URL.Query().Get("q"), body}
	for _, values := range r.Header {
		if l.status != 200 {
			said = append(said, values...)
		}
	}
	l.mu.Lock()
	if l.status != 200 { // records are kept as they are, and a later process does not know the token
		said = append(said, l.issued[l.session:]...)
	}
	l.mu.Unlock()
	for _, p := range []string{"p1", "p2"} { // and what it has stored
		said = append(said, formsOf(planted(p))...)
	}
	text := "quoted: " + strings.Join(said, " ; ")
	switch l.status {
	case 0:
		panic(http.ErrAbortHandler)
	case 200: // not in ids: a key is what an object is known by, and exported as it is
		for i := range said {
			said[i] = "quoted " + said[i]
		}
		json.NewEncoder(w).Encode(map[string]any{"items": []any{
			map[string]any{"id": 1, "updated": "2024-05-01T00:00:00Z", "text": text, "all": said, "n": text},
			map[string]any{"id": 2, "updated": text, "text": 7, "n": 1},
		}})
	case 299:
		w.WriteHeader(200)
		io.WriteString(w, said[len(said)-1]+text)
	case 302:
		http.Redirect(w, r, "http://other.example/?"+url.QueryEscape(text), http.StatusFound)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(l.status)
		json.NewEncoder(w).Encode(map[string]any{"message": text, "error": map[string]any{"said": said}})
	}
}

// formsOf are the ways in which a server may write a secret back.
func formsOf(s string) []string {
	quoted, _ := json.Marshal(s)
	return []string{
		s, url.QueryEscape(s), url.PathEscape(s), string(quoted[1 : len(quoted)-1]),
		base64.StdEncoding.EncodeToString([]byte(s)), base64.URLEncoding.EncodeToString([]byte(s)), hex.EncodeToString([]byte(s)),
		base64.StdEncoding.EncodeToString([]byte("user:" + s)), url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))),
	}
}

// mapping writes the mapping and the settings; credentials without a block stand elsewhere.
func (l *leaks) mapping(name, block string) {
	l.place = name
	base, query, method := fmt.Sprintf("%q", l.url), `{ a = 1 }`, "GET"
	extra := ""
	switch name {
	case "a base URL with a password":
		base = fmt.Sprintf("\"http://u:${urlencode(param.p1_password)}@%s\"", strings.TrimPrefix(l.url, "http://"))
	case "a base URL with a query":
		base = fmt.Sprintf("\"%s/?key=${urlencode(param.p1_password)}\"", l.url)
	case "a query of the request":
		query = `{ q = param.p1_password }`
	case "a body of the request":
		method, extra = "POST", `json = { q = param.p1_password }`
	}
	text := fmt.Sprintf(`
connector "probe" {
  title  = "Probe"
  source = "Probe"
}
param "p1_password" {
  label     = "One"
  type      = string
  sensitive = true
}
param "p2_token" {
  label     = "Two"
  type      = string
  sensitive = true
}
client "api" {
  base_url   = %s
  retries    = 1
  retry_wait = "1ms"
  max_wait   = "2ms"
  headers    = { X-Two = urlencode(param.p2_token) }
  %s
}
flow "all" {
  source "http" {
    client = client.api
    request {
      method = %q
      path   = "/items"
      query  = %s
      %s
    }
    window { cursor = expr("r.updated") }
  }
  record "r" {
    extract = jq(".items[]")
    key     = expr("r.id")
  }
  event "x" {
    type        = "Incident"
    title       = expr("'quoted ' + r.text")
    happened_at = expr("time(r.updated)")
    attributes  = { "N" = expr("r.n") }
  }
}
`, base, block, method, query, extra)
	l.write("m.hcl", text)
	l.write("state/probe.hcl", fmt.Sprintf("threatq {\n  host = %q\n  client_id = %q\n  username = %q\n  password = %q\n}\nparams {\n  p1_password = %q\n  p2_token = %q\n}\n",
		l.library, threatq.DefaultClientID, threatq.DefaultUsername, threatq.DefaultPassword, planted("p1"), planted("p2")))
}

func (l *leaks) write(name, text string) {
	if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

func (l *leaks) tqmap(args ...string) {
	for i, arg := range args {
		if slices.Contains([]string{"m.hcl", "state", "logs"}, arg) && (i != 0) {
			args[i] = filepath.Join(l.dir, arg)
		}
	}
	l.mu.Lock()
	l.session = len(l.issued)
	l.mu.Unlock()
	var out bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &out, getenv: func(string) string { return "" }, now: time.Now}
	code := a.main(context.Background(), append([]string{"tqmap"}, args...))
	l.text += fmt.Sprintf("\n$ tqmap %s (%d)\n%s", strings.Join(args[:1], " "), code, &out)
}

// nothing reads all that came out, the log files too, and wants no secret in any form.
func (l *leaks) nothing(mode string) {
	l.t.Helper()
	logs, _ := filepath.Glob(filepath.Join(l.dir, "logs", "*"))
	for _, name := range logs {
		b, err := os.ReadFile(name)
		if err != nil {
			l.t.Fatal(err)
		}
		l.text += "\n$ log\n" + string(b)
	}
	if len(logs) == 0 {
		l.t.Errorf("%s: no log file", mode)
	}
	if os.Getenv("SHOW") != "" {
		l.t.Logf("%s\n%s", mode, l.text)
	}
	secrets := append([]string{threatq.DefaultPassword}, l.issued...)
	for _, p := range []string{"p1", "p2"} {
		secrets = append(secrets, planted(p))
	}
	for _, secret := range secrets {
		for _, form := range formsOf(secret) {
			form = strings.TrimRight(form, "=")
			if at := strings.Index(l.text, form[:min(len(form), 64)]); at >= 0 {
				verb := l.text[strings.LastIndex(l.text[:at], "\n$ "):at]
				l.t.Errorf("%s: %q stands in what %.40q puts out: %.300q", mode, form, strings.SplitN(verb, "\n", 3)[1], l.text[max(0, at-150):at+50])
				break
			}
		}
	}
}

// A private key is masked line by line.
func TestPrivateKeyComesOutNowhere(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
	l := newLeaks(t, 400)
	l.mapping("mtls", "auth \"mtls\" {\n    cert = param.p1_password\n    key = param.p1_password\n  }")
	b, _ := json.Marshal(text)
	settings, err := os.ReadFile(filepath.Join(l.dir, "state", "probe.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	l.write("state/probe.hcl", strings.Replace(string(settings), fmt.Sprintf("%q", planted("p1")), string(b), 1))
	l.tqmap("run", "m.hcl", "-c", "state", "-v3", "--loglocation", "logs")
	l.tqmap("preview", "m.hcl", "-c", "state", "-v3")
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); len(line) > 8 && !strings.HasPrefix(line, "-----") && strings.Contains(l.text, line) {
			t.Errorf("a line of the key comes out:\n%s", l.text)
		}
	}
	if !strings.Contains(l.text, "certificate") {
		t.Errorf("it says nothing of the certificate:\n%s", l.text)
	}
}
