package guide

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/dsl"
	"tqmap/engine"
)

var update = flag.Bool("update", false, "write the golden files")

func load(t *testing.T, names ...string) *dsl.Mapping {
	t.Helper()
	m, diags := dsl.Load(dsl.Input{FS: os.DirFS("testdata"), Names: names}, engine.Vocabulary())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return m
}

func inputOf(m *dsl.Mapping) Input {
	return Input{
		Mapping: m, Now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), Command: m.Connector.Name, Builtin: true,
		Flags: []Flag{
			{Name: "config", Short: "c", Value: "string", Help: "folder of the settings", Default: "."},
			{Name: "verbosity", Short: "v2", Value: "int", Help: "1 to 3", Default: "2"},
		},
		Env:   func(connector, param string) string { return strings.ToUpper("T_" + connector + "_" + param) },
		Exits: []Exit{{0, "ok", "Nothing."}, {3, "partial", "List the dead letters."}},
	}
}

func markdown(t *testing.T, in Input) string {
	t.Helper()
	d, err := Make(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return d.Markdown()
}

func TestGuideOfAMappingWithEverything(t *testing.T) {
	got := markdown(t, inputOf(load(t, "acme.hcl")))
	const golden = "testdata/acme.md"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the guide has changed (-was +is); read it and run with -update:\n%s", diff)
	}
	wellFormed(t, got)
}

func TestGuideIsTheSameEachTime(t *testing.T) {
	in := inputOf(load(t, "acme.hcl"))
	first := markdown(t, in)
	for range 5 {
		if again := markdown(t, in); again != first {
			t.Fatal(cmp.Diff(first, again))
		}
	}
}

func TestGuideOfALittleMapping(t *testing.T) {
	for name, src := range map[string]string{
		"nothing optional": `connector "little" {
  title  = "Little"
  source = "L"
}
client "c" { base_url = "https://l.example" }
flow "f" {
  source "http" {
    client = client.c
    request { path = "/f" }
  }
  record "r" { key = expr("r.id") }
  indicator "i" {
    type  = "FQDN"
    value = expr("r.name")
  }
}`,
		"a title that is Markdown": `connector "little" {
  title       = "# Little *bold* <b>"
  source      = "L_x_ [y](z)"
  description = "1. not a list"
}
param "p" {
  type  = string
  label = "a | b"
  help  = "- no bullet, ` + "`no code`" + `"
}
client "c" { base_url = "https://l.example/${param.p == null ? "" : param.p}" }
flow "f" {
  source "http" {
    client = client.c
    request { path = "/f" }
  }
  record "r" { key = expr("r.id") }
  indicator "i" {
    type  = "a|b"
    value = expr("r.name")
  }
}`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(dir+"/m.hcl", []byte(src), 0o644); err != nil {
				t.Fatal(err)
			}
			m, diags := dsl.Load(dsl.Input{FS: os.DirFS(dir), Names: []string{"m.hcl"}}, engine.Vocabulary())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			wellFormed(t, markdown(t, inputOf(m)))
		})
	}
}

// A condition that no made-up value keeps is the operator's to meet.
func TestGuideSaysWhichParameterNeedsAValue(t *testing.T) {
	dir := t.TempDir()
	src := `connector "c" {
  title  = "C"
  source = "C"
}
param "zone" {
  type     = string
  required = true
  validation {
    condition     = length(split("/", param.zone)) == 2
    error_message = "A zone is a continent and a town."
  }
}
client "c" { base_url = "https://${param.zone}.example" }
flow "f" {
  source "http" {
    client = client.c
    request { path = "/f" }
  }
  record "r" { key = expr("r.id") }
  indicator "i" {
    type  = "FQDN"
    value = expr("r.name")
  }
}`
	if err := os.WriteFile(dir+"/m.hcl", []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	m, diags := dsl.Load(dsl.Input{FS: os.DirFS(dir), Names: []string{"m.hcl"}}, engine.Vocabulary())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	in := inputOf(m)
	_, err := Make(context.Background(), in)
	if err == nil || !strings.Contains(err.Error(), "A zone is a continent and a town.") {
		t.Errorf("the error is %v", err)
	}
	in.Params = map[string]dsl.Given{"zone": dsl.Text("Europe/Paris", "--param")}
	wellFormed(t, markdown(t, in))

	in.Params = map[string]dsl.Given{"town": dsl.Text("Paris", "--param")}
	var unknown *dsl.ParamError
	if _, err := Make(context.Background(), in); !errors.As(err, &unknown) || unknown.Name != "town" {
		t.Errorf("the error is %v", err)
	}
}

// What a sensitive parameter is given never shows.
func TestGuideShowsNoSecret(t *testing.T) {
	in := inputOf(load(t, "acme.hcl"))
	in.Params = map[string]dsl.Given{"password": dsl.Text("hunter2-hunter2", "--param")}
	if got := markdown(t, in); strings.Contains(got, "hunter2") {
		t.Error("the guide holds the password")
	}
}

var (
	cells   = regexp.MustCompile(`(?:\\\||[^|])*\|`)
	links   = regexp.MustCompile(`\]\(#([^)]*)\)`)
	heading = regexp.MustCompile(`(?m)^#{2,4} (.*)$`)
)

// wellFormed checks that all rows of a table have as many cells, at most four, that none is too
// wide to read, and that links lead somewhere.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	columns := 0
	for n, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		have := len(cells.FindAllString(line, -1)) - 1
		switch {
		case columns == 0:
			columns = have
		case have != columns:
			t.Errorf("line %d has %d cells, the table %d columns:\n%s", n+1, have, columns, line)
		}
		if columns > 4 {
			t.Errorf("line %d: a table of %d columns", n+1, columns)
		}
	}
	anchors := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		if id := anchor(h[1]); anchors[id] {
			t.Errorf("two headings are %q", h[1])
		} else {
			anchors[id] = true
		}
	}
	found := links.FindAllStringSubmatch(text, -1)
	for _, l := range found {
		if !anchors[l[1]] {
			t.Errorf("a link leads to #%s, which is no heading", l[1])
		}
	}
	if len(found) == 0 {
		t.Error("no contents")
	}
	if strings.Contains(text, standIn) {
		t.Errorf("a stand-in shows: %s", regexp.MustCompile(standIn+"[a-z]*").FindString(text))
	}
}

