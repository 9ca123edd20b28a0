package guide

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sort"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine"
)

// record is one that the mapping makes something of, with the settings that it was mapped by.
type record struct {
	engine.Mapped
	bound *dsl.Bound
}

// mapped are records of a flow that the mapping makes something of, those that show the most
// first: of the samples and of the tests.
func (g *maker) mapped(ctx context.Context, f *dsl.Flow) []record {
	var all []record
	keep := func(b *dsl.Bound, m engine.Mapped) bool {
		if m.Dead == nil && m.Skipped == "" {
			all = append(all, record{m, b})
		}
		return true
	}
	run := func(b *dsl.Bound) *engine.Run {
		return &engine.Run{Bound: b, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	}
	for _, name := range g.m.SampleFiles(f) {
		if body, err := g.m.ReadFile(name); err == nil {
			_ = run(g.bound).PreviewAnswer(ctx, f, body, func(m engine.Mapped) bool { return keep(g.bound, m) }) // a sample that cannot be read shows nothing
		}
	}
	for _, t := range g.m.Tests {
		if t.Flow != f {
			continue
		}
		bound, err := bindTest(g.m, t, g.in.Params, g.in.Now)
		if err != nil {
			continue
		}
		more, _ := run(bound).MapTest(ctx, t) // what is wrong with a test, tqmap test says
		for _, m := range more {
			keep(bound, m)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return weight(&all[i].Mapped) > weight(&all[j].Mapped) })
	return all
}

func (g *maker) masked(text string) string {
	if g.in.Mask == nil {
		return text
	}
	return g.in.Mask(text)
}

// weight is how much a record shows.
func weight(m *engine.Mapped) int {
	n := 0
	for i := range m.Objects {
		n += 1 + len(m.Objects[i].Attributes)
	}
	if m.Item != nil {
		n += filled(m.Item.Body)
	}
	return n
}

func filled(v any) int {
	switch v := v.(type) {
	case map[string]any:
		n := 0
		for _, e := range v {
			n += filled(e)
		}
		return n
	case []any:
		n := 0
		for _, e := range v {
			n += filled(e)
		}
		return n
	}
	if text, ok := code.Text(v); ok && text != "" {
		return 1
	}
	return 0
}

// fieldSample is a value that a field of the rule's objects has in some record; "" if none has.
func fieldSample(all []record, r *dsl.Rule, field string) string {
	return objectSample(all, r, func(o *engine.Object) string {
		switch field {
		case "description":
			return o.Description
		case "tags":
			if len(o.Tags) > 0 {
				return o.Tags[0]
			}
			return ""
		case "tlp":
			if len(o.Sources) > 0 {
				return o.Sources[0].TLP
			}
			return ""
		}
		return o.Text(field)
	})
}

func attributeSample(all []record, r *dsl.Rule, name string) string {
	return objectSample(all, r, func(o *engine.Object) string {
		i := slices.IndexFunc(o.Attributes, func(a engineAttribute) bool { return a.Name == name })
		if i < 0 {
			return ""
		}
		return o.Attributes[i].Value
	})
}

func objectSample(all []record, r *dsl.Rule, of func(*engine.Object) string) string {
	for i := range all {
		for j := range all[i].Objects {
			o := &all[i].Objects[j]
			if o.Rule != r {
				continue
			}
			if text := of(o); text != "" {
				return text
			}
		}
	}
	return ""
}

// itemSample is a value at a place of the items: names, and "[]" for the first element.
func itemSample(all []record, path []string) string {
	for i := range all {
		if all[i].Item == nil {
			continue
		}
		if text := textAt(all[i].Item.Body, path); text != "" {
			return text
		}
	}
	return ""
}

func textAt(v any, path []string) string {
	for _, step := range path {
		switch on := v.(type) {
		case map[string]any:
			v = on[step]
		case []any:
			if len(on) == 0 {
				return ""
			}
			v = on[0]
		default:
			return ""
		}
	}
	text, _ := code.Text(v)
	if n, ok := v.(int); ok {
		text = fmt.Sprint(n)
	}
	return text
}

// example is what a value of a flow comes out as for some record; "" if it does for none.
func (g *maker) example(f *dsl.Flow, t *dsl.Template) string {
	for i := range g.records[f] {
		r := &g.records[f][i]
		if v, err := t.Eval(r.vars(f)); err == nil {
			if text := shown(v); text != "" {
				return text
			}
		}
	}
	return ""
}

// vars are what expr sees beside a record, and the record with what let adds.
func (r *record) vars(f *dsl.Flow) map[string]any {
	vars := maps.Clone(r.bound.Vars)
	vars[f.Record.Name] = r.Record
	fields, ok := r.Record.(map[string]any)
	lets, diags := f.Record.Node.Val("let").Template(r.bound.Scope)
	if !ok || diags.HasErrors() {
		return vars
	}
	fields = maps.Clone(fields)
	vars[f.Record.Name] = fields
	for _, let := range lets.Fields() {
		fields[let.Name], _ = let.Value.Eval(vars) // the record was mapped, so it can be computed
	}
	return vars
}
