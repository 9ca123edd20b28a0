package plan_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/plan"
	"tqmap/mappings"
)

var update = flag.Bool("update", false, "write the goldens anew")

func load(t *testing.T, name string) *dsl.Mapping {
	t.Helper()
	m, diags := dsl.Load(dsl.Input{FS: mappings.FS, Fallback: mappings.FS, Names: []string{name}, Prefix: "built-in"}, engine.Vocabulary())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return m.As("")
}

var clock = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// TestPlans compares the plan of every built-in mapping, without any setting, with its golden.
func TestPlans(t *testing.T) {
	names, err := filepath.Glob("../../mappings/*.hcl")
	if err != nil || len(names) == 0 {
		t.Fatal("no mappings", err)
	}
	for _, path := range names {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			m := load(t, name)
			s, errs := m.Sketch(nil, clock)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			got := plan.Of(s, m.Flows).Text()
			golden := filepath.Join("testdata", strings.TrimSuffix(name, ".hcl")+".txt")
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
				t.Errorf("-want +got, -update writes it anew:\n%s", diff)
			}
		})
	}
}

// TestNarrow says that no line of words is too long to read; a word may be.
func TestNarrow(t *testing.T) {
	m := load(t, "ironnet.hcl")
	s, _ := m.Sketch(nil, clock)
	for _, line := range strings.Split(plan.Of(s, m.Flows).Text(), "\n") {
		if utf8.RuneCountInString(line) > 100 && strings.Contains(strings.TrimSpace(line), "  ") {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
		}
	}
}
