package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/dsl/format"
	"tqmap/engine"
	"tqmap/mappings"
)

// untidy gives each line of a mapping another indentation, more blanks around signs that
// stand in no string, and more blank lines, so that all is to be formatted.
func untidy(r *rand.Rand, src string) string {
	var b strings.Builder
	signs := regexp.MustCompile(` ([|+=?:]|==|and|or) `)
	for _, line := range strings.Split(src, "\n") {
		text := strings.TrimSpace(line)
		if !strings.ContainsAny(text, "\"'#") {
			text = signs.ReplaceAllStringFunc(text, func(sign string) string {
				return strings.Repeat(" ", r.IntN(3)+1) + sign + strings.Repeat("\t", r.IntN(2))
			})
			text = strings.ReplaceAll(text, ", ", " ,  ")
		}
		switch {
		case text == "":
			text = strings.Repeat("\n \n", r.IntN(2))
		case !strings.Contains(text, "EOT"): // nothing stands behind a marker
			text += strings.Repeat(" ", r.IntN(2))
		}
		b.WriteString(strings.Repeat(" ", r.IntN(7)) + text + "\n")
	}
	return b.String()
}

// Places in the mapping differ, and what differs between two runs of a sandbox: ports, and
// instants counted from now.
var (
	places   = regexp.MustCompile(`"where": ".*"`)
	changing = regexp.MustCompile(`127\.0\.0\.1:\d+|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d`)
)

// A mapping makes the same objects and items, and passes the same tests, whether it is as it
// is built in, untidy, or formatted.
func TestFormattedMappingsMakeTheSame(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for i, name := range builtins() {
		t.Run(name, func(t *testing.T) {
			src, err := mappings.FS.ReadFile(name + ".hcl")
			if err != nil {
				t.Fatal(err)
			}
			want, diags := format.Source(name, src)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			dir := t.TempDir()
			before, after := filepath.Join(dir, "before", name+".hcl"), filepath.Join(dir, "after", name+".hcl")
			text := untidy(rand.New(rand.NewPCG(seed, uint64(i))), string(src))
			for _, path := range []string{before, after} {
				if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if stdout, stderr, code := tqmap(t, "fmt", after); code != 0 || stdout != after+"\n" {
				t.Fatalf("exit %d: %s%s", code, stdout, stderr)
			}
			got, err := os.ReadFile(after)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("not what the tidy mapping is formatted to: -want +got\n%s", diff)
			}
			shown := 0
			for _, args := range outputs(t, name) {
				run := func(path string) string {
					stdout, stderr, code := tqmap(t, append([]string{args[0], path}, args[1:]...)...)
					if code != 0 && code != exitPartial {
						t.Fatalf("%v: exit %d: %s", args, code, stderr)
					}
					if slices.Contains(args, "--sandbox") {
						stdout = changing.ReplaceAllString(stdout, "…")
					}
					return fmt.Sprintf("exit %d\n%s", code, places.ReplaceAllString(stdout, ""))
				}
				tidy, untidied, formatted := run(name), run(before), run(after)
				shown += len(tidy)
				if tidy != untidied || tidy != formatted {
					t.Errorf("%v: (-built in +formatted)\n%s%s", args, cmp.Diff(tidy, formatted), cmp.Diff(tidy, untidied))
				}
			}
			if shown < 1000 {
				t.Errorf("only %d bytes to compare", shown)
			}
		})
	}
}

// outputs are commands that show what a built-in mapping makes of its samples, and of the
// sandbox where it has none.
func outputs(t *testing.T, name string) [][]string {
	m, diags := dsl.Load(dsl.Input{FS: mappings.FS, Names: []string{name + ".hcl"}}, engine.Vocabulary())
	if diags.HasErrors() {
		t.Fatal(hcl.Diagnostics(diags))
	}
	samples, err := filepath.Glob(filepath.Join("..", "..", "mappings", "testdata", name, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	out := [][]string{{"test"}}
	for _, f := range m.Flows {
		if f.Exports() {
			continue
		}
		for _, sample := range samples {
			out = append(out, []string{"preview", "--flow", f.Name, "--from", sample, "--limit", "0", "--format", "json"})
		}
	}
	if len(out) == 1 {
		out = append(out, []string{"preview", "--sandbox", "--export", "--limit", "40", "--format", "json", "--now", "2026-03-05T00:00:00"})
	}
	return out
}
