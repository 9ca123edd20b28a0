package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"tqmap/examples/threatq"
)

// planted secrets of every shape: each with a run of letters and digits of its own, its mark, by
// which a part of it is known, however it is cut, wrapped or escaped.
type shape struct{ name, secret, mark string }

func shapes() []shape {
	var key strings.Builder
	for i := range 6 {
		fmt.Fprintf(&key, "MIIEvQ%dPemLine%dZq85AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfGh\n", i, i)
	}
	long := hex.EncodeToString([]byte(strings.Repeat("Zq86 long, and longer than any cell. ", 56)))
	return []shape{
		{"word", "hunterZq81word", "hunterZq81word"},
		{"quotes", `a"b\c'd<e>&f%41 %s|*_[x](y)` + "`" + `Zq82quotesLongMark`, "Zq82quotesLongMark"},
		{"lines", "first Zq83alineMark\nsecond\tZq83blineMark\r\nthird Zq83clineMark", "lineMark"},
		{"unicode", "ü☃\u202e\u2028é\x1b[31mZq84unicodeMark", "Zq84unicodeMark"},
		{"pem", "-----BEGIN PRIVATE KEY-----\n" + key.String() + "-----END PRIVATE KEY-----\n", "PemLine"},
		{"four", "q7Zx", "q7Zx"},
		{"long", long, long[80:112]},
		{"field", "severity", ""}, // is a field of each record, too: what is printed stays well formed
		{"number", "4815162342", "4815162342"},
	}
}

// desk are secrets planted in settings, in what a server quotes, and in what is kept on disk.
const deskPassword = "Zq88ThreatQPassMark"

type desk struct {
	*leaks
	shapes []shape
}

const deskMapping = `
connector "probe" {
  title  = "Probe"
  source = "Probe"
}
param "url" {
  label    = "URL"
  type     = string
  required = true
}
%s
param "default_secret" {
  label     = "Default"
  type      = string
  sensitive = true
  default   = "Zq87defaultMark|*_x"
}
table "words" {
  default = keep
  rows = { "high" = "High" }
}
client "api" {
  base_url   = param.url
  retries    = 0
  auth "login" {
    token = jq(".token")
    request {
      method = "POST"
      path   = "/login"
      json   = { password = param.p_word_key, all = [%s] }
    }
  }
  auth "api_key" {
    in    = "query"
    name  = "key"
    value = param.p_quotes_key
  }
  headers = { X-Four = param.p_four_key }
}
flow "all" {
  source "http" {
    client = client.api
    request {
      method = "GET"
      path   = "/items"
      query  = { q = param.p_long_key, d = param.default_secret }
    }
    window { cursor = expr("r.updated") }
  }
  record "r" {
    extract = jq(".items[]")
    key     = expr("r.id")
    samples = "samples/*.json"
  }
  event "x" {
    type        = "Incident"
    title       = expr("r.text + ' ' + table.words.lookup(r.text)")
    happened_at = expr("time(r.updated)")
    description = expr("r.all[0] + r.all[1] + r.all[2] + r.all[3] + r.all[4] + r.all[5] + r.all[6]")
    attributes  = { "N" = expr("r.n"), "S" = expr("r.severity") }
    tags        = expr("r.all")
  }
}
test "one\u001b[31m" {
  flow   = flow.all
  params = { url = "https://example.com" }
  exchange {
    request {
      path = "/items"
    }
    response { json = { items = [{ id = "1", updated = "2024-05-01T00:00:00Z", text = "Zq87defaultMark|*_x\u001b[2J\u009b\u202e]]>", all = ["a", "b", "c", "d", "e", "f", "g"], severity = "high", n = 1 }] } }
  }
  expect "event" "Zq\u001b[31m\u202e]]>\ufffe" {
    title = "Zq"
  }
}
`

