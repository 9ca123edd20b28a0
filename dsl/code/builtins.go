package code

import (
	"slices"

	"github.com/expr-lang/expr/builtin"
)

// Builtins are the functions that expr has by itself and that programs may call,
// by name. Those of Funcs are not among them.
func Builtins() []string {
	var out []string
	for _, name := range builtin.Names {
		if removed()[name] == "" && functionNamed(name) == nil {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
