package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tqmap/examples/threatq"
)

// planted is a secret that looks different in each way of writing it.
const planted = `p1anted/"to+ken"&=é?`

// plantedForms are the ways of writing it that may not be anywhere.
func plantedForms() []string {
	quoted, _ := json.Marshal(planted) // a text
	return []string{
		planted, url.QueryEscape(planted), url.PathEscape(planted), strings.Trim(string(quoted), `"`),
		base64.StdEncoding.EncodeToString([]byte(planted)), base64.URLEncoding.EncodeToString([]byte(planted)),
	}
}

const plantedMapping = `
connector "leaky" {
  title  = "Leaky"
  source = "Leaky"
}
param "hostname" { type = string }
param "token" {
  type      = string
  sensitive = true
}
client "api" {
  base_url      = param.hostname
  error_message = jq(".msg")
  retries       = 1
  retry_wait    = "1ms"
  auth "bearer" { token = param.token }
}
flow "items" {
  source "http" {
    client = client.api
    request {
      method = "POST"
      path   = "/items/${urlencode(param.token)}"
      query  = { key = param.token }
      json   = { token = param.token, nested = [jsonencode({ again = param.token })] }
    }
  }
  record "item" {
    extract = jq(".items[]")
    key     = expr("item.id")
  }
  indicator "item" {
    type  = "FQDN"
    value = expr("item.value + item.missing")
  }
}
`

// T07, U30: a secret that stands in a parameter, an address, a body and in what a server
// says of it is in no log, no report, no output and no state.
func TestPlantedSecretIsNowhere(t *testing.T) {
	library, err := threatq.Open(t.Context(), threatq.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer library.Close()
	answer, calls := "", 0
	vendor := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		calls++
		if r.URL.Query().Get("key") != planted || !strings.Contains(r.URL.Path, planted) || !bytes.Contains(body, []byte("p1anted")) {
			t.Errorf("the request does not carry the secret: %s %s", r.URL, body)
		}
		switch answer {
		case "echo":
			w.WriteHeader(http.StatusBadRequest)
			msg, _ := json.Marshal(map[string]string{"msg": strings.Join(plantedForms(), " | ") + r.URL.String() + string(body) + r.Header.Get("Authorization")})
			w.Write(msg)
		case "down":
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, plantedForms())
		case "cut":
			fmt.Fprintf(w, `{"items":[{"id":"1","value":%q`, planted)
		case "dead":
			fmt.Fprint(w, `{"items":[{"id":"1","value":"x","missing":null}]}`)
		}
	}))
	env := map[string]string{
		"TQMAP_LEAKY_TOKEN": planted, "TQMAP_THREATQ_HOST": serve(t, library.Handler()), "TQMAP_THREATQ_CLIENT_ID": threatq.DefaultClientID,
		"TQMAP_THREATQ_USERNAME": threatq.DefaultUsername, "TQMAP_THREATQ_PASSWORD": threatq.DefaultPassword,
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "leaky.hcl")
	if err := os.WriteFile(file, []byte(plantedMapping), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"echo run -v3", "echo run -v3 --report json", "down run -v3", "cut run -v3", "dead run -v3", "dead run --dry-run -v3", "echo preview", "cut preview",
		"dead preview --format json", "dead state show", "dead state export", "dead deadletter list", "dead runs", "dead validate",
	} {
		var out bytes.Buffer
		fields := strings.Fields(args)
		answer = fields[0]
		var command []string
		switch fields[1] {
		case "state", "deadletter", "runs":
			command = append(append([]string{"tqmap"}, fields[1:]...), "leaky")
		default:
			command = append([]string{"tqmap", fields[1], file}, fields[2:]...)
		}
		if fields[1] != "validate" {
			command = append(command, "-c", dir)
		}
		if fields[1] == "run" || fields[1] == "preview" {
			command = append(command, "--param", "hostname="+vendor)
		}
		if fields[1] == "run" {
			command = append(command, "-ll", filepath.Join(dir, "logs"))
		}
		a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &out, getenv: func(name string) string { return env[name] }, now: time.Now}
		before := calls
		if code := a.main(context.Background(), command); code == 2 {
			t.Fatalf("%s: not understood\n%s", args, &out)
		}
		if (fields[1] == "run" || fields[1] == "preview") && calls == before {
			t.Errorf("%s: the server was not asked\n%s", args, &out)
		}
		for _, form := range plantedForms() {
			if strings.Contains(out.String(), form) {
				t.Errorf("%s prints the secret as %q:\n%s", args, form, &out)
			}
		}
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		for _, form := range plantedForms() {
			if bytes.Contains(content, []byte(form)) {
				t.Errorf("%s holds the secret as %q", filepath.Base(path), form)
			}
		}
		return err
	})
	if err != nil || files < 2 {
		t.Errorf("%d files looked at, %v", files, err)
	}
}
