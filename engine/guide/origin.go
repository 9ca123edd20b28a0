package guide

import (
	"tqmap/dsl"
	"tqmap/dsl/code"
)

// recordOrigin is where the parts of a flow's record come from: the answer of the server,
// through extract and split, or the source's own record; with what let adds.
func (g *maker) recordOrigin(f *dsl.Flow) code.Origin {
	rec := f.Record
	o := code.From(rec.Name)
	if !f.OfThreatQ() {
		o = code.From()
		if rec.Extract != nil {
			o = rec.Extract.Origins(o)
		} else {
			o = code.From("[]")
		}
		for _, each := range f.Source.All("each") {
			o = o.WithMember(each.Labels[0], code.From("<"+each.Labels[0]+">"))
		}
		if rec.Split != nil {
			o = rec.Split.Origins(o)
		}
	}
	lets, diags := rec.Node.Val("let").Template(g.bound.Scope)
	if diags.HasErrors() {
		return o
	}
	for _, field := range lets.Fields() {
		o = o.WithMember(field.Name, g.templateOrigin(f, &field.Value, map[string]code.Origin{rec.Name: o}))
	}
	return o
}

func (g *maker) templateOrigin(f *dsl.Flow, t *dsl.Template, names map[string]code.Origin) code.Origin {
	if e := t.Expr(); e != nil {
		trace := e.Origins(names)
		return trace.Value.Decided(trace.Reads)
	}
	var out code.Origin
	for _, field := range t.Fields() {
		out = out.WithMember(field.Name, g.templateOrigin(f, &field.Value, names))
	}
	return out
}

// traced follows an expression of the flow; each is what the rule's for_each is of.
func (g *maker) traced(f *dsl.Flow, e *code.Expr, each *code.Origin) code.Origins {
	names := map[string]code.Origin{f.Record.Name: g.origins[f]}
	if each != nil {
		names["each"] = *each
	}
	return e.Origins(names)
}
