package format

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/tools/txtar"

	"tqmap/dsl/code"
)

var seed = flag.Uint64("seed", 0, "of the mangled files; 0: another one each time")

// corpus is all HCL of the tree that parses, by its place.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	root := filepath.Join("..", "..")
	for _, dir := range []string{"mappings", "examples", "dsl", "engine"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			switch filepath.Ext(path) {
			case ".hcl":
				out[path] = src
			case ".txtar":
				for _, f := range txtar.Parse(src).Files {
					if filepath.Ext(f.Name) == ".hcl" || f.Name == "source" || f.Name == "client" {
						out[path+"/"+f.Name] = f.Data
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, src := range out {
		if _, diags := parse(name, src); diags.HasErrors() {
			delete(out, name)
		}
	}
	if len(out) < 500 {
		t.Fatalf("only %d files", len(out))
	}
	return out
}

// mangler moves white space about. Without breaks the lines stay, so that the canonical
// form of what it makes is that of what it got.
type mangler struct {
	*rand.Rand
	breaks bool
}

func (m mangler) blanks(least, most int) string {
	var b strings.Builder
	for range least + m.IntN(most-least+1) {
		b.WriteByte(" \t"[m.IntN(2)])
	}
	return b.String()
}

func (m mangler) file(t testing.TB, src []byte) []byte {
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	body, diags := parse("", src)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var edits []edit
	for _, p := range programsOf(src, body) {
		at := p.src.Whole()
		if text, ok := m.program(p, src); ok {
			edits = append(edits, edit{at.Start.Byte, at.End.Byte, text})
		}
	}
	src = m.hcl(apply(src, edits))
	if m.IntN(4) == 0 {
		src = bytes.ReplaceAll(src, []byte("\n"), []byte("\r\n"))
	}
	return src
}

// program is the argument of a call with other white space; false where that cannot be.
func (m mangler) program(p program, file []byte) (string, bool) {
	want, err := p.language.form(p.src.Text)
	atoms, errAtoms := p.language.atoms(p.src.Text)
	if err != nil || errAtoms != nil || !p.read(atoms) || m.IntN(8) == 0 {
		return "", false
	}
	at := p.src.Whole()
	heredoc := bytes.HasPrefix(file[at.Start.Byte:], []byte("<<"))
	newline := "\n"
	if !heredoc {
		newline = `\n`
	}
	for _, adjacent := range []bool{true, false} {
		var b strings.Builder
		for i, a := range atoms {
			if strings.Contains(a.Text, "\n") {
				return "", false // its inside depends on the indentation
			}
			if i > 0 {
				b.WriteString(m.gap(p.src.Text[atoms[i-1].To:a.From], newline, adjacent && a.Text != "?", atoms[i-1].Kind == code.TokenComment))
			}
			b.WriteString(a.raw)
		}
		text := `"` + b.String() + `"`
		if heredoc {
			indent := strings.Repeat(" ", m.IntN(9))
			marker, _, _ := strings.Cut(strings.TrimLeft(string(file[at.Start.Byte:]), "<-"), "\n")
			text = []string{"<<-", "<<"}[m.IntN(2)] + marker + "\n" + indent + strings.ReplaceAll(b.String(), "\n", "\n"+indent) + "\n" + m.blanks(0, 3) + marker
		} else {
			text = strings.ReplaceAll(text, "\t", `\t`)
		}
		if got, ok := p.language.formOf(text); ok && got == want {
			return text, true
		}
	}
	return "", false
}

func (m mangler) gap(was, newline string, adjacent, comment bool) string {
	if n := strings.Count(was, "\n"); n > 0 {
		out := m.blanks(0, 2)
		if comment && newline != "\n" {
			out = ""
		}
		for range n {
			out += newline + m.blanks(0, 5)
		}
		if n > 1 && m.IntN(2) == 0 {
			out += newline
		}
		return out
	}
	if m.breaks && m.IntN(6) == 0 {
		return m.blanks(0, 1) + newline + m.blanks(0, 4)
	}
	if was != "" || adjacent && m.IntN(3) == 0 {
		return m.blanks(1, 3)
	}
	return ""
}

// hcl changes the spaces between tokens that are in no string, and blank lines.
func (m mangler) hcl(src []byte) []byte {
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos)
	var edits []edit
	depth := 0
	for i, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			depth++
		}
		if i > 0 && depth == 0 && t.Type != hclsyntax.TokenEOF {
			from, to := tokens[i-1].Range.End.Byte, t.Range.Start.Byte
			text := m.blanks(0, 3)
			if to > from && text == "" {
				text = " "
			}
			if from == to && (tokens[i-1].Type == hclsyntax.TokenCHeredoc || m.IntN(2) == 0) {
				text = ""
			}
			edits = append(edits, edit{from, to, text})
		}
		if depth == 0 && t.Type == hclsyntax.TokenNewline && i > 0 && tokens[i-1].Type == hclsyntax.TokenNewline && m.IntN(3) == 0 {
			edits = append(edits, edit{t.Range.End.Byte, t.Range.End.Byte, "\n" + m.blanks(0, 2) + "\n"})
		}
		switch t.Type {
		case hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			depth--
		}
	}
	return apply(src, edits)
}

