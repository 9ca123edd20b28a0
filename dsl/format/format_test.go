package format

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each file of testdata holds a mapping as somebody wrote it and, as want, its form.
func TestGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := check(t, name, archive.Files[0].Data)
			if *update {
				archive.Files = append(archive.Files[:1], txtar.File{Name: "want", Data: got})
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[1].Data), string(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Windows: line ends, and the mark that some editors put at the begin.
func TestFilesOfWindows(t *testing.T) {
	want := "a = expr(<<-EOT\n  b +\n  c\nEOT\n)\n"
	got, diags := Source("x.hcl", []byte("\xef\xbb\xbfa=expr( <<EOT\r\nb+\r\nc\r\nEOT\r\n)\r\n\r\n"))
	if diags.HasErrors() || string(got) != want {
		t.Errorf("%q %v", got, diags)
	}
}

// A file that HCL cannot read is not formatted, and its mistake stands where the file has it.
func TestMistakesOfHCL(t *testing.T) {
	for src, line := range map[string]int{"a = 1\r\n\r\nb = = 2\n": 3, "a {\n": 1, "a = expr(<<EOT\n": 2, "\x00": 1} {
		out, diags := Source("x.hcl", []byte(src))
		if out != nil || !diags.HasErrors() || diags[0].Subject.Start.Line != line || diags[0].Subject.Filename != "x.hcl" {
			t.Errorf("%q: %q, %v", src, out, diags)
		}
	}
}

// What differs in meaning is found, whatever it is.
func TestSame(t *testing.T) {
	file := "a \"b\" {\n  # c\n  d = expr(\"e + 1 /* f */\")\n  g = jq(\"h | \")\n  i = \"${j}\"\n}\n"
	for _, c := range [][2]string{
		{"e + 1", "e + 2"}, {"# c", "# cc"}, {"/* f */", "/* ff */"}, {"/* f */", ""}, {`"h | "`, `"h |"`}, {"${j}", "${k}"}, {"a \"b\"", "a \"c\""},
		{"  # c\n", ""}, {"\n  i", "\n  ii"}, {"}\n", "}\nz {}\n"}, {"expr", "jq"}, {`"${j}"`, "null"},
	} {
		other := strings.Replace(file, c[0], c[1], 1)
		if other == file {
			t.Fatal(c)
		}
		if diags := same("x.hcl", []byte(file), []byte(other)); !diags.HasErrors() || diags[0].Summary != "Cannot be formatted" {
			t.Errorf("%q is as good as %q", c[1], c[0])
		}
	}
	if diags := same("x.hcl", []byte(file), bytes.ReplaceAll([]byte(file), []byte("e + 1"), []byte("e+1"))); diags.HasErrors() {
		t.Error(diags)
	}
}
