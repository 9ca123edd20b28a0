package main

import (
	"fmt"
	"maps"
	"slices"

	"tqmap/engine"
	"tqmap/runtime/rewrite"
)

// updateTests writes what came out into the expectations of the tests that failed.
func (a *app) updateTests(t *tested) error {
	w := t.mapping.Rewrite()
	for _, r := range t.results {
		if r.Passed() {
			continue
		}
		if why := notToUpdate(r); why != "" {
			t.changes = append(t.changes, fmt.Sprintf("not updated: %s: %s", r.Test.Name, why))
			continue
		}
		good := true
		for _, m := range r.Mismatches {
			if err := m.Update(w); err != nil {
				good = false
				t.changes = append(t.changes, fmt.Sprintf("not updated: %s: %s: %s", spot(m.At), m.Text, err))
				continue
			}
			t.changes = append(t.changes, changesOf(m)...)
		}
		if good {
			t.updated[r.Test.Name] = true
		}
	}
	files, err := w.Files()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := rewrite.File(name, files[name]); err != nil {
			return err
		}
	}
	return nil
}

// notToUpdate says why the expectations of a test are left alone, "" if they are not.
func notToUpdate(r engine.TestResult) string {
	if r.Err != nil {
		return "it could not be run"
	}
	for _, m := range r.Mismatches {
		if m.Kind == engine.Unexpected || m.Kind == engine.Broken {
			return "the mistake is another one: " + m.Text
		}
	}
	return ""
}

func changesOf(m engine.Mismatch) []string {
	if len(m.Differences) == 0 {
		return []string{fmt.Sprintf("updated: %s: %s", spot(m.At), m.Text)}
	}
	var out []string
	for _, d := range m.Differences {
		want, got := sides(d)
		at := d.At
		if at.Filename == "" {
			at = m.At
		}
		out = append(out, fmt.Sprintf("updated: %s: %s: %s -> %s", spot(at), pathOf(append([]any{m.Field}, d.Path...)), want, got))
	}
	return out
}
