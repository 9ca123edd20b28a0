package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tqmap/dsl"
	"tqmap/engine/request"
)

// vendor is a server, the client that a mapping opens for it, and what passed between them.
type vendor struct {
	t      *testing.T
	url    string
	seen   []*http.Request
	bodies []string
	slept  []time.Duration
	log    bytes.Buffer
	bound  *dsl.Bound
	client *request.Client
}

// newVendor serves with h. client is the inside of a client block and request that of a
// request block, each beside the address and a path.
func newVendor(t *testing.T, client, request string, h http.HandlerFunc) *vendor {
	t.Helper()
	v, err := tryVendor(t, client, request, h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func tryVendor(t *testing.T, client, request string, h http.HandlerFunc) (*vendor, error) {
	t.Helper()
	v := &vendor{t: t}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.seen, v.bodies = append(v.seen, r), append(v.bodies, string(body))
		h(w, r)
	}))
	t.Cleanup(server.Close)
	v.url = server.URL
	text := `connector "c" {
  title  = "C"
  source = "C"
}
param "url" { type = string }
param "off" { type = string }
param "password" {
  type      = string
  sensitive = true
}
param "limit" {
  type    = number
  default = 7
}
client "api" {
  base_url   = "${param.url}/v1"
  retry_wait = "2s"
` + client + `
}
flow "f" {
  source "http" {
    client = client.api
    request {
` + request + `
    }
  }
  record "r" { key = expr("r.id") }
  event "e" {
    type        = "Incident"
    title       = expr("r.id")
    happened_at = expr("r.at")
  }
}`
	m := load(t, text)
	given := map[string]dsl.Given{"url": dsl.Text(v.url, "test"), "password": dsl.Text("hunter2", "test")}
	bound, errs := m.Bind(given, noon)
	if len(errs) > 0 {
		t.Fatal(errors.Join(errs...))
	}
	v.bound = bound
	var err error
	v.client, err = OpenClient(t.Context(), bound, m.Client("api"), ClientOptions{
		OnSecret: func(string) {}, Log: slog.New(slog.NewTextHandler(&v.log, nil)),
		Sleep: func(_ context.Context, d time.Duration) error { v.slept = append(v.slept, d); return nil },
	})
	return v, err
}

// do sends the request of the flow's source.
func (v *vendor) do() (*request.Response, error) {
	v.t.Helper()
	scope := v.bound.Scope.With("window", map[string]any{"start": "s", "end": "e"})
	r, err := buildRequest(v.bound.Flows[0].Source.Block("request"), scope)
	if err != nil {
		return nil, err
	}
	return v.client.Do(v.t.Context(), r)
}

// script answers with a status and a body, in turn, the last for ever.
func script(steps ...any) http.HandlerFunc {
	n := 0
	return func(w http.ResponseWriter, _ *http.Request) {
		i := min(n, len(steps)-2)
		n += 2
		w.WriteHeader(steps[i].(int))
		io.WriteString(w, steps[i+1].(string))
	}
}

