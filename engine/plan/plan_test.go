package plan_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/plan"
)

var update = flag.Bool("update", false, "write the goldens anew")

var clock = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func sketch(t *testing.T, given map[string]dsl.Given) *dsl.Sketch {
	t.Helper()
	m, diags := dsl.Load(dsl.Input{FS: os.DirFS("testdata"), Names: []string{"acme.hcl"}}, engine.Vocabulary())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	s, errs := m.As("").Sketch(given, clock)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return s
}

// TestText compares the plan of a mapping that has a bit of everything with its golden: without a
// setting, and with some.
func TestText(t *testing.T) {
	for name, given := range map[string]map[string]dsl.Given{
		"bare": nil,
		"set": {
			"hostname": dsl.Text("acme.example", "--param"), "api_key": dsl.Text("hunter2hunter2", "a file"),
			"way": dsl.Text("key", "--param"), "days": dsl.Text("9", "--param"), "port": dsl.Text("8443", "TQMAP_PORT"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := sketch(t, given)
			p := plan.Of(s, s.Flows)
			text := p.Text()
			golden := "testdata/" + name + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), text); diff != "" {
				t.Errorf("-want +got, -update writes it anew:\n%s", diff)
			}
			written, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"hunter2", "user:pass", "unset-"} {
				if strings.Contains(text, secret) || strings.Contains(string(written), secret) {
					t.Errorf("it tells %q", secret)
				}
			}
			for _, line := range strings.Split(text, "\n") {
				if n := utf8.RuneCountInString(line); n > 100 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
		})
	}
}

// TestOneFlow holds only what the flow needs.
func TestOneFlow(t *testing.T) {
	s := sketch(t, nil)
	p := plan.Of(s, []*dsl.Flow{s.Flow("items")})
	if len(p.Flows) != 1 || len(p.Clients) != 1 || p.Clients[0].Name != "plain" {
		t.Errorf("%d flows, clients %v", len(p.Flows), p.Clients)
	}
	if p.Flows[0].Skipped != "param.days > 5" {
		t.Errorf("skipped: %q", p.Flows[0].Skipped)
	}
}

// TestBadValue says what is wrong with a value that does not fit.
func TestBadValue(t *testing.T) {
	m, _ := dsl.Load(dsl.Input{FS: os.DirFS("testdata"), Names: []string{"acme.hcl"}}, engine.Vocabulary())
	for _, given := range []map[string]dsl.Given{
		{"days": dsl.Text("many", "--param")}, {"way": dsl.Text("else", "--param")}, {"dais": dsl.Text("1", "--param")},
	} {
		if _, errs := m.As("").Sketch(given, clock); len(errs) != 1 {
			t.Errorf("%v: %v", given, errs)
		}
	}
}

// TestRulesAndLogin: who reads the rules of a client that signs in is told that they are not about that.
func TestRulesAndLogin(t *testing.T) {
	const none = "none of these rules is asked about the requests that sign in"
	for auth, want := range map[string]bool{
		"auth \"login\" {\n token = jq(\".t\")\n request { path = \"/login\" }\n }":                                                         true,
		"auth \"oauth2\" {\n grant = \"client_credentials\"\n token_url = \"/token\"\n client_id = \"id\"\n client_secret = \"secret\"\n }": true,
		"auth \"bearer\" { token = \"t\" }": false,
	} {
		text := `connector "c" {
  title  = "C"
  source = "C"
}
client "api" {
  base_url = "https://api.example"
  ` + auth + `
  on {
    status = [404]
    do     = skip
  }
}
flow "f" {
  source "http" {
    client = client.api
    request { path = "/list" }
  }
  record "item" { key = expr("item.id") }
  malware "item" { value = expr("item.name") }
}
`
		m, diags := dsl.Load(dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}}, Names: []string{"m.hcl"}}, engine.Vocabulary())
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		s, errs := m.As("").Sketch(nil, clock)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if got := strings.Contains(plan.Of(s, s.Flows).Text(), none); got != want {
			t.Errorf("%s: told: %v", auth, got)
		}
	}
}
