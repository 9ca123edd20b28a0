package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/dsl/prose"
)

// maxShown is how long code may be to stand in a table.
const maxShown = 56

// mapping is what becomes of each field, flow by flow.
func (g *maker) mapping() {
	g.doc.chapter("Mapping", paragraph("Where each value comes from, with an example made of recorded or made-up records. "+
		"An attribute has one value, which is replaced when it changes; *once* says that it is written with the object and stays, *added* that each value is put beside those there. Values that are null or empty are left out."))
	for _, f := range g.m.Flows {
		g.doc.part(3, "Mapping of "+title(f), g.recordWords(f))
		for _, r := range f.Rules {
			g.rule(f, r)
		}
		switch {
		case f.Items():
			g.items(f)
		case f.Sink != nil:
			g.requests(f)
		}
	}
}

// recordWords say what a record is.
func (g *maker) recordWords(f *dsl.Flow) block {
	name := plain(strings.ReplaceAll(f.Record.Name, "_", " "))
	if f.OfThreatQ() {
		return paragraph(fmt.Sprintf("The record is %s of ThreatQ; %s is its field of that name.", article(name), span(f.Record.Name+".…")))
	}
	var places []string
	for _, p := range g.origins[f].As {
		if len(p) == 0 {
			places = append(places, "the whole answer")
			continue
		}
		places = append(places, "what stands at "+span(p.String())+" of an answer")
	}
	at := cmp.Or(prose.Or(places), "computed of the answer")
	if len(places) > 1 {
		at += "; the paths begin there"
	}
	text := fmt.Sprintf("The record, %s, is %s.", article(name), at)
	for _, each := range f.Source.All("each") {
		text += fmt.Sprintf(" Paths that begin with %s are in the answer to the request for each record.", span("<"+each.Labels[0]+">"))
	}
	return paragraph(text)
}

// rule is the table of one object.
func (g *maker) rule(f *dsl.Flow, r *dsl.Rule) {
	var intro []string
	each := g.elements(f, r)
	if r.ForEach != nil {
		intro = append(intro, "One for each of "+g.readWords(f, r.ForEach, nil)+".")
	}
	if r.When != nil {
		intro = append(intro, "Only where "+g.readWords(f, r.When, each)+".")
	}
	for _, id := range r.Related {
		typ, name, _ := strings.Cut(id, ".")
		intro = append(intro, fmt.Sprintf("Linked to the %s %s.", kindTitle(typ), span(name)))
	}
	if r.Sync != nil {
		intro = append(intro, fmt.Sprintf("Its %s is kept in step with the other side: the attribute %s remembers what both last agreed on, and an analyst's change is not overwritten before it was sent.", r.Sync.Field, plain(r.Sync.Agreed)))
	}
	t := table{head: []string{"From", "To in ThreatQ", "Example", "Note"}}
	for _, field := range ownFields(r) {
		v := r.Node.Val(field)
		if v == nil {
			continue
		}
		template, diags := v.Template(g.bound.Scope)
		if diags.HasErrors() {
			continue
		}
		t.rows = append(t.rows, g.row(f, &template, each, fieldWord(field), fieldSample(g.records[f], r, field), ""))
	}
	t.rows = append(t.rows, g.attributeRows(f, r, each)...)
	heading := fmt.Sprintf("%s %s", firstUpper(kindOf(r)), span(r.Name))
	if r.Name == r.Type {
		heading = firstUpper(kindOf(r))
	}
	heading += " of " + span(f.Name)
	if len(intro) == 0 {
		g.doc.part(4, heading, t)
		return
	}
	g.doc.part(4, heading, paragraph(strings.Join(intro, " ")), t)
}

func (g *maker) attributeRows(f *dsl.Flow, r *dsl.Rule, each *code.Origin) [][]string {
	template, diags := r.Node.Val("attributes").Template(g.bound.Scope)
	if diags.HasErrors() {
		return nil
	}
	if e := template.Expr(); e != nil {
		return [][]string{g.row(f, &template, each, "attributes", "", "")}
	}
	var out [][]string
	for _, a := range template.Fields() {
		mode := map[string]string{"fixed": "once", "add": "added"}[a.Mode]
		out = append(out, g.row(f, &a.Value, each, "attribute **"+plain(a.Name)+"**", attributeSample(g.records[f], r, a.Name), mode))
	}
	return out
}

// elements are what each is in the objects of a rule; nil without for_each.
func (g *maker) elements(f *dsl.Flow, r *dsl.Rule) *code.Origin {
	if r.ForEach == nil {
		return nil
	}
	o := g.traced(f, r.ForEach, nil).Value.Elements()
	return &o
}