func newDesk(t *testing.T) *desk {
	l := newLeaks(t, 200)
	d := &desk{l, shapes()}
	server := httptest.NewServer(http.HandlerFunc(d.answer))
	t.Cleanup(server.Close)
	l.url = server.URL
	lib, err := threatq.Open(t.Context(), threatq.Options{TokenLife: time.Hour, Password: deskPassword})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	library := httptest.NewServer(lib.Handler())
	t.Cleanup(library.Close)
	l.library = library.URL
	var params, names strings.Builder
	settings := map[string]string{}
	for _, s := range d.shapes {
		fmt.Fprintf(&params, "param \"p_%s_key\" {\n  label = \"P\"\n  type = string\n  sensitive = true\n}\n", s.name)
		fmt.Fprintf(&names, "param.p_%s_key, ", s.name)
		settings["p_"+s.name+"_key"] = s.secret
	}
	l.write("m.hcl", fmt.Sprintf(deskMapping, &params, &names))
	var given strings.Builder
	for name, value := range settings {
		fmt.Fprintf(&given, "  %s = %s\n", name, hclString(value))
	}
	l.write("state/probe.hcl", fmt.Sprintf("threatq {\n  host = %q\n  client_id = %q\n  username = %q\n  password = %q\n}\nparams {\n  url = %q\n%s}\n",
		l.library, threatq.DefaultClientID, threatq.DefaultUsername, deskPassword, l.url, &given))
	if err := os.Mkdir(filepath.Join(l.dir, "samples"), 0o700); err != nil {
		t.Fatal(err)
	}
	l.write("samples/1.json", `{"items":[{"id":"1","updated":"2024-05-01T00:00:00Z","text":"Zq87defaultMark|*_x \u001b[31m\u009b\u202e]]>\ufffe","na\u001bme\u202e":1,"all":["a","b","c","d","e","f","g"],"severity":"high","n":1}]}`)
	answer, err := json.Marshal(d.records(""))
	if err != nil {
		t.Fatal(err)
	}
	l.write("answer.json", string(answer))
	return d
}

func hclString(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s)
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strings.TrimSpace(b.String()))
}

// hostile is what a terminal would obey, and XML cannot hold: a title, a colour, another direction.
const hostile = "\x1b]0;title\x07\x1b[31m\u009b31m\u202e\r\ufffe]]>"

// records hold the secrets: whole, within a text, as a name, as a number; the second one cannot be mapped.
func (d *desk) records(token string) map[string]any {
	all, named := []string{}, map[string]any{}
	for _, s := range d.shapes {
		all = append(all, s.secret)
		named[s.secret] = "is " + s.secret + " here"
	}
	all = append(all, token)
	text := "quoted " + strings.Join(all, " and ") + hostile
	named["name"+hostile] = hostile
	one := func(id, updated string) map[string]any {
		return map[string]any{"id": id, "updated": updated, "text": text, "all": all, "named": named, "severity": "high", "n": json.Number("4815162342")}
	}
	unmapped := one("2", text) // is kept, and a later process does not know the token
	unmapped["all"], unmapped["text"], unmapped["updated"] = all[:len(all)-1], "quoted", strings.ReplaceAll(text, token, "")
	return map[string]any{"items": []any{one("1", "2024-05-01T00:00:00Z"), unmapped, one("hunterZq81word", "2024-05-01T00:00:00Z")}}
}

func (d *desk) answer(w http.ResponseWriter, r *http.Request) {
	token := ""
	if r.URL.Path == "/login" {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: d.issue("cookie")})
		json.NewEncoder(w).Encode(map[string]any{"token": d.issue("login/+")})
		return
	}
	d.mu.Lock()
	if n := len(d.issued); n > 0 {
		token = d.issued[n-1]
	}
	d.mu.Unlock()
	json.NewEncoder(w).Encode(d.records(token))
}

// trial is a verb in one form, that is to give no secret away.
type trial struct {
	args  []string
	stdin string
	file  string // that it writes
	kind  string // of what it writes: json, xml, or "" for text
	exits []int  // nil: 0
}

