package console

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"tqmap/dsl/code"
)

// Complete finds what the word that ends at byte pos of line may become. from is where
// that word, or its last part behind a dot, begins; the names are sorted.
func (c *Console) Complete(line string, pos int) (from int, names []string) {
	before := line[:pos]
	if strings.HasPrefix(before, ":") && !strings.Contains(before, " ") {
		for _, one := range commands() {
			names = append(names, ":"+one.name)
		}
		return 0, fitting(names, before)
	}
	start := strings.LastIndexFunc(before, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.?[]", r)
	}) + 1
	path := strings.Split(strings.ReplaceAll(before[start:], "?", ""), ".")
	last := path[len(path)-1]
	from = pos - len(last)
	shape := code.ObjectOf(c.env)
	if strings.HasPrefix(line, "jq ") {
		shape, path = c.env[c.flow.Record.Name], path[min(1, len(path)-1):]
	}
	for _, name := range path[:len(path)-1] {
		shape = member(shape, name)
	}
	names = slices.Sorted(maps.Keys(shape.Fields))
	if len(path) == 1 && !strings.HasPrefix(line, "jq ") {
		for _, f := range code.Funcs() {
			names = append(names, f.Name+"(")
		}
		slices.Sort(names)
	}
	return from, fitting(names, last)
}

// member is what name, such as "items[]" or "items[0]", leads to.
func member(s code.Shape, name string) code.Shape {
	name, index, indexed := strings.Cut(name, "[")
	s = s.Fields[name]
	for range strings.Count(index, "]") {
		if indexed && s.Elem != nil {
			s = *s.Elem
		}
	}
	return s
}

func fitting(names []string, prefix string) []string {
	return slices.Compact(slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, prefix) }))
}
