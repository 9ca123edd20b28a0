package scaffold

import (
	"maps"
	"slices"
	"strings"

	"tqmap/dsl/code"
)

// table is a number of objects that look alike: the records, or what a list in them holds.
type table struct {
	base  string // how expr calls one of them
	shape code.Shape
	rows  []any
	seen  []code.Field
}

func newTable(base string, rows []any) table {
	return table{base: base, shape: code.Infer(rows), rows: rows, seen: code.Survey(rows)}
}

// at is the shape of a field, past objects; false where path leads to none: a name that
// holds a dot is none of its steps.
func (t table) at(path string) (shape code.Shape, optional, ok bool) {
	shape, ok = t.shape, true
	for _, name := range strings.Split(path, ".") {
		if shape, ok = shape.Fields[name]; !ok {
			return shape, false, false
		}
		optional = optional || shape.Optional
	}
	return shape, optional, true
}

func (t table) reached(path string) bool {
	_, _, ok := t.at(path)
	return ok
}

// values are those of a field, nil where a row has none.
func (t table) values(path string) []any {
	steps := strings.Split(path, ".")
	out := make([]any, len(t.rows))
	for i, v := range t.rows {
		for _, name := range steps {
			object, _ := v.(map[string]any)
			v = object[name]
		}
		out[i] = v
	}
	return out
}

// reach is how expr gets to path, past objects that may be absent.
func (t table) reach(path string) string {
	out, shape := t.base, t.shape
	for i, name := range strings.Split(path, ".") {
		dot := "."
		if shape.Optional && i > 0 {
			dot = "?."
		}
		switch {
		case plain.MatchString(name):
			out += dot + name
		case dot == "?.":
			out += dot + "[" + quoteExpr(name) + "]"
		default:
			out += "[" + quoteExpr(name) + "]"
		}
		shape = shape.Fields[name]
	}
	return out
}

// list is reach for a list that is wanted even where there is none.
func (t table) list(path string) string {
	if _, optional, _ := t.at(path); optional {
		return "(" + t.reach(path) + " ?? [])"
	}
	return t.reach(path)
}

// single says whether f is one value of each row, and not an object, a list or nothing.
func (t table) single(f code.Field) bool {
	return !strings.Contains(f.Path, "[]") && f.Value != nil && !slices.Contains(f.Kinds, "list") && !slices.Contains(f.Kinds, "object") && t.reached(f.Path)
}

// elements are what the lists called path hold; false where it is no list of each row.
func (t table) elements(path string) ([]any, bool) {
	shape, _, ok := t.at(path)
	if !ok || shape.Kind != code.List {
		return nil, false
	}
	var out []any
	for _, v := range t.values(path) {
		list, _ := v.([]any)
		out = append(out, list...)
	}
	return out, len(out) > 0
}

// lists are the paths of the lists in the rows.
func (t table) lists() []string {
	var out []string
	for _, f := range t.seen {
		if !strings.Contains(f.Path, "[]") && slices.Contains(f.Kinds, "list") {
			out = append(out, f.Path)
		}
	}
	return out
}

// objects says whether all of list are objects.
func objects(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(map[string]any); return !ok })
}

func sortedNames(object map[string]any) []string { return slices.Sorted(maps.Keys(object)) }
