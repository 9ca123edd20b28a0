package runtime

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
)

func TestTokensOutliveADryRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	open := func() *Tokens {
		tokens, err := OpenTokens(t.Context(), dir, "", "x")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := tokens.Close(); err != nil {
				t.Error(err)
			}
		})
		return tokens
	}
	first := open()
	if value, version, err := first.Token(t.Context(), "a"); value != "" || version != 0 || err != nil {
		t.Errorf("%q %d %v", value, version, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("to look makes a state: %v", err)
	}
	if err := first.SetToken(t.Context(), "a", "one", 0); err != nil {
		t.Fatal(err)
	}
	second := open()
	if err := second.SetToken(t.Context(), "a", "two", 0); !errors.Is(err, engine.ErrStale) {
		t.Errorf("U21 got %v, want ErrStale", err)
	}
	value, version, err := second.Token(t.Context(), "a")
	if value != "one" || err != nil {
		t.Fatalf("U21 %q, %v", value, err)
	}
	if err := second.SetToken(t.Context(), "a", "two", version); err != nil {
		t.Fatal(err)
	}
	if value, _, err := first.Token(t.Context(), "a"); value != "two" || err != nil {
		t.Errorf("%q, %v", value, err)
	}
}

const rotating = `connector "x" {
  title  = "X"
  source = "X"
}
param "url" { type = string }
client "api" {
  base_url = param.url
  auth "oauth2" {
    grant         = "refresh_token"
    token_url     = "/token"
    client_id     = "c"
    client_auth   = "none"
    refresh_token = "r-1"
  }
}
flow "f" {
  source "http" {
    client = client.api
    request { path = "/x" }
  }
  record "item" { key = expr("item.id") }
  sink "http" {
    client = client.api
    request {
      method = "POST"
      path   = "/y"
    }
  }
}
`

// The server takes the configured refresh token once, and gives another for it.
func TestDryRunKeepsTheRefreshToken(t *testing.T) {
	good := "r-1"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/x":
			fmt.Fprint(w, `[{"id": "a"}]`)
		case r.Method != "POST" || r.URL.Path != "/token":
			t.Errorf("a dry run asks for %s %s", r.Method, r.URL.Path)
		case r.FormValue("refresh_token") != good:
			w.WriteHeader(http.StatusBadRequest)
		default:
			good += "+"
			fmt.Fprintf(w, `{"access_token": "a", "refresh_token": %q}`, good)
		}
	}))
	defer server.Close()
	m, diags := dsl.Load(dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(rotating)}}, Names: []string{"m.hcl"}}, engine.Vocabulary())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	dir := t.TempDir()
	for n := range 3 {
		job := Job{
			Mapping: m, Instance: "x", Dir: dir, DryRun: true, Now: time.Now(), Log: slog.New(slog.DiscardHandler),
			Settings: Settings{
				ThreatQ: ThreatQ{Host: "tq.example", ClientID: "c", ClientSecret: "s"},
				Params:  map[string]dsl.Given{"url": dsl.Text(server.URL, "test")},
			},
		}
		report, err := job.Run(t.Context())
		if err != nil || report.Outcome != engine.Ok {
			t.Fatalf("U21 dry run %d: %+v, %v", n, report, err)
		}
	}
}