// ownFields are the fields of a rule's objects in the order in which people read them.
func ownFields(r *dsl.Rule) []string {
	var out []string
	for _, a := range r.Node.Spec.Attrs {
		if a.Holds == dsl.PerRecord && a.Name != "attributes" {
			out = append(out, a.Name)
		}
	}
	return out
}

func fieldWord(name string) string { return strings.ReplaceAll(name, "_", " ") }

func firstUpper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// row is one field: where it comes from, what it is, an example, a note.
func (g *maker) row(f *dsl.Flow, t *dsl.Template, each *code.Origin, to, example, note string) []string {
	notes := []string{}
	if note != "" {
		notes = append(notes, note)
	}
	from := "fixed"
	switch e := t.Expr(); {
	case e != nil:
		trace := g.traced(f, e, each)
		from = g.fromWords(f, trace)
		notes = append(notes, g.notes(f, e, trace)...)
	case len(t.Fields()) > 0 || len(t.Elements()) > 0:
		from = "several"
	default:
		value, _ := t.Constant()
		if by := g.paramsOf(t.Reads()); len(by) > 0 {
			from = paramWords(by)
		}
		example = cmp.Or(shown(value), example)
	}
	return []string{from, to, sample(g.masked(g.named(example))), strings.Join(notes, "; ")}
}

// maxPlaces is how many places a table names for one value.
const maxPlaces = 5

func (g *maker) fromWords(f *dsl.Flow, trace code.Origins) string {
	names := g.pathTexts(f, trace.Reads)
	if len(names) > maxPlaces {
		names = outermost(names)
	}
	if len(names) > maxPlaces {
		return spans(names[:maxPlaces]) + fmt.Sprintf(" and %d more", len(names)-maxPlaces)
	}
	if len(names) > 0 {
		return spans(names)
	}
	if by := g.paramsOf(rootReads(trace.Reads)); len(by) > 0 {
		return paramWords(by)
	}
	if trace.Fixed {
		return "fixed"
	}
	return "computed"
}

// outermost are the names that do not stand inside another one of them.
func outermost(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(names, func(other string) bool {
			rest, inside := strings.CutPrefix(name, other)
			return inside && rest != "" && strings.ContainsAny(rest[:1], ".[")
		})
	})
}

// rootReads are the names of other things than the record, such as parameters.
func rootReads(paths []code.Path) []dsl.NameRead {
	var out []dsl.NameRead
	for _, p := range paths {
		if root, ok := strings.CutPrefix(first(p), "$"); ok {
			member := "*"
			if len(p) > 1 {
				member = p[1]
			}
			out = append(out, dsl.NameRead{Root: root, Member: member})
		}
	}
	return out
}

func first(p code.Path) string {
	if len(p) == 0 {
		return ""
	}
	return p[0]
}

// notes say how a value is made of what it is made of.
func (g *maker) notes(f *dsl.Flow, e *code.Expr, trace code.Origins) []string {
	var out []string
	for _, name := range trace.Value.Tables {
		table, back := strings.CutSuffix(name, ".reverse")
		words := fmt.Sprintf("by the table [%s](#%s)", span(table), anchor(tableTitle(table)))
		if back {
			words += ", from right to left"
		}
		out = append(out, words)
	}
	looked := len(out) > 0
	if words, only := e.Words(); only && len(words) > 1 {
		return append(out, "one of "+spans(words))
	} else if !only && len(words) > 0 && !trace.Fixed && (looked || len(trace.Value.Calls) == 0) {
		out = append(out, "else "+spans(words))
		looked = true
	}
	outline := e.Outline()
	switch text := prose.OneLine(e.Text()); {
	case trace.Plain && len(trace.Value.Calls) == 0:
	case looked && len(trace.Value.Calls) == 0:
	case strings.Contains(outline, "<") && !strings.HasPrefix(outline, "<") && utf8.RuneCountInString(outline) <= 2*maxShown:
		out = append(out, span(outline))
	case !trace.Plain && utf8.RuneCountInString(text) <= maxShown:
		out = append(out, span(text))
	case len(trace.Value.Calls) > 0:
		calls := trace.Value.Calls
		more := ""
		if len(calls) > 4 {
			calls, more = calls[:4], " …"
		}
		out = append(out, "computed with "+spans(calls)+more)
	case !trace.Plain && len(trace.Value.As) > 1:
		out = append(out, "one of them")
	case !trace.Plain:
		out = append(out, "computed")
	}
	if by := g.paramsOf(rootReads(trace.Reads)); len(by) > 0 && len(g.pathTexts(f, trace.Reads)) > 0 {
		out = append(out, "depends on the "+paramWords(by))
	}
	return out
}

