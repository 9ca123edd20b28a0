package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/tools/txtar"

	"tqmap/dsl"
	"tqmap/dsl/diag"
)

// codesBase is the mapping that the snippets of the catalogue of diagnostics stand in.
const codesBase = `connector "demo" {
  title  = "Demo"
  source = "Demo"
}
client "api" {
  base_url = "https://api.example.com"
}
flow "alerts" {
  source "http" {
    client = client.api
    request {
      path = "/alerts"
    }
  }
  record "alert" {
    extract = jq(".alerts[]")
    key     = expr("alert.id")
    samples = "alerts.json"
  }
  event "alert" {
    type        = "Alert"
    title       = expr("alert.title")
    happened_at = expr("alert.seen")
  }
}
`

// codesFiles stand beside it. mixed is a text in one record and a number in another.
func codesFiles() fstest.MapFS {
	return fstest.MapFS{
		"alerts.json": {Data: []byte(`{"total": 2, "next": "x", "alerts": [
			{"id": "1", "title": "First", "seen": "2026-01-01T00:00:00Z", "severity": "high", "score": 7, "mixed": "5", "ip": "192.0.2.1", "tags": ["a", "b"], "note": null},
			{"id": "2", "title": "Second", "seen": "2026-01-01T01:00:00Z", "severity": "low", "score": 3, "mixed": 6, "ip": "192.0.2.2", "tags": [], "note": "n"}]}`)},
		"alerts.csv":  {Data: []byte("id;title;seen\n1;First;2026-01-01T00:00:00Z\n")},
		"broken.json": {Data: []byte(`{"alerts": [`)},
	}
}

const codesFolder = "../dsl/testdata/diagnostics"

// noFile are the codes of what no small mapping by itself makes appear: the file of tests
// that does, and what stands in it. Where there is none, Of gives the code to other summaries.
func noFile() map[string][2]string {
	hostile, jq, script := "dsl/code/hostile_linux_test.go", "dsl/code/jq_test.go", "cmd/tqmap/testdata/script/codes.txtar"
	return map[string][2]string{
		"TQ0100": {"dsl/diag/parse_test.go", "TQ0100"}, "TQ0300": {"dsl/diag/parse_test.go", "TQ0300"}, "TQ0800": {"dsl/diag/parse_test.go", "TQ0800"},
		"TQ0112": {"dsl/format/format_test.go", "Cannot be formatted"},
		"TQ0414": {"dsl/code/expr_typing_test.go", "Calls nested too deep"}, "TQ0416": {jq, "Code too long"},
		"TQ0522": {"engine/testdata/scenarios/U36_too_many_partitions.txtar", "Too many partitions"},
		"TQ0805": {jq, "jq raised an error"}, "TQ0806": {hostile, "Too much at once"}, "TQ0807": {jq, "Too many outputs"},
		"TQ0808": {hostile, "Result too large"}, "TQ0809": {hostile, "jq took too long"}, "TQ0810": {hostile, "jq took too much memory"},
		"TQ0826": {"engine/testdata/scenarios/each_batch_answer_is_no_list.txtar", "no list of elements"},
		"TQ0828": {"engine/export_test.go", "the path comes out"}, "TQ0829": {"engine/testdata/scenarios/each_batch_of_one_is_too_much.txtar", "one key alone"},
		"TQ0811": {"dsl/code/involved_test.go", "jq stopped"}, "TQ0831": {"engine/deadletter_test.go", "TQ0831"}, "TQ0832": {"engine/deadletter_test.go", "TQ0832"},
		"TQ0902": {script, "TQ0902"}, "TQ0904": {script, "TQ0904"}, "TQ0905": {script, "TQ0905"},
		"TQ0906": {script, "TQ0906"}, "TQ0907": {script, "TQ0907"}, "TQ0908": {script, "TQ0908"}, "TQ0909": {script, "TQ0909"}, "TQ0910": {script, "TQ0910"},
	}
}

// unseen are the codes of what cannot be made to appear here, and why.
func unseen() map[string]string {
	const wire = "a sink whose name is that of a vendor, at the beginning of a run"
	return map[string]string{
		"TQ0329": "HCL says so only where a value has no scope, which none of ours is without",
		"TQ0423": "a guard against templates that HCL reads in a way we do not know",
		"TQ0618": wire, "TQ0619": wire, "TQ0620": wire,
	}
}