func check(t testing.TB, name string, src []byte) []byte {
	t.Helper()
	once, diags := Source(name, src)
	if diags.HasErrors() {
		t.Fatalf("%s: %v\n%s", name, diags, src)
	}
	twice, diags := Source(name, once)
	if diags.HasErrors() || !bytes.Equal(once, twice) {
		t.Fatalf("%s: once:\n%s\ntwice: %v\n%s", name, once, diags, twice)
	}
	if diags := same(name, bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")), once); diags.HasErrors() {
		t.Fatalf("%s: %v\n%s\n%s", name, diags, src, once)
	}
	if bytes.Contains(once, []byte("\r")) || bytes.Contains(once, []byte("\n\n\n")) && !bytes.Contains(src, []byte("<<")) {
		t.Fatalf("%s: line ends\n%q", name, once)
	}
	return once
}

// underRace is how many files there are to one that is mangled under the race detector: it makes this ten
// times as slow, and there is nothing here to race. .ci/test runs all of them without it.
const underRace = 5

// Once formatted, a file stays as it is and means what it meant; and however its spaces
// are, its form is the same.
func TestFormatOfMangledFiles(t *testing.T) {
	seed := *seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("go test ./dsl/format -run Mangled -seed %d", seed)
	files, done := corpus(t), 0
	for name, src := range files {
		m := mangler{Rand: rand.New(rand.NewPCG(seed, uint64(len(name))))}
		if raceDetector && m.IntN(underRace) > 0 {
			continue
		}
		done++
		want := check(t, name, src)
		if m.breaks = m.IntN(3) == 0; m.breaks || filepath.Ext(filepath.Dir(name)) == ".txtar" && m.IntN(2) == 0 {
			check(t, name, m.file(t, src))
			continue
		}
		got, diags := Source(name, m.file(t, src))
		if diags.HasErrors() {
			t.Fatalf("%s, seed %d: %v", name, seed, diags)
		}
		if !bytes.Equal(want, got) {
			t.Errorf("%s, seed %d: %s", name, seed, firstDifference(want, got))
		}
	}
	t.Logf("%d of %d files", done, len(files))
}

func firstDifference(a, b []byte) string {
	x, y := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d:\n%q\n%q", i+1, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}

func FuzzSource(f *testing.F) {
	for _, src := range corpus(f) {
		if len(src) < 4000 {
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if _, diags := Source("x.hcl", src); !diags.HasErrors() {
			check(t, "x.hcl", src)
		}
	})
}

// Whatever a program is: where it parses, its form does, to the same tree, and stays as it is.
func FuzzProgram(f *testing.F) {
	for name, src := range corpus(f) {
		body, diags := parse(name, src)
		if diags.HasErrors() {
			f.Fatal(diags)
		}
		for _, p := range programsOf(src, body) {
			f.Add(p.language.name == "jq", p.src.Text)
		}
	}
	f.Fuzz(func(t *testing.T, jq bool, text string) {
		name := map[bool]string{true: "jq", false: "expr"}[jq]
		text = strings.NewReplacer("${", "$${", "%{", "%%{").Replace(text)
		src := []byte("a = " + name + "(<<EOT\n" + text + "\nEOT\n)\n")
		if _, diags := Source("x.hcl", src); !diags.HasErrors() {
			check(t, "x.hcl", src)
		}
	})
}
