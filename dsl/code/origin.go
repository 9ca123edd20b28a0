package code

import (
	"slices"
	"strings"
)

// Path is a place in what a program is given: names of members, "[]" for the elements of a
// list, "[Name]" for those of a list of named values with that name. The first step of a
// path that does not lead into the record's own source is "$" and a name, such as $param.
type Path []string

func (p Path) String() string {
	var b strings.Builder
	for _, step := range p {
		if strings.ContainsAny(step, " .") && !strings.HasPrefix(step, "[") {
			step = "[" + step + "]"
		}
		if b.Len() > 0 && !strings.HasPrefix(step, "[") {
			b.WriteByte('.')
		}
		b.WriteString(step)
	}
	return b.String()
}

// Origin is where a value comes from, as far as the text of the programs shows it: nothing
// is run. The zero Origin is a constant.
type Origin struct {
	// As are the places at which the value stands as it is; several where it is one of
	// them, or put together of them.
	As []Path
	// Of are the places that it is computed of.
	Of []Path
	// Tables and Calls are what it went through: names of tables, the way back as
	// "name.reverse", and of functions.
	Tables, Calls []string

	fields map[string]Origin
	elem   *Origin
	parts  int // how many origins are inside
}

// maxPlaces and maxParts bound what is followed of programs that put together the same again
// and again; beyond that a value is computed of some of what it is made of.
const (
	maxPlaces = 300
	maxParts  = 2000
)

// From is a value that stands at a place.
func From(steps ...string) Origin { return Origin{As: []Path{steps}} }

// Member is the origin of a member of the value.
func (o Origin) Member(name string) Origin {
	if f, ok := o.fields[name]; ok {
		return f
	}
	out := Origin{Of: o.Of, Tables: o.Tables, Calls: o.Calls}
	for _, p := range o.As {
		out.As = append(out.As, p.with(name))
	}
	return out
}

// WithMember is the value with a member set.
func (o Origin) WithMember(name string, of Origin) Origin {
	fields := make(map[string]Origin, len(o.fields)+1)
	for k, v := range o.fields {
		fields[k] = v
	}
	o.parts += 1 + of.parts - fields[name].parts
	fields[name] = of
	o.fields = fields
	return o.bounded()
}

// bounded is the value without its parts where there are too many.
func (o Origin) bounded() Origin {
	if o.parts <= maxParts {
		return o
	}
	as := o.As
	o.As = nil // its places are those of the parts, too
	out := computed("", o)
	out.As = as
	return out
}

// Elements is the origin of the elements of the list that the value is.
func (o Origin) Elements() Origin {
	out := Origin{Of: o.Of, Tables: o.Tables, Calls: o.Calls}
	for _, p := range o.As {
		out.As = append(out.As, p.with("[]"))
	}
	if o.elem != nil {
		out = oneOf(*o.elem, out)
	}
	return out
}

// Places are all places that the value depends on, each once: those at which it stands
// before those that it is computed of.
func (o Origin) Places() []Path {
	out := distinct(o.As, o.Of)
	if len(out) > 0 {
		return out
	}
	for _, name := range sortedNames(o.fields) {
		out = distinct(out, o.fields[name].Places())
	}
	if o.elem != nil {
		out = distinct(out, o.elem.Places())
	}
	return out
}

// through are the tables and functions of the value and of what it is made of.
func (o Origin) through() (tables, calls []string) {
	tables, calls = o.Tables, o.Calls
	for _, name := range sortedNames(o.fields) {
		t, c := o.fields[name].through()
		tables, calls = distinctNames(tables, t), distinctNames(calls, c)
	}
	if o.elem != nil {
		t, c := o.elem.through()
		tables, calls = distinctNames(tables, t), distinctNames(calls, c)
	}
	return tables, calls
}

func (p Path) with(step string) Path { return append(slices.Clone(p), step) }

func listOf(elem Origin) Origin {
	return Origin{elem: &elem, parts: 1 + elem.parts}.bounded()
}

// oneOf is one of several values.
func oneOf(all ...Origin) Origin {
	var out Origin
	for _, o := range all {
		out.As, out.Of = distinct(out.As, o.As), distinct(out.Of, o.Of)
		out.Tables, out.Calls = distinctNames(out.Tables, o.Tables), distinctNames(out.Calls, o.Calls)
		for name, f := range o.fields {
			if have, ok := out.fields[name]; ok {
				f = oneOf(have, f)
			}
			out = out.WithMember(name, f)
		}
		if o.elem != nil && out.elem != nil {
			both := oneOf(*out.elem, *o.elem)
			out.parts += both.parts - out.elem.parts
			out.elem = &both
		} else if o.elem != nil {
			out.parts += 1 + o.elem.parts
			out.elem = o.elem
		}
	}
	return out.bounded()
}

// merged is an object with the members of another one put over its own.
func merged(below, above Origin) Origin {
	out := oneOf(Origin{As: below.As, Of: below.Of, Tables: below.Tables, Calls: below.Calls, elem: below.elem},
		Origin{As: above.As, Of: above.Of, Tables: above.Tables, Calls: above.Calls, elem: above.elem})
	for name, f := range below.fields {
		if len(above.As) > 0 { // it may have a member of that name, too
			f = oneOf(above.Member(name), f)
		}
		out = out.WithMember(name, f)
	}
	for name, f := range above.fields {
		out = out.WithMember(name, f)
	}
	return out
}

// computed is a value made of others, by the function called name if it has one.
func computed(name string, of ...Origin) Origin {
	var out Origin
	for _, o := range of {
		out.Of = distinct(out.Of, o.Places())
		tables, calls := o.through()
		out.Tables, out.Calls = distinctNames(out.Tables, tables), distinctNames(out.Calls, calls)
	}
	if name != "" {
		out.Calls = distinctNames(out.Calls, []string{name})
	}
	return out
}

func distinct(a, b []Path) []Path {
	out := a[:len(a):len(a)]
	for _, p := range b {
		if len(out) < maxPlaces && !slices.ContainsFunc(out, func(q Path) bool { return slices.Equal(p, q) }) {
			out = append(out, p)
		}
	}
	return out
}

func distinctNames(a, b []string) []string {
	out := a[:len(a):len(a)]
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func sortedNames(fields map[string]Origin) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Decided is the value with further places that it depends on, such as those of a condition.
func (o Origin) Decided(by []Path) Origin {
	if len(o.As) > 0 {
		for _, p := range by {
			if !slices.ContainsFunc(o.As, func(q Path) bool { return slices.Equal(p, q) }) {
				o.Of = distinct(o.Of, []Path{p})
			}
		}
		return o
	}
	if o.fields == nil && o.elem == nil {
		o.Of = distinct(o.Of, by)
	}
	return o
}
