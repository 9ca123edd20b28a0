package threatq

import (
	"fmt"
	"strings"
)

// String lists the plan for people, one change a line: "~" changes, "+" adds and
// "-" removes. Long texts are cut.
func (p Plan) String() string {
	var b strings.Builder
	line := func(sign, what, format string, values ...any) {
		fmt.Fprintf(&b, "%s %s"+format+"\n", append([]any{sign, what}, values...)...)
	}
	for _, f := range p.Fields {
		line("~", f.Field, ": %s -> %s", shown(f.Old), shown(f.New))
	}
	for _, a := range p.SetAttributes {
		line("~", a.Name, ": %s -> %s", shown(a.Old), shown(a.New))
	}
	for _, a := range p.AddAttributes {
		line("+", a.Name, ": %s", shown(a.Value))
	}
	for _, a := range p.DropAttributes {
		line("-", a.Name, ": %s", shown(a.Value))
	}
	for _, s := range p.AddSources {
		if s.TLP != "" {
			s.Name += " (TLP:" + s.TLP + ")"
		}
		line("+", "source", " %s", s.Name)
	}
	for _, tag := range p.AddTags {
		line("+", "tag", " %s", tag)
	}
	for _, r := range p.AddRelated {
		line("+", "related", " %s %d", r.Collection, r.ID)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// shown is a value on one line of bounded length; nothing is said to be nothing.
func shown(s string) string {
	const longest = 120
	s = oneLine(s)
	if s == "" {
		return "(none)"
	}
	if r := []rune(s); len(r) > longest {
		return string(r[:longest-1]) + "…"
	}
	return s
}
