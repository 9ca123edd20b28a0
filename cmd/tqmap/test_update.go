package main

import (
	"fmt"
	"maps"
	"slices"

	"tqmap/cmd/show"
	"tqmap/engine"
	"tqmap/runtime/rewrite"
)

// updateTests writes what came out into the expectations of the tests that failed.
func (a *app) updateTests(t *show.Tests) error {
	w := t.Mapping.Rewrite()
	for _, r := range t.Results {
		if r.Passed() {
			continue
		}
		if why := notToUpdate(r); why != "" {
			t.Changes = append(t.Changes, fmt.Sprintf("not updated: %s: %s", r.Test.Name, why))
			continue
		}
		good := true
		for _, m := range r.Mismatches {
			if err := m.Update(w); err != nil {
				good = false
				t.Changes = append(t.Changes, fmt.Sprintf("not updated: %s: %s: %s", show.Place(m.At), m.Text, err))
				continue
			}
			t.Changes = append(t.Changes, show.Expectations(m)...)
		}
		if good {
			t.Updated[r.Test.Name] = true
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
