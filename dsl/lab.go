package dsl

import (
	"maps"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// lab evaluates programs over recorded samples while a mapping is loaded, with the defaults
// of its parameters. What those cannot give is null.
type lab struct {
	flow *Flow
	let  []Field
	env  map[string]any
	ok   bool
}

func (m *Mapping) lab(f *Flow) *lab {
	l := &lab{flow: f}
	b := m.atDefaults()
	l.env = b.Vars
	v := f.Record.Node.Val("let")
	if v != nil && (v.tree == nil || v.tree.bad || len(v.tree.keys) != len(v.tree.items)) {
		return l
	}
	t, diags := v.Template(b.Scope)
	l.let, l.ok = t.Fields(), !diags.HasErrors()
	return l
}

// atDefaults is the mapping without any settings, as it is while it is loaded. Locals that
// cannot be computed then are left out.
func (m *Mapping) atDefaults() *Bound {
	values := map[string]cty.Value{}
	for _, p := range m.Params {
		if values[p.Name] = p.fallback; p.fallback == cty.NilVal {
			values[p.Name] = cty.NullVal(p.Type.cty())
		}
	}
	b := &Bound{Mapping: m, Tables: &Tables{unknown: map[string]map[string]int{}}, Params: m.defaults(), Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	b.Scope = newScoped(map[string]cty.Value{
		"param": cty.ObjectVal(values), "table": m.tableValues(), "connector": m.connectorValue(cty.StringVal(m.Connector.Name)),
		"now": cty.StringVal(b.Now.Format(time.RFC3339Nano)),
	})
	locals, _ := m.localValues(b.Scope)
	b.Vars = m.exprVars(b, locals)
	return b
}

// vars is what expr sees of record, let included; false where that fails.
func (l *lab) vars(record any) (map[string]any, bool) {
	fields, isObject := record.(map[string]any)
	if !l.ok || !isObject && (len(l.let) > 0 || len(l.flow.Source.All("each")) > 0) {
		return nil, false
	}
	vars := maps.Clone(l.env)
	vars[l.flow.Record.Name] = record
	if !isObject {
		return vars, true
	}
	fields = maps.Clone(fields)
	vars[l.flow.Record.Name] = fields
	for _, each := range l.flow.Source.All("each") {
		fields[each.Labels[0]] = nil
	}
	for i := range l.let {
		v, err := l.let[i].Value.Eval(vars)
		if err != nil {
			return nil, false
		}
		fields[l.let[i].Name] = v
	}
	return vars, true
}

// skipped tells whether the mapping leaves the record out, as far as that can be told.
func (l *lab) skipped(vars map[string]any) bool {
	for _, s := range l.flow.Record.Skips {
		if s.When == nil {
			continue
		}
		if v, err := s.When.Eval(vars); err != nil || v == true {
			return true
		}
	}
	for _, r := range l.flow.Record.Rejects {
		if r.When == nil {
			continue
		}
		if v, err := r.When.Eval(vars); err != nil || v == true {
			return true
		}
	}
	return false
}