func TestRuleActions(t *testing.T) {
	const path = `path = "/items"`
	tests := []struct {
		name, rules string
		h           http.HandlerFunc
		sent        int
		action      request.Action // of a RuledError
		is          error
		want        string // in the error, or the body
		slept       []time.Duration
	}{
		{"ok", `on {
			status = [404]
			do     = ok
		}`, script(404, `{"items":[]}`), 1, "", nil, `{"items":[]}`, nil},
		{"skip", `on {
			status  = ["4xx"]
			do      = skip
			message = jq("\"no \" + .what")
		}`, script(410, `{"what":"items"}`), 1, request.Skip, nil, `answered 410 Gone, so skip: "no items" (rule at m.hcl:18:1)`, nil},
		{"retry", `on {
			when = jq(".status == \"running\"")
			do   = retry
			wait = jq(".seconds")
		}`, script(200, `{"status":"running","seconds":3}`, 200, `{"status":"running","seconds":1772366460}`, 200, `{"status":"done"}`), 3, "", nil, `"done"`, []time.Duration{3 * time.Second, time.Minute}},
		{"wait", `on {
			status = [409]
			when   = jq("$response.headers[\"x-busy\"] == null")
			do     = wait
			wait   = jq("\"2 minutes\"")
		}`, script(409, "", 200, "fine"), 2, "", nil, "fine", []time.Duration{2 * time.Minute}},
		{"reauth", `auth "basic" {
			username = "u"
			password = param.password
		}
		on {
			when = jq(".error? == \"session expired\"")
			do   = reauth
		}`, script(200, `{"error":"session expired"}`), 1, "", request.ErrUnauthorized, "m.hcl:22:3", nil},
		{"split", `on {
			status = [413, "500-502"]
			do     = split
		}`, script(501, "too many"), 1, request.Split, nil, `answered 501 Not Implemented, so split: "too many"`, nil},
		{"stop", `on {
			when = jq(". == \"no more\"")
			do   = stop
		}`, script(200, "no more"), 1, request.Stop, nil, "answered 200 OK, so stop (rule", nil},
		{"reset", `on {
			status = [400]
			when   = jq(".code == $param.limit")
			do     = reset
		}`, script(400, `{"code":7}`), 1, request.Reset, nil, "answered 400 Bad Request, so reset", nil},
		{"R03 fail in a 200", `error_message = jq(".error.text")
		on {
			when = jq(".error")
			do   = fail
		}`, script(200, `{"error":{"text":"quota"}}`), 1, "", request.ErrRefused, `answered 200 OK: "quota" (rule at m.hcl:19:3)`, nil},
		{"first match wins", `on {
			status = [404]
			when   = jq(".gone")
			do     = skip
		}
		on {
			status = [404]
			do     = stop
		}
		on {
			when = jq("true")
			do   = ok
		}`, script(404, `{}`), 1, request.Stop, nil, "so stop", nil},
		{"else the default table", `on {
			status = [404]
			do     = skip
		}`, script(503, "", 200, "fine"), 2, "", nil, "fine", []time.Duration{-1}},
		{"null for no body", `on {
			when = jq(". == null")
			do   = stop
		}`, script(200, " \n"), 1, request.Stop, nil, "so stop", nil},
		{"text that is no JSON", `on {
			when = jq("contains(\"maintenance\")")
			do   = fail
		}`, script(200, "<html>maintenance</html>"), 1, "", request.ErrRefused, "HTML page: maintenance", nil},
		{"no output is no match", `on {
			when = jq("empty")
			do   = fail
		}`, script(200, "{}"), 1, "", nil, "{}", nil},
		{"U47 jq fails", `on {
			when = jq(".items | tonumber > 3")
			do   = fail
		}`, script(200, `{"items":{}}`), 1, "", nil, "m.hcl:19:24: Wrong kind of value", nil},
		{"R19 nonsense to wait for", `on {
			status = [409]
			do     = wait
			wait   = jq(".after")
		}`, script(409, `{"after":-5}`, 409, `{"after":"soon"}`, 409, `{"after":{}}`, 200, "fine"), 4, "", nil, "fine", []time.Duration{-1, -1, -1}},
		{"U26 too long", `max_wait = "1m"
		on {
			status = [409]
			do     = wait
			wait   = jq("61")
		}`, script(409, ""), 1, "", request.ErrUnavailable, "more than the 1m0s allowed", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := newVendor(t, test.rules, path, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", "Sun, 01 Mar 2026 12:00:00 GMT") // 1772366400
				test.h(w, r)
			})
			resp, err := v.do()
			got := ""
			if err == nil {
				got = string(resp.Body)
			} else {
				got = err.Error()
			}
			if !strings.Contains(got, test.want) || len(v.seen) != test.sent || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%d sent, got %s, want %s", len(v.seen), got, test.want)
			}
			var ruled *request.RuledError
			if errors.As(err, &ruled) != (test.action != "") || ruled != nil && ruled.Action != test.action {
				t.Errorf("ruled %+v, want %s", ruled, test.action)
			}
			expectSlept(t, v, test.slept)
		})
	}
}