// readWords are a condition or a list: its code where it is short, else what it reads.
func (g *maker) readWords(f *dsl.Flow, e *code.Expr, each *code.Origin) string {
	text := prose.OneLine(e.Text())
	trace := g.traced(f, e, each)
	words := "what is computed of " + g.fromWords(f, trace)
	switch hides := g.hides(f, e, each != nil); {
	case trace.Plain && !hides:
		words = g.fromWords(f, trace)
	case utf8.RuneCountInString(text) <= 2*maxShown && hides:
		words = span(text) + ", computed of " + g.fromWords(f, trace)
	case utf8.RuneCountInString(text) <= 2*maxShown:
		words = span(text)
	}
	if by := g.paramsOf(rootReads(trace.Reads)); len(by) > 0 && !trace.Plain {
		words += " (depends on the " + paramWords(by) + ")"
	}
	return words
}

// hides tells whether a program names fields that the source does not have by that name:
// extract or let has made them.
func (g *maker) hides(f *dsl.Flow, e *code.Expr, each bool) bool {
	const record = "$record"
	for _, p := range e.Origins(map[string]code.Origin{f.Record.Name: code.From(record)}).Reads {
		switch {
		case first(p) == "$each" && each:
			return true
		case first(p) != record || len(p) == 1:
			continue
		}
		o := g.origins[f].Member(p[1])
		if len(o.Of) > 0 || len(o.As) == 0 || o.As[0][len(o.As[0])-1] != p[1] {
			return true
		}
	}
	return false
}

// items is the table of what a sink is given.
func (g *maker) items(f *dsl.Flow) {
	template, diags := f.Sink.Val("item").Template(g.bound.Scope)
	if diags.HasErrors() {
		return
	}
	t := table{head: []string{"From ThreatQ", "To in the item", "Example", "Note"}}
	g.tree(f, &template, nil, &t, func(path []string) string { return itemSample(g.records[f], path) })
	intro := "What is delivered of a record: one item."
	if label := f.Sink.Val("label").Expr(); label != nil {
		intro += " Plans and reports call it by " + g.fromWords(f, g.traced(f, label, nil)) + "."
	}
	if when := f.Sink.Val("when").Expr(); when != nil {
		intro += " Only where " + g.readWords(f, when, nil) + "."
	}
	g.doc.part(4, "Item of "+span(f.Name), paragraph(intro), t)
}

// tree adds a row for each leaf of a value.
func (g *maker) tree(f *dsl.Flow, v *dsl.Template, path []string, t *table, example func([]string) string) {
	if v.Expr() == nil && len(v.Fields()) > 0 && len(v.Elements()) == 0 {
		for _, field := range v.Fields() {
			g.tree(f, &field.Value, append(slices.Clone(path), field.Name), t, example)
		}
		return
	}
	if len(v.Elements()) > 0 {
		for i := range v.Elements() {
			g.tree(f, &v.Elements()[i].Value, append(slices.Clone(path), "[]"), t, example)
		}
		return
	}
	if example == nil {
		example = func([]string) string { return g.example(f, v) }
	}
	to := "the whole item"
	if len(path) > 0 {
		to = span(code.Path(path).String())
	}
	t.rows = append(t.rows, g.row(f, v, nil, to, example(path), ""))
}

// requests is the table of a sink that sends each record by itself.
func (g *maker) requests(f *dsl.Flow) {
	t := table{head: []string{"From ThreatQ", "To in the request", "Example", "Note"}}
	request := f.Sink.Block("request")
	for _, name := range []string{"query", "json", "form", "body"} {
		v := request.Val(name)
		if v == nil || v.Attr.Holds != dsl.PerRecord {
			continue
		}
		if template, diags := v.Template(g.bound.Scope); !diags.HasErrors() {
			g.tree(f, &template, nil, &t, nil)
		}
	}
	var blocks []block
	if when := f.Sink.Val("when").Expr(); when != nil {
		blocks = append(blocks, paragraph("Sent only where "+g.readWords(f, when, nil)+"."))
	}
	g.doc.part(4, "Request of "+span(f.Name), append(blocks, t)...)
	ack, diags := f.Sink.Block("acknowledge").Val("attributes").Template(g.bound.Scope)
	if diags.HasErrors() || len(ack.Fields()) == 0 {
		return
	}
	back := table{head: []string{"From ThreatQ", "To in ThreatQ", "Example", "Note"}}
	for _, a := range ack.Fields() {
		back.rows = append(back.rows, g.row(f, &a.Value, nil, "attribute **"+plain(a.Name)+"** of the event", g.example(f, &a.Value), ""))
	}
	g.doc.part(4, "Noted in ThreatQ by "+span(f.Name), paragraph("Once the other side has taken it."), back)
}
