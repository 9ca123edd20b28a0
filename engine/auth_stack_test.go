package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"tqmap/dsl"
	"tqmap/engine/request"
)

// TestCollision: by parameters, two blocks can come to write one place only in a run.
func TestCollision(t *testing.T) {
	const when = "when = param.a != \"\"\n"
	basic := "auth \"basic\" {\n" + when + "username = \"u\"\npassword = \"hunter2\"\n}\n"
	tests := []struct{ name, block, want string }{
		{"one header", basic + "auth \"bearer\" { token = \"t\" }", `both write the header Authorization. Give each a`},
		{"one header, other case", "auth \"api_key\" {\n" + when + "name = \"x-KEY\"\nvalue = \"k\"\n}\nauth \"bearer\" {\ntoken = \"t\"\nheader = \"X-Key: {token}\"\n}", "both write the header X-Key"},
		{"one parameter", "auth \"api_key\" {\n" + when + "in = \"query\"\nname = \"k\"\nvalue = \"k\"\n}\nauth \"login\" {\ntoken = jq(\".t\")\nin = \"query\"\nname = param.a\nrequest { path = \"/\" }\n}", "both write the query k"},
		{"signed and named", basic + "auth \"hmac\" {\nkey = \"k\"\ntext = \"{body}\"\nheaders = { authorization = \"{signature}\" }\n}", "both write the header Authorization"},
		{"none and another", basic + `auth "none" {}`, `but auth "basic" applies too`},
		{"two certificates", "auth \"mtls\" {\n" + when + "cert = \"c\"\n}\nauth \"mtls\" { cert = \"d\" }", "both write the certificate of connections"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := tryOpen(t, "https://api.example", test.block, map[string]string{"a": "k"}, ClientOptions{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	t.Run("no block holds", func(t *testing.T) {
		o := mustOpen(t, "https://api.example", "auth \"bearer\" {\nwhen = param.a == \"\"\ntoken = \"t\"\n}", map[string]string{"a": "k"}, ClientOptions{})
		if !strings.Contains(o.log.String(), "requests carry no credentials") {
			t.Errorf("log: %s", &o.log)
		}
	})
}

// TestOpenRefused: what only a run can know.
func TestOpenRefused(t *testing.T) {
	tests := []struct{ name, block, want string }{
		{"empty token", `auth "bearer" { token = param.empty }`, "bearer: the credential cannot be sent: it is empty"},
		{"empty key", "auth \"api_key\" {\nname = \"k\"\nvalue = param.empty\n}", "api_key: the credential cannot be sent: it is empty"},
		{"line break in a token", "auth \"bearer\" { token = \"${param.secret}\\n\" }", "control characters"},
		{"empty secret of a signature", "auth \"hmac\" {\nkey = param.empty\ntext = \"{body}\"\nheaders = { X = \"{signature}\" }\n}", "the key is empty"},
		{"secret that is no base64", "auth \"hmac\" {\nkey = \"?\"\nkey_encoding = \"base64\"\ntext = \"{body}\"\nheaders = { X = \"{signature}\" }\n}", "the key is no base64"},
		{"key that is no RSA key", "auth \"jwt\" {\nalgorithm = \"RS256\"\nkey = param.secret\n}", "jwt"},
		{"key file that is not there", "auth \"jwt\" {\nalgorithm = \"RS256\"\nkey_file = \"/none/key.pem\"\n}", "The key cannot be read"},
		{"empty client secret", "auth \"oauth2\" {\ntoken_url = \"/t\"\nclient_id = \"id\"\nclient_secret = param.empty\n}", "needs a client id and secret"},
		{"token address without host", "auth \"oauth2\" {\ntoken_url = \"ftp://x/t\"\nclient_id = \"id\"\nclient_secret = \"s\"\n}", "token_url must be a path"},
		{"placeholder missing by parameter", "auth \"bearer\" {\ntoken = \"t\"\nheader = \"X: ${param.secret}\"\n}", "must read like"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o, err := tryOpen(t, "https://api.example", test.block, map[string]string{"empty": "", "secret": "hunter2"}, ClientOptions{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			if text := err.Error() + o.log.String(); strings.Contains(text, "hunter2") {
				t.Errorf("it shows the secret: %s", text)
			}
		})
	}
}

// TestLogout: a session ends with the run, however that ends.
func TestLogout(t *testing.T) {
	block := `auth "login" {
    token = jq(".access_token")
    request { path = "/login" }
    logout {
      method = "DELETE"
      path   = "/session"
      query  = { all = "true" }
    }
  }`
	run := func(t *testing.T, script func(http.ResponseWriter, *http.Request, string)) (*wire, *Report, *bytes.Buffer) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		i := &issuer{}
		w := newWire(t, func(w http.ResponseWriter, r *http.Request, body string) {
			switch {
			case r.URL.Path == "/list" && script == nil:
				cancel()
				<-r.Context().Done() // no answer comes
			case r.URL.Path != "/login" && script != nil:
				script(w, r, body)
			default:
				i.script(w, r, body)
			}
		})
		b := newBench(t, `client "api" { base_url = "https://api.example.test/v1" }`, "client \"api\" {\n  base_url = \""+w.URL+"\"\n  retries = 0\n  "+block+"\n}")
		r := b.newRun()
		r.Clients = func(ctx context.Context, c *dsl.Client) (request.Doer, error) {
			return OpenClient(ctx, r.Bound, c, ClientOptions{Log: r.Log})
		}
		return w, r.Report(ctx, []*dsl.Flow{r.Bound.Flow("pull")}), b.log
	}
	const logout = "DELETE /session?all=true\nAuthorization: Bearer t-1"
	t.Run("after a run that was cancelled", func(t *testing.T) {
		w, report, _ := run(t, nil)
		if report.Outcome != Failed || !strings.Contains(report.Flows[0].Error, "context canceled") {
			t.Errorf("outcome %s: %s", report.Outcome, report.Flows[0].Error)
		}
		if w.count(logout) != 1 {
			t.Errorf("no logout: %q", w.taken())
		}
	})
	t.Run("after one that ended well", func(t *testing.T) {
		w, report, _ := run(t, answer(200, `{"items": [], "total": 0}`))
		if report.Outcome != Ok || w.count(logout) != 1 {
			t.Errorf("outcome %s, %q", report.Outcome, w.taken())
		}
	})
	t.Run("a logout that fails is no failure of the run", func(t *testing.T) {
		w, report, log := run(t, func(w http.ResponseWriter, r *http.Request, _ string) {
			if r.URL.Path == "/session" {
				w.WriteHeader(500)
				return
			}
			io.WriteString(w, `{"items": [], "total": 0}`)
		})
		if report.Outcome != Ok || w.count(logout) != 1 || !strings.Contains(log.String(), "the session could not be ended") {
			t.Errorf("outcome %s, %q\n%s", report.Outcome, w.taken(), log)
		}
	})
	t.Run("the client can go on after it", func(t *testing.T) {
		i := &issuer{}
		w := newWire(t, i.script)
		o := mustOpen(t, w.URL, block, nil, ClientOptions{})
		err := errors.Join(o.get(t), o.Close(t.Context()), o.Close(t.Context()), o.get(t))
		if err != nil || i.given != 2 || w.count("DELETE") != 1 {
			t.Errorf("%v, %q", err, w.taken())
		}
	})
}
