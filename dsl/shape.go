package dsl

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

// shape is what records of a flow look like: as the source says, else as the mapping
// does, else as the recorded samples show. Without any, fields are not checked.
func (m *Mapping) shape(d *decoder, f *Flow) code.Shape {
	if own := f.Source.Spec.Yields; own != nil {
		for _, name := range []string{"extract", "split", "samples", "shape"} {
			if v := f.Record.Node.Val(name); v != nil {
				d.errorf(v.NameRange, "Without effect", "The source %q makes its records itself: there are no answers that %q could be about.", f.Source.Kind(), name)
			}
		}
		return *own
	}
	for name, program := range map[string]*code.JQ{"extract": f.Record.Extract, "split": f.Record.Split} {
		if f.Record.Node.Val(name) != nil && program == nil {
			return code.Shape{} // a mistake in it says nothing about the fields
		}
	}
	outline := f.Record.Node.Val("shape")
	seen, some := m.seen(d, f, outline != nil)
	switch {
	case outline == nil:
		return seen
	case outline.bad:
		return code.Shape{}
	case some:
		d.outlived(outline, seen)
	}
	return outline.outline
}

// seen is what the samples look like; false where there are none, which is told unless the
// mapping says by itself what records look like.
func (m *Mapping) seen(d *decoder, f *Flow, outlined bool) (code.Shape, bool) {
	v := f.Record.Node.Val("samples")
	if v == nil && outlined {
		return code.Shape{}, false
	}
	if v == nil {
		d.warn(f.Record.Node.Range, "No samples", "Record %q names no samples, so the fields that expr uses are not checked. Record an answer and name it: samples = \"testdata/…/*.json\".", f.Record.Name)
		return code.Shape{}, false
	}
	pattern := d.static(f.Record.Node, m.staticScope()).String("samples", "")
	if pattern == "" && (v.bad || !isText(v)) {
		return code.Shape{}, false // the checker says what is wrong with it
	}
	names, err := m.glob(pattern)
	if err != nil || len(names) == 0 || pattern == "" {
		d.warn(v.Range, "No samples", "No file fits %q, beside the mapping or among the built-in ones, so the fields that expr uses are not checked.", pattern)
		return code.Shape{}, false
	}
	records := m.samples(d, f, names)
	return code.Infer(records), len(records) > 0
}

func isText(v *Val) bool {
	got, diags := v.Value(newScoped(nil))
	return !diags.HasErrors() && !got.IsNull()
}

// samples are the records in the files called names. A mistake of extract or split is
// reported once, where it stands.
func (m *Mapping) samples(d *decoder, f *Flow, names []string) []any {
	if f.Source.lost["decode"] {
		return nil
	}
	var out []any
	for _, name := range names {
		more, err := m.sample(f, name)
		var failed *code.EvalError
		if errors.As(err, &failed) {
			for _, diag := range failed.Diagnostics() {
				diag.Detail += fmt.Sprintf(" (In the sample %s.)", name)
				d.diags = append(d.diags, diag)
			}
			f.Record.pages = nil
			return nil
		}
		if errors.As(err, new(hcl.Diagnostics)) {
			return nil // the decode block is wrong, which is reported there
		}
		if err != nil {
			d.errorf(f.Record.Node.Val("samples").Range, "Unusable sample", "%s: %s.", name, strings.TrimSuffix(err.Error(), "."))
			continue
		}
		out = append(out, more.records...)
		f.Record.pages = append(f.Record.pages, more)
	}
	return out
}

// sample cuts the records out of one file.
func (m *Mapping) sample(f *Flow, name string) (page, error) {
	src, err := m.ReadFile(name)
	if err != nil {
		return page{}, err
	}
	return m.page(f, name, src)
}

// Records cuts the records of f out of a recorded answer as a run would, with the defaults
// of the parameters and without what `each` and `let` add. The error is an
// [*code.EvalError] where extract or split fails.
func (m *Mapping) Records(f *Flow, answer []byte) ([]any, error) {
	p, err := m.page(f, "", answer)
	return p.records, err
}

