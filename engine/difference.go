package engine

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl/code"
)

// Difference is one place where two values part.
type Difference struct {
	// Path leads there, by names of objects (string) and numbers of lists (int).
	Path []any
	// Want is expected and Got is there. Expected and Found say whether there is such a
	// value at all, which may be null.
	Want, Got       any
	Expected, Found bool
	// At is the expectation, and Made what in the mapping made Got. The zero Range: not known.
	At, Made hcl.Range
}

// lines is d as text: "- .path: value" is only expected, "+ .path: value" is only there.
func (d Difference) lines() []string {
	path := pathText(d.Path)
	if path != "" {
		path += ": "
	}
	var out []string
	if d.Expected {
		out = append(out, fmt.Sprintf("  - %s%s", path, contentOf(d.Want)))
	}
	if d.Found {
		out = append(out, fmt.Sprintf("  + %s%s", path, contentOf(d.Got)))
	}
	return out
}

// pathText is ".attributes.Severity[1]".
func pathText(path []any) string {
	var b strings.Builder
	for _, step := range path {
		if name, ok := step.(string); ok {
			b.WriteString("." + name)
		} else {
			fmt.Fprintf(&b, "[%d]", step)
		}
	}
	return b.String()
}

// difference lists where two values part, one place a line. It is "" if they are equal.
func difference(want, got any) string {
	var lines []string
	for _, d := range differences(want, got) {
		lines = append(lines, d.lines()...)
	}
	return strings.Join(lines, "\n")
}

// differences are the places where two values part, in the order of names and numbers.
func differences(want, got any) []Difference {
	var d differ
	d.compare(nil, code.Normalize(want), code.Normalize(got))
	return d.found
}

type differ struct{ found []Difference }

func (d *differ) compare(path []any, want, got any) {
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
		d.found = append(d.found, Difference{Path: path, Want: want, Got: got, Expected: true, Found: true})
	}
}

func (d *differ) objects(path []any, want, got map[string]any) {
	all := maps.Clone(want)
	maps.Copy(all, got)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w, expected := want[name]
		g, there := got[name]
		d.entry(append(path[:len(path):len(path)], name), w, g, expected, there)
	}
}

func (d *differ) lists(path []any, want, got []any) {
	for i := range max(len(want), len(got)) {
		var w, g any
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		d.entry(append(path[:len(path):len(path)], i), w, g, i < len(want), i < len(got))
	}
}

func (d *differ) entry(path []any, want, got any, expected, found bool) {
	if expected && found {
		d.compare(path, want, got)
		return
	}
	d.found = append(d.found, Difference{Path: path, Want: want, Got: got, Expected: expected, Found: found})
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
