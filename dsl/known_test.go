package dsl

import (
	"slices"
	"strings"
	"testing"
)

// root is the name that a documented one begins with.
func root(name string) string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == ',' })[0]
}

// What readers are told of the names must be what the checks allow.
func TestNamesAreThoseOfTheCheck(t *testing.T) {
	var told []string
	for _, s := range []Scope{Static, Run, Window, Page} {
		for _, n := range ScopeNames(s) {
			if !slices.Contains(told, root(n.Name)) {
				told = append(told, root(n.Name))
			}
		}
		allowed := slices.Sorted(slices.Values(scopeNames[s]))
		if got := slices.Sorted(slices.Values(told)); !slices.Equal(got, allowed) {
			t.Errorf("scope %d: told of %v, allowed are %v", s, got, allowed)
		}
	}
	var expr []string
	for _, n := range ExprNames() {
		expr = append(expr, root(n.Name))
	}
	for name := range (&Mapping{}).env(&Record{Name: "<record>"}) {
		if !slices.Contains(expr, name) {
			t.Errorf("nobody is told that expr sees %s", name)
		}
	}
}