func (m *Mapping) page(f *Flow, name string, src []byte) (page, error) {
	documents, rest, err := m.documents(f, src)
	if err != nil {
		return page{}, err
	}
	out := page{name: name, src: src, documents: len(documents), rest: rest}
	for _, doc := range documents {
		more, err := m.cut(f.Record, doc)
		if err == nil && len(f.Source.All("each")) == 0 {
			more, err = m.split(f.Record, more)
		}
		if err != nil {
			return page{}, err
		}
		out.records = append(out.records, more...)
	}
	return out, nil
}

// SampleRecords are the records in the samples that f names.
func (m *Mapping) SampleRecords(f *Flow) ([]any, error) {
	var out []any
	for _, name := range m.SampleFiles(f) {
		more, err := m.sample(f, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, more.records...)
	}
	return out, nil
}

func (m *Mapping) split(rec *Record, records []any) ([]any, error) {
	if rec.Split == nil {
		return records, nil
	}
	var out []any
	for _, r := range records {
		more, err := rec.Split.Run(context.Background(), r, m.jqValues()...)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func (m *Mapping) documents(f *Flow, src []byte) (documents []any, rest any, err error) {
	if m.vocabulary.Sample != nil {
		return m.vocabulary.Sample(f.Source.Block("decode"), src)
	}
	body, err := code.Decode(src)
	return []any{body}, body, err
}

func (m *Mapping) cut(rec *Record, doc any) ([]any, error) {
	if rec.Extract != nil {
		return rec.Extract.Run(context.Background(), doc, m.jqValues()...)
	}
	if list, ok := doc.([]any); ok {
		return list, nil
	}
	return []any{doc}, nil
}

// defaults is $param of a run without any settings.
func (m *Mapping) defaults() map[string]any {
	out := map[string]any{}
	for _, p := range m.Params {
		if !p.Sensitive {
			out[p.Name] = nil
			if p.fallback != cty.NilVal {
				out[p.Name] = FromCty(p.fallback)
			}
		}
	}
	return out
}

func (d *decoder) warn(at hcl.Range, summary, format string, args ...any) {
	diag := problem(at, summary, format, args...)
	diag.Severity = hcl.DiagWarning
	d.diags = append(d.diags, diag)
}

// Env is what an expr about the records of f may name.
func (m *Mapping) Env(f *Flow) code.Env { return m.env(f.Record) }

// env is what expr may name beside a record.
func (m *Mapping) env(rec *Record) code.Env {
	params, locals, tables := map[string]code.Shape{}, map[string]code.Shape{}, map[string]code.Shape{}
	for _, p := range m.Params {
		if !p.Sensitive { // a mapping may be shared: code never sees a secret
			params[p.Name] = code.Shape{Kind: p.Type.kind(), Optional: true, Options: p.Options}
		}
	}
	for _, v := range m.locals {
		if !m.secretLocals[v.Attr.Name] {
			locals[v.Attr.Name] = code.Shape{Optional: true}
		}
	}
	find := code.Shape{Kind: code.Function, Func: func(any) (any, error) { return nil, nil }}
	for _, t := range m.Tables {
		tables[t.Name] = code.ObjectOf(map[string]code.Shape{"lookup": find, "reverse": find})
	}
	text := code.Shape{Kind: code.String}
	return code.Env{
		rec.Name: rec.Shape, "now": {Kind: code.Time},
		"param": m.names("param", params), "local": m.names("locals", locals), "table": m.names("table", tables),
		"connector": code.ObjectOf(map[string]code.Shape{"name": text, "title": text, "version": text, "source": text, "instance": text}),
	}
}

// names is an object of what is declared; open after a mistake in a declaration.
func (m *Mapping) names(block string, fields map[string]code.Shape) code.Shape {
	return code.Shape{Kind: code.Object, Fields: fields, Open: m.lost[block]}
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
