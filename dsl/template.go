package dsl

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

// Template is a per-record value whose plain parts have been evaluated for a
// run. The zero Template computes null.
type Template struct {
	at    hcl.Range
	value any // of a plain part
	expr  *code.Expr
	items []Field
	kind  byte // 0 plain, 'e' expr, 'o' object, 'l' list
	plain hclsyntax.Expression
}

// Field is one entry of an object Template, in file order.
type Field struct {
	Name string
	// Mode is "fixed" or "add" where the file wraps the value so, else "".
	Mode  string
	Value Template
}

// Range is where the value stands in the mapping file.
func (t *Template) Range() hcl.Range { return t.at }

// Fields returns the entries of an object in file order; by name where the object
// is computed as a whole, as by merge. Other values have none.
func (t *Template) Fields() []Field { return t.items }

// Part is where the part of the value stands that path leads to, by names of objects and
// numbers of lists: the innermost place that the file spells out.
func (t *Template) Part(path ...any) hcl.Range {
	for _, step := range path {
		i := slices.IndexFunc(t.items, func(f Field) bool { return t.kind == 'o' && f.Name == step })
		if n, ok := step.(int); ok && t.kind == 'l' && n < len(t.items) {
			i = n
		}
		if i < 0 {
			break
		}
		t = &t.items[i].Value
	}
	return t.at
}

// Template evaluates the plain parts of a PerRecord attribute in scope.
func (v *Val) Template(s *Scoped) (Template, hcl.Diagnostics) {
	if v == nil {
		return Template{}, nil
	}
	return v.tree.template(s)
}

func (t *tree) template(s *Scoped) (Template, hcl.Diagnostics) {
	out := Template{at: t.at}
	switch {
	case t.expr != nil:
		out.kind, out.expr = 'e', t.expr
		return out, nil
	case t.plain != nil:
		value, diags := s.eval(t.plain)
		if diags.HasErrors() {
			return out, diags
		}
		out.value, out.plain = FromCty(value), t.plain
		return out.split(), nil
	}
	var diags hcl.Diagnostics
	out.kind = 'l'
	if t.object {
		out.kind = 'o'
	}
	for i, item := range t.items {
		sub, more := item.template(s)
		diags = append(diags, more...)
		field := Field{Mode: item.mode, Value: sub}
		if t.object {
			field.Name, more = s.text(t.keys[i])
			diags = append(diags, more...)
		}
		out.items = append(out.items, field)
	}
	return out, diags
}

// split makes the fields of a computed plain object readable one by one, by name.
func (t Template) split() Template {
	m, ok := t.value.(map[string]any)
	if !ok {
		return t
	}
	t.kind = 'o'
	for _, k := range sortedKeys(m) {
		t.items = append(t.items, Field{Name: k, Value: Template{at: t.at, value: m[k], plain: entryOf(t.plain, k)}})
	}
	return t
}

// entryOf is the value under a name in an object that is written out, else all of it.
func entryOf(e hclsyntax.Expression, name string) hclsyntax.Expression {
	obj, ok := e.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return e
	}
	for _, item := range obj.Items {
		if key, diags := item.KeyExpr.Value(nil); !diags.HasErrors() && FromCty(key) == name {
			return item.ValueExpr
		}
	}
	return e
}

// Eval computes the value for one record. An error is a *code.EvalError.
func (t *Template) Eval(vars map[string]any) (any, error) {
	switch t.kind {
	case 'e':
		return t.expr.Eval(vars)
	case 'o':
		out := make(map[string]any, len(t.items))
		for _, f := range t.items {
			v, err := f.Value.Eval(vars)
			if err != nil {
				return nil, err
			}
			out[f.Name] = v
		}
		return out, nil
	case 'l':
		out := make([]any, 0, len(t.items))
		for _, f := range t.items {
			v, err := f.Value.Eval(vars)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	return t.value, nil
}