// TestCodes loads what each archive of the folder named after a code makes wrong, and
// maps a record with it where it can be loaded. The file snippet.hcl is put into codesBase;
// with case.hcl instead nothing else is there. An archive that is missing is made, with
// -update, of the example in the catalogue.
func TestCodes(t *testing.T) {
	files, err := filepath.Glob(codesFolder + "/TQ*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range diag.All() {
		name := filepath.Join(codesFolder, e.Code+"_"+slug(e.Summary)+".txtar")
		known := slices.Contains(files, name)
		files = slices.DeleteFunc(files, func(f string) bool { return f == name })
		if unseen()[e.Code] != "" {
			continue
		}
		if at := noFile()[e.Code]; !known && at[0] != "" {
			if text, err := os.ReadFile(filepath.Join("..", at[0])); err != nil || !strings.Contains(string(text), at[1]) {
				t.Errorf("%s: %s has no %q: %v", e.Code, at[0], at[1], err)
			}
			continue
		}
		if !known && (!*update || e.Wrong == "") {
			t.Errorf("%s has no golden file %s", e.Code, filepath.Base(name))
			continue
		}
		t.Run(e.Code, func(t *testing.T) {
			archive := &txtar.Archive{Comment: []byte(e.Summary + ".\n"), Files: []txtar.File{{Name: "snippet.hcl", Data: []byte(e.Wrong)}, {Name: "want"}}}
			if known {
				if archive, err = txtar.ParseFile(name); err != nil {
					t.Fatal(err)
				}
			}
			got := saidOfCase(t, archive)
			if !strings.Contains(got, e.Code+":") {
				t.Errorf("%s does not appear:\n%s", e.Code, got)
			}
			want := &archive.Files[len(archive.Files)-1]
			before := string(want.Data)
			if want.Data = []byte(got); *update && !t.Failed() {
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(before, got); diff != "" {
				t.Errorf("(- want, + got)\n%s", diff)
			}
		})
	}
	for _, f := range files {
		t.Errorf("%s is named after no code, or not after its summary", f)
	}
}

// TestExamplesOfTheCatalogue tries both ways of each entry: the wrong one makes its
// diagnostic appear, the right one makes none but warnings of other kinds.
func TestExamplesOfTheCatalogue(t *testing.T) {
	tried := 0
	for _, e := range diag.All() {
		if e.Wrong == "" {
			continue
		}
		tried++
		if got := saidOf(t, inBase(e.Wrong), codesFiles()); !strings.Contains(got, e.Code+":") {
			t.Errorf("%s, the wrong way, makes another one appear:\n%s\n%s", e.Code, got, e.Wrong)
		}
		if e.Right == "" {
			continue
		}
		got := saidOf(t, inBase(e.Right), codesFiles())
		if strings.Contains(got, "error ") || strings.Contains(got, "dead ") || strings.Contains(got, e.Code+":") {
			t.Errorf("%s, the right way, is wrong:\n%s\n%s", e.Code, got, e.Right)
		}
	}
	if tried < 90 {
		t.Errorf("only %d examples", tried)
	}
}

func slug(summary string) string {
	return strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(summary), "_"), "_")
}

