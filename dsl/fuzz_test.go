package dsl

import (
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"
)

// FuzzLoad: whatever a file holds, Load does not panic, and what it reports stands
// in the file. What it accepts can be bound without a panic, too.
func FuzzLoad(f *testing.F) {
	f.Add(base)
	f.Add(boundText)
	f.Add(tablesText)
	names, err := filepath.Glob("testdata/diagnostics/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(archive.Files[0].Data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"case.hcl", "base.hcl"} { // with a base, and alone
			m, diags := load(name, text)
			inside(t, m, diags) // HCL itself miscounts lines in broken text
			if diags.HasErrors() {
				continue
			}
			m.Secrets(nil)
			if b, errs := m.Bind(nil, clock); len(errs) == 0 {
				for _, c := range m.Clients {
					c.Node.Read(b.Scope).String("base_url", "")
				}
			}
		}
	})
}
