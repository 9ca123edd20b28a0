package dsl

import (
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Given is a parameter value as an operator gave it.
type Given struct {
	// Value is a text (from a flag or the environment) or an HCL value.
	Value cty.Value
	// Origin says where it came from, for messages: "--param", "TQMAP_X", a file.
	Origin string
}

// Text makes a Given of a text.
func Text(value, origin string) Given { return Given{cty.StringVal(value), origin} }

// Bound is a mapping with the values of one run: parameters, locals, tables
// and clock.
type Bound struct {
	*Mapping
	// Scope is what plain HCL values may name.
	Scope *Scoped
	// Vars is what expr programs may name beside the record.
	Vars map[string]any
	// Params is $param of jq programs: every parameter that is not sensitive.
	Params map[string]any
	// Now is the run's clock.
	Now    time.Time
	Tables *Tables
}

// Bind gives the mapping its parameters. Errors are *ParamError for a value that
// does not fit, and hcl.Diagnostics for a validation that does not hold.
func (m *Mapping) Bind(given map[string]Given, now time.Time) (*Bound, []error) {
	values, errs := m.paramValues(given)
	if len(errs) > 0 {
		return nil, errs
	}
	b := &Bound{Mapping: m, Now: now, Tables: &Tables{unknown: map[string]map[string]int{}}, Params: map[string]any{}}
	ctx := &hcl.EvalContext{Functions: functions(), Variables: map[string]cty.Value{
		"param": cty.ObjectVal(values), "table": m.tableValues(), "connector": m.connectorValue(),
		"now": cty.StringVal(now.UTC().Format(time.RFC3339Nano)),
	}}
	b.Scope = &Scoped{ctx: ctx}
	for _, p := range m.Params {
		if diags := p.validations(b.Scope); diags.HasErrors() {
			errs = append(errs, diags)
		}
		if !p.Sensitive {
			b.Params[p.Name] = FromCty(values[p.Name])
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	locals, diags := m.localValues(ctx)
	if diags.HasErrors() {
		return nil, []error{diags}
	}
	ctx.Variables["local"] = cty.ObjectVal(locals)
	b.Vars = m.exprVars(b, locals)
	return b, nil
}

func (m *Mapping) paramValues(given map[string]Given) (map[string]cty.Value, []error) {
	values := map[string]cty.Value{}
	var errs []error
	for _, p := range m.Params {
		v, origin := cty.NullVal(p.Type.cty()), ""
		if p.fallback != nil {
			v, _ = p.fallback.hcl.Value(nil)
		}
		if g, ok := given[p.Name]; ok {
			v, origin = g.Value, g.Origin
		}
		parsed, err := p.parse(v)
		if err == nil {
			err = p.checkOptions(parsed)
		}
		if err == nil && p.Required && (parsed.IsNull() || parsed.Type() == cty.String && parsed.AsString() == "") {
			err = fmt.Errorf("a value is required; give --param %s=… or put it into the settings file", p.Name)
		}
		if err != nil {
			errs = append(errs, &ParamError{Name: p.Name, Label: p.Label, Origin: origin, Reason: err.Error()})
			continue
		}
		values[p.Name] = parsed
	}
	for _, name := range sortedKeys(given) {
		if m.Param(name) == nil {
			errs = append(errs, &ParamError{Name: name, Origin: given[name].Origin, Reason: "this mapping has no such parameter." + suggest(name, m.paramNames())})
		}
	}
	return values, errs
}

func (m *Mapping) paramNames() []string {
	var out []string
	for _, p := range m.Params {
		out = append(out, p.Name)
	}
	return out
}

// Secrets returns the values of sensitive parameters among given.
func (m *Mapping) Secrets(given map[string]Given) []string {
	var out []string
	for _, p := range m.Params {
		if g, ok := given[p.Name]; ok && p.Sensitive && !g.Value.IsNull() && g.Value.Type() == cty.String {
			out = append(out, g.Value.AsString())
		}
	}
	return out
}

// localValues evaluates the locals, each after those it names.
func (m *Mapping) localValues(ctx *hcl.EvalContext) (map[string]cty.Value, hcl.Diagnostics) {
	done := map[string]cty.Value{}
	open := m.locals
	for len(open) > 0 {
		var later []*Val
		for _, v := range open {
			if waits(v, done) {
				later = append(later, v)
				continue
			}
			ctx.Variables["local"] = cty.ObjectVal(done)
			got, diags := v.hcl.Value(ctx)
			if diags.HasErrors() {
				return nil, diags
			}
			done[v.Attr.Name] = got
		}
		if len(later) == len(open) {
			return nil, hcl.Diagnostics{problem(later[0].Range, "Circular locals", "local.%s depends on itself.", later[0].Attr.Name)}
		}
		open = later
	}
	return done, nil
}

func waits(v *Val, done map[string]cty.Value) bool {
	for _, t := range v.hcl.Variables() {
		if t.RootName() != "local" || len(t) < 2 {
			continue
		}
		if member, ok := t[1].(hcl.TraverseAttr); ok {
			if _, ok := done[member.Name]; !ok {
				return true
			}
		}
	}
	return false
}

func (m *Mapping) exprVars(b *Bound, locals map[string]cty.Value) map[string]any {
	local, table := map[string]any{}, map[string]any{}
	for name, v := range locals {
		local[name] = FromCty(v)
	}
	for _, t := range m.Tables {
		table[t.Name] = b.Tables.vars(t)
	}
	return map[string]any{
		"param": b.Params, "local": local, "table": table, "now": b.Now.UTC(),
		"connector": map[string]any{"name": m.Connector.Name, "title": m.Connector.Title, "version": m.Connector.Version, "source": m.Connector.Source},
	}
}

// tableValues is what plain HCL sees of tables: table.<name> is its rows.
func (m *Mapping) tableValues() cty.Value {
	out := map[string]cty.Value{}
	for _, t := range m.Tables {
		rows := map[string]cty.Value{}
		for _, r := range t.Rows {
			rows[r.Key] = cty.StringVal(r.Value)
		}
		out[t.Name] = cty.ObjectVal(rows)
	}
	return cty.ObjectVal(out)
}

func (m *Mapping) connectorValue() cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"name": cty.StringVal(m.Connector.Name), "title": cty.StringVal(m.Connector.Title),
		"version": cty.StringVal(m.Connector.Version), "source": cty.StringVal(m.Connector.Source),
	})
}

func (m *Mapping) staticScope() *Scoped {
	return &Scoped{ctx: &hcl.EvalContext{Functions: functions()}}
}