// trials name each form of each verb that takes a mapping.
func trials() []trial {
	live := []string{"-c", "state"}
	from := []string{"-c", "state", "--from", "answer.json"}
	with := func(args []string, more ...string) []string { return append(slices.Clone(args), more...) }
	preview, explain := []string{"preview", "m.hcl"}, []string{"explain", "m.hcl"}
	var out []trial
	for _, f := range []struct{ format, kind string }{{"table", ""}, {"tree", ""}, {"json", "json"}} {
		for _, source := range [][]string{live, from} {
			out = append(out, trial{args: with(preview, with(source, "--format", f.format, "-v3")...), kind: f.kind, exits: []int{3}})
			out = append(out, trial{args: with(preview, with(source, "--format", f.format, "--diff", "-v3")...), kind: f.kind, exits: []int{1, 3}})
		}
	}
	out = append(out, trial{args: with(preview, with(live, "--html", "page.html")...), file: "page.html", exits: []int{3}})
	for _, f := range []struct{ format, kind string }{{"text", ""}, {"json", "json"}} {
		out = append(out, trial{args: with(explain, with(live, "--format", f.format)...), kind: f.kind})
		for _, source := range [][]string{live, from} {
			for _, object := range []string{"1", "2", "hunterZq81word"} {
				exits := []int{0}
				out = append(out, trial{args: with(explain, with(source, "--format", f.format, "--object", object)...), kind: f.kind, exits: exits})
			}
			for _, field := range []string{"title", "description", "N"} {
				out = append(out, trial{args: with(explain, with(source, "--format", f.format, "--object", "1", "--field", field)...), kind: f.kind})
			}
		}
		out = append(out, trial{args: with(explain, with(live, "--object", "there is none")...), exits: []int{2}})
		out = append(out, trial{args: []string{"deadletter", "list", "probe", "-c", "state", "--format", f.format}, kind: f.kind})
		out = append(out, trial{args: []string{"deadletter", "show", "probe", "1", "-c", "state", "--format", f.format}, kind: f.kind, exits: []int{0, 2}})
		out = append(out, trial{args: []string{"state", "show", "probe", "-c", "state", "--format", f.format}, kind: f.kind})
		out = append(out, trial{args: []string{"runs", "probe", "-c", "state", "--format", f.format}, kind: f.kind})
	}
	for _, f := range []struct{ format, kind string }{{"text", ""}, {"json", "json"}, {"junit", "xml"}} {
		out = append(out, trial{args: []string{"test", "m.hcl", "--coverage", "--format", f.format}, kind: f.kind, exits: []int{1}})
	}
	for _, f := range []struct{ format, kind string }{{"text", ""}, {"json", "json"}, {"sarif", "json"}} {
		out = append(out, trial{args: []string{"validate", "m.hcl", "--format", f.format}, kind: f.kind})
		out = append(out, trial{args: []string{"validate", "bad.hcl", "--format", f.format}, kind: f.kind, exits: []int{2}})
	}
	for _, f := range []string{"markdown", "html"} {
		args := []string{"docs", "m.hcl", "--format", f}
		for _, s := range shapes() {
			args = append(args, "--param", "p_"+s.name+"_key="+s.secret)
		}
		out = append(out, trial{args: args})
	}
	for _, f := range []struct{ format, kind string }{{"text", ""}, {"json", "json"}, {"hcl", ""}} {
		out = append(out, trial{args: []string{"shape", "m.hcl", "--format", f.format}, kind: f.kind})
	}
	for _, f := range []struct{ format, kind string }{{"text", ""}, {"json", "json"}} {
		out = append(out, trial{args: []string{"run", "m.hcl", "-c", "state", "-v3", "--dry-run", "--format", f.format}, kind: f.kind, exits: []int{0, 3}})
	}
	out = append(out,
		trial{args: []string{"record", "m.hcl", "-c", "state", "-o", "one.recording"}, file: "one.recording"},
		trial{args: []string{"record", "m.hcl", "-c", "state", "-o", "two.recording", "--anonymize", "--scrub", "text"}, file: "two.recording"},
		trial{args: []string{"preview", "m.hcl", "--from", "one.recording"}, exits: []int{3}},
		trial{args: with([]string{"console", "m.hcl"}, from...), stdin: "r\nr.text\nr.all\nr.n\nr.all[6]\njq .\n:records\n:fields\n:type r\nr.nothing\nint(r.text)\n:record 3\n", exits: []int{1}},
		trial{args: with([]string{"console", "m.hcl", "--live"}, live...), stdin: "r\nr.text + r.all[1]\njq .all\nparam\n"},
	)
	return out
}