// expectSlept compares waits; -1 stands for a back-off of 1 to 30 s.
func expectSlept(t *testing.T, v *vendor, want []time.Duration) {
	t.Helper()
	if len(v.slept) != len(want) {
		t.Errorf("waits %v, want %v", v.slept, want)
		return
	}
	for i, d := range v.slept {
		if want[i] == -1 && (d < time.Second || d > 30*time.Second) || want[i] != -1 && d != want[i] {
			t.Errorf("waits %v, want %v", v.slept, want)
		}
	}
}

// The words of `do` are those that the chain knows.
func TestRuleWords(t *testing.T) {
	if ruleBlock().Type != "on" {
		t.Error("a rule is called otherwise")
	}
	for _, word := range dsl.RuleActions() {
		v := newVendor(t, "on {\n status = [404]\n do = "+word+"\n}", `path = "/x"`, script(404, ""))
		if _, err := v.do(); err != nil && strings.Contains(err.Error(), "no action") {
			t.Error(err)
		}
	}
}

// A rule without statuses leaves redirects alone; one with them can catch a login page.
func TestRulesAndRedirects(t *testing.T) {
	h := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/items" {
			http.Redirect(w, r, "/login", http.StatusFound)
		}
		io.WriteString(w, "null")
	}
	v := newVendor(t, "on {\n when = jq(\".error == null\")\n do = ok\n}", `path = "/items"`, h)
	if resp, err := v.do(); err != nil || resp.Status != 200 || len(v.seen) != 2 {
		t.Errorf("%v, %v", resp, err)
	}
	v = newVendor(t, "on {\n status = [302]\n do = reauth\n}", `path = "/items"`, h)
	if _, err := v.do(); !errors.Is(err, request.ErrUnauthorized) || len(v.seen) != 1 {
		t.Errorf("%d sent, %v", len(v.seen), err)
	}
}

// U22: a token that has ended is told in a 200; the login itself is no matter of rules.
func TestReauthLogsInAgain(t *testing.T) {
	logins := 0
	v := newVendor(t, `auth "login" {
		token = jq(".token")
		request {
			method = "POST"
			path   = "/login"
			json   = { password = param.password }
		}
	}
	on {
		when = jq(".error or .token")
		do   = reauth
	}`, `path = "/items"`, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/v1/login":
			logins++
			io.WriteString(w, `{"token":"t`+string(rune('0'+logins))+`"}`)
		case r.Header.Get("Authorization") == "Bearer t2":
			io.WriteString(w, `{}`)
		default:
			io.WriteString(w, `{"error":"expired"}`)
		}
	})
	if _, err := v.do(); err != nil || logins != 2 || len(v.seen) != 4 {
		t.Errorf("%d logins, %d sent, %v", logins, len(v.seen), err)
	}
}

