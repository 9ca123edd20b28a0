package engine

import (
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/request"
)

// What a rule cannot compute beside its decision is logged, and does not hide it.
func TestRuleWarnings(t *testing.T) {
	for _, test := range []struct{ rule, body, want, log string }{
		{"do = retry\nwait = jq(\".after\")", `{"after":"soon"}`, "after 4 attempts", "wait of the rule at m.hcl:18:1 ignored: it is neither a number of seconds"},
		{"do = retry\nwait = jq(\".after | tonumber\")", `{"after":{}}`, "after 4 attempts", "ignored: m.hcl:21:21: Wrong kind of value"},
		{"do = skip\nmessage = jq(\".a + 1\")", `{"a":"x"}`, "so skip", "message ignored: m.hcl:21"},
		{"do = fail\nmessage = jq(\"null\")", `{"a":"x"}`, `200 OK: "{\"a\":\"x\"}"`, ""},
		{"do = fail\nmessage = jq(\"empty\")", `{"a":"x"}`, `200 OK: "{\"a\":\"x\"}"`, ""},
	} {
		v := newVendor(t, "on {\nwhen = jq(\"true\")\n"+test.rule+"\n}", `path = "/x"`, script(200, test.body))
		_, err := v.do()
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(v.log.String(), test.log) {
			t.Errorf("%s: %v\n%s", test.rule, err, &v.log)
		}
		if warned := strings.Contains(v.log.String(), "level=WARN"); warned != (test.log != "") {
			t.Errorf("%s: warned %t", test.rule, warned)
		}
	}
}

// U47: a predicate that fails is an error with its place, whatever comes after it.
func TestRuleErrorHasItsPlace(t *testing.T) {
	v := newVendor(t, "on {\nwhen = jq(\".a.b\")\ndo = skip\n}\non {\nwhen = jq(\"true\")\ndo = ok\n}", `path = "/x"`, script(500, `{"a":[]}`))
	_, err := v.do()
	var e *code.EvalError
	if !errors.As(err, &e) || e.Diagnostics()[0].Subject.Start.Line != 19 || len(v.seen) != 1 {
		t.Errorf("%d sent, %v", len(v.seen), err)
	}
}

// A request's own rules see the page and the window, and come before those of the client.
func TestJudgeOfARequest(t *testing.T) {
	v := newVendor(t, "on {\nstatus = [404]\nwhen = jq(\"$page.number == 3 and $window.start == \\\"s\\\" and $param.limit == 7\")\ndo = skip\n}", `path = "/x"`, script(404, ""))
	nodes := v.bound.Client("api").Node.All("on")
	if _, err := v.do(); !errors.Is(err, request.ErrRefused) {
		t.Fatalf("without page and window it does not hold: %v", err)
	}
	j, err := judge(nodes, v.bound, view{page: map[string]any{"number": 3}, window: map[string]any{"start": "s"}})
	if err != nil {
		t.Fatal(err)
	}
	var ruled *request.RuledError
	if _, err := v.client.Do(t.Context(), request.Request{Path: "/x", Judge: j}); !errors.As(err, &ruled) || ruled.Where != "m.hcl:18:1" {
		t.Errorf("got %v", err)
	}
	if j, err := judge(nil, v.bound, view{}); j != nil || err != nil {
		t.Errorf("no rules: %v", err)
	}
}

// Rules see the whole of an answer that is kept on disk.
func TestRuleOnASpooledAnswer(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	long := `{"pad":"` + strings.Repeat("x", 5<<20) + `","error":"late"}`
	v := newVendor(t, "on {\nwhen = jq(\".error == \\\"late\\\"\")\ndo = stop\n}", `path = "/x"`, script(200, long))
	_, err := v.client.Do(t.Context(), request.Request{Path: "/x", Spool: true})
	var ruled *request.RuledError
	if !errors.As(err, &ruled) {
		t.Errorf("got %.200v", err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestPlainBody(t *testing.T) {
	for text, want := range map[string]any{
		"": nil, " \r\n": nil, "\xef\xbb\xbf{}": "{}", "7": "7", `"a"`: `"a"`, "null": "null", "a b": `"a b"`,
		"<html>": `"<html>"`, "{} {}": `"{} {}"`, "a\xff": "\"a\uFFFD\"", "9007199254740993": "9007199254740993",
	} {
		got, err := plainBody(&request.Response{Body: []byte(text)})
		shown := any(nil)
		if got != nil {
			b, encodeErr := encodeJSON(got)
			shown, err = string(b), errors.Join(err, encodeErr)
		}
		if err != nil || want != shown && !(want == "null" && got == nil) {
			t.Errorf("%q is %v, %v; want %v", text, shown, err, want)
		}
	}
}

// The certificate of the authority may be a setting.
func TestCAOfTheClient(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	m := load(t, `connector "c" {
  title  = "C"
  source = "C"
}
param "ca" { type = string }
param "url" { type = string }
client "api" {
  base_url = param.url
  ca_pem   = param.ca
  retries  = 0
}`)
	for given, ok := range map[string]bool{string(ca): true, "": false} {
		bound, errs := m.Bind(map[string]dsl.Given{"url": dsl.Text(server.URL, "test"), "ca": dsl.Text(given, "test")}, noon)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		client, err := OpenClient(t.Context(), bound, m.Client("api"), ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Do(t.Context(), request.Request{Path: "/"}); (err == nil) != ok {
			t.Errorf("with %d bytes of CA: %v", len(given), err)
		}
	}
}