// T-planted: no verb of the desk gives a secret away, in no form, whatever the secret looks like.
func TestNoSecretComesOutOfTheDesk(t *testing.T) {
	d := newDesk(t)
	d.write("bad.hcl", strings.Replace(readAll(t, filepath.Join(d.dir, "m.hcl")), "r.severity", "r.severty + param.default_secret + 'Zq87defaultMark|*_x'", 1))
	d.try(trial{args: []string{"run", "m.hcl", "-c", "state", "-v3", "--loglocation", "logs"}, exits: []int{3}})
	for _, one := range trials() {
		d.try(one)
	}
}

func readAll(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (d *desk) try(one trial) {
	d.t.Helper()
	args := slices.Clone(one.args)
	for i, arg := range args {
		if strings.HasSuffix(arg, ".hcl") || i > 0 && args[i-1] == "-c" || slices.Contains([]string{"logs", "page.html", "answer.json"}, arg) || strings.HasSuffix(arg, ".recording") {
			args[i] = filepath.Join(d.dir, arg)
		}
	}
	name := strings.Join(one.args, " ")
	if len(name) > 150 {
		name = name[:150]
	}
	var out, errs bytes.Buffer
	a := &app{stdin: strings.NewReader(one.stdin), stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, now: time.Now}
	code := a.main(context.Background(), append([]string{"tqmap"}, args...))
	if os.Getenv("SHOW") != "" && strings.Contains(name, os.Getenv("SHOW")) {
		d.t.Logf("%s (%d)\n%s\n-- stderr\n%s", name, code, &out, &errs)
	}
	if one.exits == nil {
		one.exits = []int{0}
	}
	if !slices.Contains(one.exits, code) {
		d.t.Errorf("%s: exit %d, not %v\n%.2000s", name, code, one.exits, errs.String())
	}
	text := out.String()
	if one.file != "" {
		text += readAll(d.t, filepath.Join(d.dir, one.file))
	}
	switch one.kind {
	case "json":
		if !json.Valid(out.Bytes()) {
			d.t.Errorf("%s: no JSON", name)
		}
	case "xml":
		wellFormed(d.t, name, out.Bytes())
	}
	d.clean(name, text+errs.String())
	if one.file == "" {
		harmless(d.t, name, text+errs.String())
	}
}

func wellFormed(t *testing.T, name string, doc []byte) {
	t.Helper()
	for dec := xml.NewDecoder(bytes.NewReader(doc)); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%s: no XML: %s", name, err)
			return
		}
	}
}

// clean wants no secret in text, nor its mark.
func (d *desk) clean(name, text string) {
	d.t.Helper()
	packed := strings.Map(func(r rune) rune { // as if never wrapped
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '/' || r == '+' || r == '%' {
			return r
		}
		return -1
	}, text)
	all := append(d.shapes, shape{"default", "Zq87defaultMark|*_x", "Zq87defaultMark"}, shape{"ThreatQ", deskPassword, deskPassword})
	for _, token := range d.issued {
		all = append(all, shape{"issued", token, "Is5uedT0ken"})
	}
	for _, s := range all {
		if s.mark == "" {
			continue
		}
		forms := []string{s.mark, base64.StdEncoding.EncodeToString([]byte(s.secret)), hex.EncodeToString([]byte(s.secret)), url.QueryEscape(s.secret), base64.URLEncoding.EncodeToString([]byte(s.secret))}
		for _, form := range forms {
			form = strings.TrimRight(form, "=")
			for _, in := range []string{text, packed} {
				if at := strings.Index(in, form[:min(len(form), 40)]); at >= 0 && (s.name != "four" || !among(in, at, len(form))) {
					d.t.Errorf("%s: of the secret %q there is %.60q: %.200q", name, s.name, form, in[max(0, at-80):min(len(in), at+80)])
					return
				}
			}
		}
	}
}

// among says that four letters stand by chance within a longer word.
func among(text string, at, n int) bool {
	letter := func(i int) bool {
		return i >= 0 && i < len(text) && (unicode.IsLetter(rune(text[i])) || unicode.IsDigit(rune(text[i])))
	}
	return letter(at-1) || letter(at+n)
}

// harmless wants nothing that a terminal obeys.
func harmless(t *testing.T, name, text string) {
	t.Helper()
	for i, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			t.Errorf("%s: a terminal is sent %U: %.80q", name, r, text[max(0, i-40):min(len(text), i+40)])
			return
		}
	}
}

