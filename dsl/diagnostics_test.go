package dsl

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the want files of testdata/diagnostics")

// TestDiagnostics loads the mapping of each archive, together with base.hcl
// unless the archive has its own, and compares everything that Load says with
// the file want. A file called *.crlf.hcl is given Windows line ends. Files below
// fallback/ are those of the fallback.
func TestDiagnostics(t *testing.T) {
	names, err := filepath.Glob("testdata/diagnostics/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range names {
		if strings.HasPrefix(filepath.Base(name), "TQ") {
			continue // one code each, with the engine's vocabulary: see its TestCodes
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			m, diags := Load(input(archive), vocabulary())
			positions(t, m, diags)
			got := show(diags)
			want := &archive.Files[len(archive.Files)-1]
			if want.Name != "want" {
				t.Fatal("the last file must be want")
			}
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Errorf("(- want, + got)\n%s", diff)
			}
		})
	}
}

func input(archive *txtar.Archive) Input {
	own, fallback := fstest.MapFS{}, fstest.MapFS{}
	in := Input{FS: own, Fallback: fallback}
	for _, f := range archive.Files[:len(archive.Files)-1] {
		if strings.HasSuffix(f.Name, ".crlf.hcl") {
			f.Data = []byte(strings.ReplaceAll(string(f.Data), "\n", "\r\n"))
		}
		if name, ok := strings.CutPrefix(f.Name, "fallback/"); ok {
			fallback[name] = &fstest.MapFile{Data: f.Data}
			continue
		}
		own[f.Name] = &fstest.MapFile{Data: f.Data}
		if strings.HasSuffix(f.Name, ".hcl") {
			in.Names = append(in.Names, f.Name)
		}
	}
	if own["base.hcl"] == nil {
		own["base.hcl"] = &fstest.MapFile{Data: []byte(base)}
		in.Names = append(in.Names, "base.hcl")
	}
	return in
}

// show writes one diagnostic a line:
// severity file:line:column-endcolumn summary: detail.
func show(diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		severity := "error"
		if d.Severity == hcl.DiagWarning {
			severity = "warning"
		}
		at := "nowhere"
		if r := d.Subject; r != nil {
			at = fmt.Sprintf("%s:%d:%d-", r.Filename, r.Start.Line, r.Start.Column)
			if r.End.Line != r.Start.Line {
				at += fmt.Sprintf("%d:", r.End.Line)
			}
			at += fmt.Sprint(r.End.Column)
		}
		fmt.Fprintf(&b, "%s %s %s: %s\n", severity, at, d.Summary, d.Detail)
	}
	return b.String()
}

// positions checks that each diagnostic points into its file, the line counted
// from the byte.
func positions(t *testing.T, m *Mapping, diags hcl.Diagnostics) {
	t.Helper()
	inside(t, m, diags)
	for _, d := range diags {
		for _, p := range []hcl.Pos{d.Subject.Start, d.Subject.End} {
			text := m.Files[d.Subject.Filename].Bytes[:p.Byte]
			if line := 1 + strings.Count(string(text), "\n"); line != p.Line || p.Column < 1 {
				t.Errorf("%s: byte %d is in line %d, not %d: %s", d.Subject, p.Byte, line, p.Line, d)
			}
		}
	}
}

func inside(t *testing.T, m *Mapping, diags hcl.Diagnostics) {
	t.Helper()
	for _, d := range diags {
		r := d.Subject
		if r == nil {
			t.Fatalf("no position: %s", d)
		}
		f := m.Files[r.Filename]
		if f == nil || r.Start.Line < 1 || r.Start.Byte < 0 || r.End.Byte < r.Start.Byte || r.End.Byte > len(f.Bytes) {
			t.Fatalf("outside of its file: %v: %s", r, d)
		}
	}
}
