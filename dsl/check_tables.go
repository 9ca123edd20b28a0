package dsl

import (
	"strings"

	"tqmap/dsl/code"
)

// rows reports rows of tables that a lookup of lower(…) or upper(…) never finds.
func (c *checker) rows(e *code.Expr) {
	for _, look := range e.Lookups() {
		t := c.m.table(look.Table)
		if t == nil || t.fold {
			continue
		}
		fold := map[string]func(string) string{"lower": strings.ToLower, "upper": strings.ToUpper}[look.Case]
		for _, l := range c.d.lines(t.Node.Val("rows"), c.m.staticScope()) {
			text, at := l.key, l.keyAt
			if look.Reverse {
				text, at = l.value, l.valueAt
			}
			if fold(text) != text {
				c.d.warnOnce(at, "Row never found", "Table %q is asked for %s(…) in line %d, which never is %q. Say ignore_case = true, or write it so.", t.Name, look.Case, look.At.Start.Line, text)
				break // the others are of the same mistake
			}
		}
	}
}