// excused are forms of verbs that no trial tries, each with the reason.
var excused = map[string]string{
	"configure":             "asks for the settings and writes them to the settings file, mode 0600",
	"deadletter retry text": "prints the report that run prints",
	"deadletter retry json": "prints the report that run prints",
	"fmt --diff":            "is about the text of a mapping alone",
	"fmt":                   "is about the text of a mapping alone",
	"new":                   "has no mapping and no settings yet; of an answer that holds secrets it warns",
	"reference text":        "is about the language alone",
	"reference markdown":    "is about the language alone",
	"man":                   "is about the program alone",
	"completion":            "is about the program alone",
	"mappings":              "prints built-in mappings, which are public",
	"version":               "is about the program alone",
	"help":                  "is about the program alone",
	"sandbox":               "has the made-up credentials of simulators, which it is there to tell",
	"unlock":                "tells of a lock",
	"state set text":        "tells of a cursor that was typed",
	"state set json":        "tells of a cursor that was typed",
	"state rewind text":     "tells of a cursor that was typed",
	"state rewind json":     "tells of a cursor that was typed",
	"state forget text":     "tells numbers",
	"state forget json":     "tells numbers",
	"state import text":     "tells numbers",
	"state import json":     "tells numbers",
	"unlock text":           "tells of a lock",
	"unlock json":           "tells of a lock",
	"deadletter drop text":  "prints the letters that list prints",
	"deadletter drop json":  "prints the letters that list prints",
	"state export text":     "is always JSON; see TestNoSecretComesOut",
	"state export json":     "see TestNoSecretComesOut",
	"test --update":         "writes into the mapping what the mapping says, its tests know no settings",
	"shape --update":        "writes names of fields",
	"validate --watch":      "is validate, again",
	"preview --watch":       "is preview, again",
}

// Whoever adds a verb, a form of output or a way to write a file meets this test.
func TestNoOutputIsForgotten(t *testing.T) {
	tried := map[string]bool{}
	for _, one := range trials() {
		verb := one.args[0]
		if len(one.args) > 1 && !strings.Contains(one.args[1], ".") && slices.Contains([]string{"deadletter", "state"}, verb) {
			verb += " " + one.args[1]
		}
		tried[verb] = true
		for i, arg := range one.args {
			if arg == "--format" {
				tried[verb+" "+one.args[i+1]] = true
			}
			if strings.HasPrefix(arg, "-") && arg != "--format" {
				tried[verb+" "+arg] = true
			}
		}
	}
	var want []string
	a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }, now: time.Now}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		name := strings.TrimPrefix(cmd.CommandPath(), "tqmap ")
		if cmd.HasSubCommands() {
			for _, sub := range cmd.Commands() {
				walk(sub)
			}
			if name != "runs" && name != "mappings" {
				return
			}
		}
		formats := formatsOf(t, cmd)
		for _, f := range formats {
			want = append(want, name+" "+f)
		}
		if len(formats) == 0 {
			want = append(want, name)
		}
		for _, flag := range []string{"html", "diff", "watch", "update", "live", "coverage", "object", "field", "anonymize"} {
			if cmd.Flags().Lookup(flag) != nil {
				want = append(want, name+" --"+flag)
			}
		}
	}
	for _, cmd := range a.root().Commands() {
		walk(cmd)
	}
	if len(want) < 60 {
		t.Errorf("only %d outputs are found: %v", len(want), want)
	}
	for _, w := range want {
		if !tried[w] && excused[w] == "" {
			t.Errorf("%q is an output that no trial of trials looks at for secrets; add one, or the reason why it needs none to excused", w)
		}
	}
}

// formatsOf are the words that --format of a verb takes, as its help names them.
func formatsOf(t *testing.T, cmd *cobra.Command) []string {
	f := cmd.Flags().Lookup("format")
	if f == nil {
		return nil
	}
	known := []string{"text", "table", "tree", "json", "html", "markdown", "sarif", "junit", "hcl"}
	var out []string
	for _, word := range strings.FieldsFunc(f.Usage, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if slices.Contains(known, word) && !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	if len(out) < 2 {
		t.Errorf("%s: the help of --format names %v", cmd.CommandPath(), out)
	}
	return out
}
