package engine

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"tqmap/dsl/code"
)

// difference lists where two values part, one place a line: "- .path: value" is
// only expected, "+ .path: value" is only there. It is "" if they are equal.
func difference(want, got any) string {
	var d differ
	d.compare("", code.Normalize(want), code.Normalize(got))
	return strings.Join(d.lines, "\n")
}

type differ struct{ lines []string }

func (d *differ) compare(path string, want, got any) {
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			d.objects(path, w, g)
			return
		}
	case []any:
		if g, ok := got.([]any); ok {
			d.lists(path, w, g)
			return
		}
	}
	if !equal(want, got) {
		d.line("-", path, want)
		d.line("+", path, got)
	}
}

func (d *differ) objects(path string, want, got map[string]any) {
	all := maps.Clone(want)
	maps.Copy(all, got)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w, expected := want[name]
		g, there := got[name]
		at := path + "." + name
		switch {
		case !there:
			d.line("-", at, w)
		case !expected:
			d.line("+", at, g)
		default:
			d.compare(at, w, g)
		}
	}
}

func (d *differ) lists(path string, want, got []any) {
	for i := range max(len(want), len(got)) {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= len(got):
			d.line("-", at, want[i])
		case i >= len(want):
			d.line("+", at, got[i])
		default:
			d.compare(at, want[i], got[i])
		}
	}
}

func (d *differ) line(sign, path string, v any) {
	if path != "" {
		path += ": "
	}
	d.lines = append(d.lines, fmt.Sprintf("  %s %s%s", sign, path, contentOf(v)))
}

// equal compares values that are not both lists or objects. 1 and 1.0 are equal,
// as they are in JSON.
func equal(a, b any) bool {
	i, ok := a.(int)
	f, isFloat := b.(float64)
	if !ok || !isFloat {
		i, ok = b.(int)
		f, isFloat = a.(float64)
	}
	if ok && isFloat {
		return float64(i) == f && int(f) == i
	}
	return reflect.DeepEqual(a, b)
}