func saidOfCase(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	files, text := codesFiles(), ""
	for _, f := range archive.Files[:len(archive.Files)-1] {
		switch f.Name {
		case "snippet.hcl":
			text = inBase(string(f.Data))
		case "case.hcl":
			text = string(f.Data)
		default:
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return saidOf(t, text, files)
}

// saidOf is one line for each diagnostic: what it points at, its code and its words; and
// for each record of the samples that fails.
func saidOf(t *testing.T, text string, files fstest.MapFS) string {
	t.Helper()
	in := dsl.Input{FS: files, Names: []string{"m.hcl"}}
	if text != "" {
		files["m.hcl"] = &fstest.MapFile{Data: []byte(text)}
	}
	for name := range files {
		if strings.HasSuffix(name, ".hcl") && name != "m.hcl" {
			in.Names = append(in.Names, name)
		}
	}
	m, diags := dsl.Load(in, Vocabulary())
	said := sayDiags(text, diags)
	if diags.HasErrors() {
		return said
	}
	bound, errs := m.As("").Bind(givenFor(m), noon)
	for _, err := range errs {
		said += sayError(text, err)
	}
	if bound == nil {
		return said
	}
	return said + sayOpened(t, text, bound) + sayRun(t, text, bound, files)
}

// givenFor are the values of parameters in these cases.
func givenFor(m *dsl.Mapping) map[string]dsl.Given {
	out := map[string]dsl.Given{}
	for _, p := range m.Params {
		if p.Default() == "" && p.Type == dsl.StringParam {
			out[p.Name] = dsl.Text("value.example", "--param")
		}
	}
	return out
}

func sayError(text string, err error) string {
	var diags hcl.Diagnostics
	if !errors.As(err, &diags) {
		return fmt.Sprintf("%s\n", err)
	}
	return sayDiags(text, diags)
}

func sayDiags(text string, diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		e := diag.Of(d)
		severity := map[hcl.DiagnosticSeverity]string{hcl.DiagError: "error", hcl.DiagWarning: "warning"}[d.Severity]
		if e.Severity != d.Severity && !e.Either {
			severity = "BADLY CATALOGUED " + severity
		}
		at := "nowhere"
		if r := d.Subject; r != nil && r.Filename == "m.hcl" && r.End.Byte <= len(text) {
			at = strings.ReplaceAll(text[r.Start.Byte:r.End.Byte], "\n", "⏎")
		} else if r != nil {
			at = r.String()
		}
		detail := regexp.MustCompile(`in line \d+`).ReplaceAllString(d.Detail, "in line N")
		fmt.Fprintf(&b, "%s at %s\n  %s: %s: %s\n", severity, at, e.Code, d.Summary, detail)
	}
	return b.String()
}

// inBase is codesBase with the blocks of the snippet put in: one that is there already is
// given the attributes and blocks of the snippet's, others are added. A snippet that
// cannot be parsed stands at the end.
func inBase(snippet string) string {
	file, diags := hclsyntax.ParseConfig([]byte(snippet), "snippet", hcl.InitialPos)
	if diags.HasErrors() {
		return codesBase + snippet
	}
	base, _ := hclsyntax.ParseConfig([]byte(codesBase), "base", hcl.InitialPos)
	root := readPart(codesBase, base.Body.(*hclsyntax.Body))
	for _, b := range readPart(snippet, file.Body.(*hclsyntax.Body)).blocks {
		parent := root
		for _, step := range parentOf(b.typ) {
			parent = parent.find(step)
		}
		parent.merge(b)
	}
	for _, p := range root.all() {
		p.merged = false
	}
	var out strings.Builder
	root.write(&out, "")
	return out.String()
}

// parentOf is where a block of a snippet belongs.
func parentOf(typ string) []string {
	flow, source := []string{"flow alerts"}, []string{"flow alerts", "source http"}
	switch typ {
	case "connector", "param", "locals", "table", "definitions", "client", "flow", "test":
		return nil
	case "window", "paginate", "decode", "on", "step", "each", "request":
		return source
	}
	return flow
}

// part is a block as its text.
type part struct {
	typ    string
	header string // type and labels
	attrs  []string
	blocks []*part
	merged bool
}

func readPart(src string, body *hclsyntax.Body) *part {
	p := &part{}
	var names []string
	for name := range body.Attributes {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return body.Attributes[a].NameRange.Start.Byte - body.Attributes[b].NameRange.Start.Byte
	})
	for _, name := range names {
		r := body.Attributes[name].SrcRange
		p.attrs = append(p.attrs, src[r.Start.Byte:r.End.Byte])
	}
	for _, b := range body.Blocks {
		sub := readPart(src, b.Body)
		sub.typ, sub.header = b.Type, strings.TrimSpace(b.Type+" "+strings.Join(b.Labels, " "))
		p.blocks = append(p.blocks, sub)
	}
	return p
}

func (p *part) all() []*part {
	out := []*part{p}
	for _, b := range p.blocks {
		out = append(out, b.all()...)
	}
	return out
}

func (p *part) find(header string) *part {
	for _, b := range p.blocks {
		if b.header == header {
			return b
		}
	}
	return p
}

// merge adds b to p, or puts what it has into the block of p with its header, once.
func (p *part) merge(b *part) {
	for _, own := range p.blocks {
		if own.header == b.header && !own.merged && b.typ != "param" && b.typ != "table" {
			own.merged = true
			for _, attr := range b.attrs {
				own.set(attr)
			}
			for _, sub := range b.blocks {
				own.merge(sub)
			}
			return
		}
	}
	b.merged = true
	p.blocks = append(p.blocks, b)
}

func (p *part) set(attr string) {
	name, _, _ := strings.Cut(attr, "=")
	for i, own := range p.attrs {
		if have, _, _ := strings.Cut(own, "="); strings.TrimSpace(have) == strings.TrimSpace(name) {
			p.attrs[i] = attr
			return
		}
	}
	p.attrs = append(p.attrs, attr)
}

func (p *part) write(b *strings.Builder, indent string) {
	for _, attr := range p.attrs {
		fmt.Fprintf(b, "%s%s\n", indent, attr)
	}
	for _, sub := range p.blocks {
		words := strings.SplitN(sub.header, " ", 2)
		if len(words) > 1 {
			words[1] = fmt.Sprintf("%q", words[1])
			if sub.typ == "expect" {
				words[1] = strings.Replace(words[1], " ", `" "`, 1)
			}
		}
		fmt.Fprintf(b, "%s%s {\n", indent, strings.Join(words, " "))
		sub.write(b, indent+"  ")
		fmt.Fprintf(b, "%s}\n", indent)
	}
}