func TestServerLimit(t *testing.T) {
	const block = `server_limit {
		remaining = jq("$response.headers[\"x-left\"]")
		reset     = jq(".reset // $response.headers[\"x-reset\"]")
		floor     = 1
	}`
	tests := []struct {
		name, left, reset, body string
		slept                   []time.Duration
		warned                  bool
	}{
		{"R17 at the floor", "1", "1772366500", "", []time.Duration{100 * time.Second}, false},
		{"from the body", "0", "", `{"reset":"30 seconds"}`, []time.Duration{30 * time.Second}, false},
		{"some left", "2", "60", "", nil, false},
		{"R15 in the past", "0", "1772366300", "", nil, false},
		{"not told", "", "", "", nil, false},
		{"R19 bad syntax", "bad syntax", "60", "", nil, true},
		{"R19 not a number", "NaN", "60", "", nil, true},
		{"R19 bad reset", "0", "-1", "", nil, true},
		{"U25 jq fails", "0", "60", `[1]`, nil, true},
		{"U25 huge", "1e300", "60", "", nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := newVendor(t, block, `path = "/x"`, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", "Sun, 01 Mar 2026 12:00:00 GMT")
				if test.left != "" {
					w.Header().Set("X-Left", test.left)
				}
				if test.reset != "" {
					w.Header().Set("X-Reset", test.reset)
				}
				io.WriteString(w, test.body)
			})
			for range 2 {
				if _, err := v.do(); err != nil {
					t.Fatal(err)
				}
			}
			// The clock does not stand still, so that the wait may be shorter by that much.
			for i := range v.slept {
				v.slept[i] = v.slept[i].Round(time.Second)
			}
			expectSlept(t, v, test.slept)
			if n := strings.Count(v.log.String(), "level=WARN"); (n == 1) != test.warned || n > 1 {
				t.Errorf("%d warnings:\n%s", n, &v.log)
			}
		})
	}
}

func TestRequestBodies(t *testing.T) {
	tests := []struct{ name, request, line, kind, body string }{
		{"none", ``, "GET /v1/x", "", ""},
		{"JSON", `json = { b = 1, a = "<&>" }`, "GET /v1/x", "application/json", `{"a":"<&>","b":1}`},
		{"JSON under another name", "json = {}\ncontent_type = \"application/vnd.api+json\"", "GET /v1/x", "application/vnd.api+json", `{}`},
		{"form in its order", `form = { z = "a b&c=é", none = null, a = [1, true] }`, "GET /v1/x", "application/x-www-form-urlencoded", "z=a+b%26c%3D%C3%A9&a=1&a=true"},
		{"empty form", `form = {}`, "GET /v1/x", "application/x-www-form-urlencoded", ""},
		{"text", "body = \"<a> ${window.start}\\r\\n\"\ncontent_type = \"text/xml; charset=utf-8\"", "GET /v1/x", "text/xml; charset=utf-8", "<a> s\r\n"},
		{"no text", "body = null\ncontent_type = \"text/plain\"", "GET /v1/x", "", ""},
		{"query in its order", `query = { z = 1, a = [2, "x y"], none = null }`, "GET /v1/x?z=1&a=2&a=x%20y", "", ""},
		{"query as it is", `query = "z=[1]&&a=%zz+"`, "GET /v1/x?z=[1]&&a=%zz+", "", ""},
		{"method", `method = "PUT"`, "PUT /v1/x", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := newVendor(t, "", "path = \"/x\"\n"+test.request, script(200, "{}"))
			if _, err := v.do(); err != nil {
				t.Fatal(err)
			}
			r := v.seen[0]
			if line := r.Method + " " + r.RequestURI; line != test.line || r.Header.Get("Content-Type") != test.kind || v.bodies[0] != test.body {
				t.Errorf("sent %s, %q, %q", line, r.Header.Get("Content-Type"), v.bodies[0])
			}
		})
	}
}

func TestRequestMistakes(t *testing.T) {
	for _, test := range []struct{ request, want string }{
		{`query = param.limit`, "m.hcl:"},
		{`form = [param.limit]`, `"form" takes an object`},
		{`form = { a = { b = param.limit } }`, "cannot be written as text"},
		{`query = "k=${param.password} x"`, "holds a blank"},
	} {
		v := newVendor(t, "", "path = \"/x\"\n"+test.request, script(200, "{}"))
		if _, err := v.do(); err == nil || !strings.Contains(err.Error(), test.want) || len(v.seen) != 0 || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", test.request, err)
		}
	}
}

func TestURLEncodedPath(t *testing.T) {
	v := newVendor(t, "", `path = "/a/${urlencode("b/c d?é")}"`, script(200, "{}"))
	if _, err := v.do(); err != nil || v.seen[0].RequestURI != "/v1/a/b%2Fc%20d%3F%C3%A9" {
		t.Errorf("sent %s, %v", v.seen[0].RequestURI, err)
	}
}

