package dsl

import (
	"context"
	"maps"
	"path"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl/code"
)

// shape is what records of a flow look like: as the source says, else as the
// recorded samples show. Without either, fields are not checked.
func (m *Mapping) shape(d *decoder, f *Flow) code.Shape {
	if own := f.Source.Spec.Yields; own != nil {
		return *own
	}
	if f.Record.Node.Val("extract") != nil && f.Record.Extract == nil {
		return code.Shape{} // a mistake in extract says nothing about the fields
	}
	v := f.Record.Node.Val("samples")
	if v == nil {
		d.warn(f.Record.Node.Range, "No samples", "Record %q names no samples, so the fields that expr uses are not checked. Record an answer and name it: samples = \"testdata/…/*.json\".", f.Record.Name)
		return code.Shape{}
	}
	pattern := f.Record.Node.Read(m.staticScope()).String("samples", "")
	names, err := m.glob(path.Clean(pattern))
	if err != nil || len(names) == 0 {
		d.warn(v.Range, "No samples", "No file fits %q, beside the mapping or among the built-in ones, so the fields that expr uses are not checked.", pattern)
		return code.Shape{}
	}
	var records []any
	for _, name := range names {
		more, err := m.sample(f.Record, name)
		if err != nil {
			d.errorf(v.Range, "Unusable sample", "%s: %s.", name, err)
			continue
		}
		records = append(records, more...)
	}
	if len(records) == 0 {
		return code.Shape{}
	}
	return code.Infer(records)
}

func (m *Mapping) sample(rec *Record, name string) ([]any, error) {
	src, err := m.ReadFile(name)
	if err != nil {
		return nil, err
	}
	body, err := code.Decode(src)
	if err != nil || rec.Extract == nil {
		return []any{body}, err
	}
	return rec.Extract.Run(context.Background(), body, map[string]any{})
}

func (d *decoder) warn(at hcl.Range, summary, format string, args ...any) {
	diag := problem(at, summary, format, args...)
	diag.Severity = hcl.DiagWarning
	d.diags = append(d.diags, diag)
}

// env is what expr may name beside a record.
func (m *Mapping) env(rec *Record) code.Env {
	params, locals, tables := map[string]code.Shape{}, map[string]code.Shape{}, map[string]code.Shape{}
	for _, p := range m.Params {
		if !p.Sensitive { // a mapping may be shared: code never sees a secret
			params[p.Name] = code.Shape{Optional: true}
		}
	}
	for _, v := range m.locals {
		locals[v.Attr.Name] = code.Shape{Optional: true}
	}
	find := code.Shape{Kind: code.Function, Func: func(any) (any, error) { return nil, nil }}
	for _, t := range m.Tables {
		tables[t.Name] = code.ObjectOf(map[string]code.Shape{"lookup": find, "reverse": find})
	}
	text := code.Shape{Kind: code.String}
	return code.Env{
		rec.Name: rec.Shape, "now": {Kind: code.Time},
		"param": code.ObjectOf(params), "local": code.ObjectOf(locals), "table": code.ObjectOf(tables),
		"connector": code.ObjectOf(map[string]code.Shape{"name": text, "title": text, "version": text, "source": text}),
	}
}

// withEach adds `each`: an element of what forEach computes.
func withEach(env code.Env, forEach *code.Expr) code.Env {
	env = maps.Clone(env)
	env["each"] = code.Shape{}
	if forEach != nil {
		env["each"] = forEach.Elem()
	}
	return env
}

// withCurrent adds `current`: the object as ThreatQ holds it.
func withCurrent(env code.Env, current code.Shape) code.Env {
	env = maps.Clone(env)
	env["current"] = current
	return env
}
