package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/plan"
	"tqmap/mappings"
)

var updatePlans = flag.Bool("update-plans", false, "write testdata/explain anew")

// TestPlansOfBuiltins compares the plan of each built-in mapping, without any setting, with
// its golden: what it sends, and to whom, changes only on purpose.
func TestPlansOfBuiltins(t *testing.T) {
	for _, name := range builtins() {
		t.Run(name, func(t *testing.T) {
			m, diags := dsl.Load(dsl.Input{FS: mappings.FS, Fallback: mappings.FS, Names: []string{name + ".hcl"}, Prefix: builtinPrefix}, engine.Vocabulary())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			s, errs := m.As("").Sketch(nil, time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			got := plan.Of(s, m.Flows).Text()
			golden := filepath.Join("testdata", "explain", name+".txt")
			if *updatePlans {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got, -update-plans writes it anew:\n%s", diff)
			}
		})
	}
}