func TestHTML(t *testing.T) {
	d, err := Make(context.Background(), inputOf(load(t, "acme.hcl")))
	if err != nil {
		t.Fatal(err)
	}
	page, err := d.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := d.HTML(); again != page {
		t.Error("the page is another one each time")
	}
	for _, want := range []string{
		"<title>Acme | Sandbox 1.2</title>", `name="viewport"`, "color-scheme: light dark", "@media print",
		`<h2 id="parameters">`, `href="#parameters"`, `<h3 id="table-level">`, `href="#table-level"`,
		"<code>y|z</code>", `<td data-label="Meaning">`, "*exports*", "Alerts are kept for &lt;90&gt; days.", `<div class="wide"><table>`,
		"&lt;b&gt;First&lt;/b&gt;⏎second line",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if outside := regexp.MustCompile(`(?:src|href)="[^#][^"]*"|@import|url\(|<script|raw HTML omitted`).FindString(page); outside != "" {
		t.Errorf("the page is not by itself: %s", outside)
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(`id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("a link leads to #%s, which is not there", m[1])
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"1.0.4":                    "1.0.4",
		"1. one":                   `1\. one`,
		"- x":                      `\- x`,
		"# x":                      `\# x`,
		"snake_case":               "snake_case",
		"_x_":                      `\_x\_`,
		"a*b [c](d) <e> f|g":       `a\*b \[c\](d) \<e\> f\|g`,
		"two\n lines":              "two lines",
		"R&D &amp; x":              `R\&D \&amp; x`,
		"back`tick and back\\lash": "back\\`tick and back\\\\lash",
	} {
		if got := plain(in); got != want {
			t.Errorf("plain(%q) is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"":                      "",
		"a|b":                   "`a\\|b`",
		"a`b":                   "``a`b``",
		"`a`":                   "`` `a` ``",
		"a\r\nb":                "`a⏎b`",
		"zero\u200bwidth\x00":   "`zerowidth`",
		strings.Repeat("é", 60): "`" + strings.Repeat("é", 60) + "`",
		strings.Repeat("é", 61): "`" + strings.Repeat("é", 59) + "…`",
	} {
		if got := sample(in); got != want {
			t.Errorf("sample(%q) is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"a text": "A text.", "done.": "Done.", "login: one of": "login: one of.", "": "", "what?": "What?", "écrit": "Écrit.",
	} {
		if got := sentence(in); got != want {
			t.Errorf("sentence(%q) is %q, want %q", in, got, want)
		}
	}
}

// Each action of a rule has its words.
func TestActionsHaveWords(t *testing.T) {
	for _, word := range dsl.RuleActions() {
		if actionWords[word] == "" {
			t.Errorf("%s has none", word)
		}
	}
	if len(actionWords) != len(dsl.RuleActions()) {
		t.Error("there are words for what is no action")
	}
}

// Every small mapping of a kind has a guide.
func TestGuidesOfAllKinds(t *testing.T) {
	dir := os.DirFS("../../examples/kinds")
	names, err := fs.Glob(dir, "*.hcl")
	if err != nil || len(names) < 20 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			m, diags := dsl.Load(dsl.Input{FS: dir, Names: []string{name}}, engine.Vocabulary())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			d, err := Make(context.Background(), inputOf(m))
			if err != nil {
				t.Fatal(err)
			}
			wellFormed(t, d.Markdown())
			if _, err := d.HTML(); err != nil {
				t.Error(err)
			}
		})
	}
}
