package threatq

import (
	"fmt"
	"strings"

	"tqmap/dsl/prose"
)

// Change is one step of a Plan, for people to read.
type Change struct {
	// Op is "~" for another value, "+" for a new one, "-" for one that goes.
	Op string
	// Part is what of the object changes: "field", "attribute", "source", "tag" or "related".
	Part string
	// Name is that of the field or attribute; of something related, its collection. Else "".
	Name string
	// Old and New are the values, in full; "" is none.
	Old, New string
}

// Changes lists the plan, one change after the other, in a fixed order.
func (p Plan) Changes() []Change {
	var out []Change
	add := func(op, part, name, old, new string) { out = append(out, Change{op, part, name, old, new}) }
	for _, f := range p.Fields {
		add("~", "field", f.Field, f.Old, f.New)
	}
	for _, a := range p.SetAttributes {
		add("~", "attribute", a.Name, a.Old, a.New)
	}
	for _, a := range p.AddAttributes {
		add("+", "attribute", a.Name, "", a.Value)
	}
	for _, a := range p.DropAttributes {
		add("-", "attribute", a.Name, a.Value, "")
	}
	for _, s := range p.AddSources {
		if s.TLP != "" {
			s.Name += " (TLP:" + s.TLP + ")"
		}
		add("+", "source", "", "", s.Name)
	}
	for _, tag := range p.AddTags {
		add("+", "tag", "", "", tag)
	}
	for _, r := range p.AddRelated {
		add("+", "related", string(r.Collection), "", fmt.Sprint(r.ID))
	}
	return out
}

// String is the change on one line: "~ Severity: 640 -> 870". Long texts are cut.
func (c Change) String() string {
	switch {
	case c.Op == "~":
		return fmt.Sprintf("~ %s: %s -> %s", c.Name, shown(c.Old), shown(c.New))
	case c.Op == "-":
		return fmt.Sprintf("- %s: %s", c.Name, shown(c.Old))
	case c.Part == "attribute":
		return fmt.Sprintf("+ %s: %s", c.Name, shown(c.New))
	case c.Part == "related":
		return fmt.Sprintf("+ related %s %s", c.Name, oneLine(c.New))
	}
	return fmt.Sprintf("+ %s %s", c.Part, c.New)
}

// String lists the plan for people, one change a line: "~" changes, "+" adds and
// "-" removes. Long texts are cut.
func (p Plan) String() string { return Lines(p.Changes()) }

// Lines are the changes one a line.
func Lines(changes []Change) string {
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = c.String()
	}
	return strings.Join(lines, "\n")
}

// shown is a value on one line of bounded length; nothing is said to be nothing.
func shown(s string) string {
	const longest = 120
	s = oneLine(s)
	if s == "" {
		return "(none)"
	}
	return prose.Cut(s, longest)
}