func TestOnce(t *testing.T) {
	v := newVendor(t, "", "path = \"/x\"\nonce = true", script(500, "no"))
	if _, err := v.do(); err == nil || len(v.seen) != 1 || !strings.Contains(err.Error(), "may have taken effect") {
		t.Errorf("%d sent, %v", len(v.seen), err)
	}
}

// A login fills the jar that later requests use.
func TestCookiesOfALogin(t *testing.T) {
	v := newVendor(t, `cookies = true
	auth "login" {
		token  = jq(".csrf")
		header = "X-CSRF: {token}"
		request { path = "/login" }
	}`, `path = "/items"`, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/login" {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "s", Path: "/"})
			io.WriteString(w, `{"csrf":"c"}`)
			return
		}
		if r.Header.Get("Cookie") != "sid=s" || r.Header.Get("X-CSRF") != "c" {
			t.Errorf("sent %v", r.Header)
		}
	})
	if _, err := v.do(); err != nil || len(v.seen) != 2 {
		t.Errorf("%d sent, %v", len(v.seen), err)
	}
}

func TestClientLimits(t *testing.T) {
	v := newVendor(t, `deadline = "1m"`, `path = "/x"`, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "61")
		w.WriteHeader(429)
	})
	if _, err := v.do(); !errors.Is(err, request.ErrUnavailable) || !strings.Contains(err.Error(), "past the deadline of 1m0s") || len(v.slept) != 0 {
		t.Errorf("U26: %v", err)
	}
	v = newVendor(t, "rate_limit = \"6/m\"\nburst = 2", `path = "/x"`, script(200, "{}"))
	for range 3 {
		if _, err := v.do(); err != nil {
			t.Fatal(err)
		}
	}
	if len(v.slept) != 1 || v.slept[0] < 5*time.Second || v.slept[0] > 10*time.Second {
		t.Errorf("waits %v, want one of nearly 10s", v.slept)
	}
}

// Values that only the run knows are checked when the client is opened.
func TestClientMistakes(t *testing.T) {
	for _, test := range []struct{ client, want string }{
		{`max_wait = "${param.limit - 7}s"`, "must be longer than nothing"},
		{`deadline = "${param.limit}"`, "not a duration"},
		{"rate_limit = \"1/s\"\nburst = param.limit - 7", "must be 1 or more"},
		{`ca_pem = "${param.limit}"`, "CA certificate: no PEM block found"},
		{"server_limit {\nremaining = jq(\".a\")\nreset = jq(\".b\")\nfloor = -param.limit\n}", "must be 0 or more"},
		{"ca_pem = param.password", "no PEM block found"},
	} {
		_, err := tryVendor(t, test.client, `path = "/x"`, script(200, "{}"))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("R09 %s: %v", test.client, err)
		}
	}
}

// TestServerLimitOfLongAnswers: a number is not worth reading into memory what was kept on disk.
func TestServerLimitOfLongAnswers(t *testing.T) {
	long := strings.Repeat(" ", 5<<20)
	v := newVendor(t, `server_limit {
	  remaining = jq(".left // $response.headers[\"x-left\"]")
	  reset     = jq("\"7s\"")
	}`, `path = "/x"`, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("tell") {
			w.Header().Set("X-Left", "0")
		}
		io.WriteString(w, long+`{"left": 0}`)
	})
	for _, tc := range []struct {
		query string
		slept int
	}{{"", 0}, {"?tell", 0}, {"", 1}} {
		resp, err := v.client.Do(t.Context(), request.Request{Path: "/x" + tc.query, Spool: true})
		if err != nil || len(v.slept) != tc.slept {
			t.Errorf("%q: slept %v, want %d times; %v", tc.query, v.slept, tc.slept, err)
		}
		resp.Close()
	}
}
