package guide

import (
	"slices"
	"strings"

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

// places are paths as code with commas between.
func (g *maker) places(f *dsl.Flow, paths []code.Path) string {
	return spans(g.pathTexts(f, paths))
}

// pathTexts are the fields of the source among paths, each once. Where a record may stand at
// several places, they are told from the record on.
func (g *maker) pathTexts(f *dsl.Flow, paths []code.Path) []string {
	var out []string
	at := g.origins[f].As
	for _, p := range paths {
		if strings.HasPrefix(first(p), "$") {
			continue
		}
		if len(at) > 1 {
			p = below(p, at)
		}
		text := p.String()
		if text == "" {
			text = f.Record.Name
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// below is p from the longest of the places on that it begins with.
func below(p code.Path, at []code.Path) code.Path {
	longest := 0
	for _, a := range at {
		if len(a) <= len(p) && len(a) > longest && slices.Equal(a, p[:len(a)]) {
			longest = len(a)
		}
	}
	return p[longest:]
}
