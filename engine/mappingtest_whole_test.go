package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"golang.org/x/tools/txtar"

	"tqmap/dsl"
	"tqmap/engine/recording"
)

// TestTestBlocks runs the test blocks of each archive and compares what they say with the file
// want: of each mismatch its text, and what of the mapping made a value.
func TestTestBlocks(t *testing.T) {
	names, err := filepath.Glob("testdata/tests/*.txtar")
	if err != nil || len(names) < 5 {
		t.Fatalf("%d cases, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := fstest.MapFS{}
			for _, f := range archive.Files {
				files[f.Name] = &fstest.MapFile{Data: unquoted(f)}
			}
			got := testBlocks(t, files)
			want := &archive.Files[len(archive.Files)-1]
			if want.Name != "want" {
				t.Fatal("the last file must be want")
			}
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Errorf("(- want, + got)\n%s", diff)
			}
		})
	}
}

// unquoted is what a file of an archive holds. A recording is an archive of its own, so that > begins
// each of its lines here.
func unquoted(f txtar.File) []byte {
	if !strings.HasSuffix(f.Name, recording.Extension) {
		return f.Data
	}
	return []byte(strings.ReplaceAll(strings.TrimPrefix(string(f.Data), ">"), "\n>", "\n"))
}

func testBlocks(t *testing.T, files fstest.MapFS) string {
	m, diags := dsl.Load(dsl.Input{FS: files, Names: []string{"m.hcl"}}, Vocabulary())
	if diags.HasErrors() {
		var lines []string
		for _, d := range diags {
			if d.Severity == hcl.DiagError {
				lines = append(lines, d.Error()+"\n")
			}
		}
		return strings.Join(lines, "")
	}
	text := string(files["m.hcl"].Data)
	suite := Suite{Mapping: m, Clock: func() time.Time { return noon }, Seen: &dsl.Seen{}}
	var b strings.Builder
	for _, block := range m.Tests {
		r := suite.Run(t.Context(), block)
		switch {
		case r.Err != nil:
			fmt.Fprintf(&b, "%s: error %s\n", block.Name, r.Err)
		case r.Passed():
			fmt.Fprintf(&b, "%s: ok\n", block.Name)
		default:
			fmt.Fprintf(&b, "%s: failed\n", block.Name)
		}
		for _, bad := range r.Mismatches {
			fmt.Fprintf(&b, "%s %s\n", bad.Kind, bad)
			for _, d := range bad.Differences {
				if d.Made.Filename != "" {
					fmt.Fprintf(&b, "  %s made by %s\n", pathText(d.Path), written(text, d.Made))
				}
			}
		}
	}
	for _, p := range suite.Coverage().Missing {
		fmt.Fprintf(&b, "not covered: %s %s %s\n", p.Kind, p.Name, p.Missing)
	}
	return b.String()
}
