package dsl

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
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
	// Locals is $local of jq programs: every local that is not made of a sensitive parameter.
	Locals map[string]any
	// Now is the run's clock.
	Now    time.Time
	Tables *Tables
	// Seen notes what happens in a run; nil: nothing does. See Watch.
	Seen *Seen
	// Lock is how the runs of the instance keep out of each other's way.
	Lock Lock
}

// StandIns gives required texts that are not given a stand-in, and secrets, which may be required
// by the value of another one: where nothing is sent, no address and no password is needed.
func (m *Mapping) StandIns(given map[string]Given, text, origin string) {
	for _, p := range m.Params {
		if _, ok := given[p.Name]; !ok && (p.Required || p.Sensitive) && p.Type == StringParam && p.Default() == "" {
			given[p.Name] = Text(text, origin)
		}
	}
}

// As is the mapping as the instance called name runs it, which connector.instance says;
// "" stands for the connector's own name.
func (m *Mapping) As(name string) *Mapping {
	named := *m
	named.Connector.Instance = cmp.Or(name, m.Connector.Name)
	return &named
}

// Bind gives the mapping its parameters. Errors are *ParamError for a value that
// does not fit, and hcl.Diagnostics for a validation that does not hold or a local
// that cannot be computed. None of them shows a sensitive value.
func (m *Mapping) Bind(given map[string]Given, now time.Time) (*Bound, []error) {
	values, errs := m.paramValues(given)
	if len(errs) > 0 {
		return nil, errs
	}
	b := &Bound{Mapping: m, Now: now, Tables: &Tables{unknown: map[string]map[string]int{}}, Params: map[string]any{}}
	b.Scope = newScoped(map[string]cty.Value{
		"param": cty.ObjectVal(values), "table": m.tableValues(), "connector": m.connectorValue(cty.StringVal(m.Connector.Instance)),
		"now": cty.StringVal(now.UTC().Format(time.RFC3339Nano)),
	})
	for _, p := range m.Params {
		if p.Sensitive {
			b.Scope.secrets = append(b.Scope.secrets, texts(values[p.Name])...)
		} else {
			b.Params[p.Name] = FromCty(values[p.Name])
		}
	}
	locals, failed := m.localValues(b.Scope)
	for _, p := range m.Params {
		if diags := b.validations(p, values, locals); diags.HasErrors() {
			errs = append(errs, diags)
		}
	}
	if len(errs) == 0 && failed.HasErrors() { // else likely for the same reason
		errs = append(errs, failed)
	}
	var bad hcl.Diagnostics
	if b.Lock, bad = b.lock(); len(errs) == 0 && bad.HasErrors() {
		errs = append(errs, bad)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	b.Vars = m.exprVars(b, locals)
	return b, nil
}

func (m *Mapping) paramValues(given map[string]Given) (map[string]cty.Value, []error) {
	values := map[string]cty.Value{}
	var errs []error
	for _, p := range m.Params {
		g := given[p.Name]
		v, err := p.bind(g)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		values[p.Name] = v
	}
	for _, name := range sortedKeys(given) {
		if m.Param(name) == nil {
			unknown := &Param{Name: name}
			errs = append(errs, unknown.wrong(given[name], "No such parameter", "this mapping has no such parameter."+code.Suggest(name, m.paramNames())))
		}
	}
	return values, errs
}

// bind is the value of p: the one given, else the default, else null.
func (p *Param) bind(g Given) (cty.Value, *ParamError) {
	v := cty.NullVal(p.Type.cty())
	if p.fallback != cty.NilVal {
		v = p.fallback
	}
	if g.Value != cty.NilVal {
		fit, err := p.fit(g.Value)
		if err != nil {
			return cty.NilVal, p.wrong(g, "Unsuitable parameter", err.Error())
		}
		v = fit
	}
	if p.Required && (v.IsNull() || v.Type() == cty.String && v.AsString() == "") {
		return cty.NilVal, p.wrong(g, "Parameter needed", fmt.Sprintf("a value is required; give --param %s=… or put it into the settings file", p.Name))
	}
	return v, nil
}

func (m *Mapping) paramNames() []string {
	var out []string
	for _, p := range m.Params {
		out = append(out, p.Name)
	}
	return out
}

// Secrets returns the values that sensitive parameters have with given, for
// redaction: also those that do not fit, and defaults.
func (m *Mapping) Secrets(given map[string]Given) []string {
	var out []string
	for _, p := range m.Params {
		if !p.Sensitive {
			continue
		}
		v := given[p.Name].Value
		if v == cty.NilVal {
			v = p.fallback
		}
		out = append(out, texts(v)...)
		if parsed, err := p.parse(v); err == nil {
			out = append(out, texts(parsed)...)
		}
	}
	out = slices.DeleteFunc(out, func(s string) bool { return s == "" })
	slices.Sort(out)
	return slices.Compact(out)
}

// exprVars is what expr programs may name; it sets the locals of b.
func (m *Mapping) exprVars(b *Bound, locals map[string]cty.Value) map[string]any {
	table := map[string]any{}
	b.Locals = map[string]any{}
	for name, v := range locals {
		if !m.secretLocals[name] {
			b.Locals[name] = FromCty(v)
		}
	}
	for _, t := range m.Tables {
		table[t.Name] = b.Tables.vars(t)
	}
	return map[string]any{
		"param": b.Params, "local": b.Locals, "table": table, "now": b.Now.UTC(),
		"connector": map[string]any{"name": m.Connector.Name, "title": m.Connector.Title, "version": m.Connector.Version, "source": m.Connector.Source, "instance": m.Connector.Instance},
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

func (m *Mapping) connectorValue(instance cty.Value) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"name": cty.StringVal(m.Connector.Name), "title": cty.StringVal(m.Connector.Title),
		"version": cty.StringVal(m.Connector.Version), "source": cty.StringVal(m.Connector.Source), "instance": instance,
	})
}

// staticScope has no names at all.
func (m *Mapping) staticScope() *Scoped { return newScoped(nil) }
