package dsl

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

// tree is a value of which parts are computed per record: a plain HCL value,
// expr("…"), or an object or list of trees.
type tree struct {
	at     hcl.Range
	name   string // of the attribute, for messages
	plain  hclsyntax.Expression
	src    *code.Source
	expr   *code.Expr
	mode   string // "fixed" or "add" where the value is wrapped in it
	object bool
	keys   []hclsyntax.Expression
	items  []*tree
}

var modes = map[string]bool{"fixed": true, "add": true}

func (d *decoder) tree(e hclsyntax.Expression, name string) *tree {
	t := &tree{at: e.Range(), name: name}
	switch e := e.(type) {
	case *hclsyntax.FunctionCallExpr:
		switch {
		case e.Name == "expr":
			src := d.call(e)
			t.src = &src
			return t
		case e.Name == "jq":
			d.errorf(e.NameRange, "jq not possible here", "%q is computed per record: use expr(…). jq cuts records out of a response.", name)
		case modes[e.Name] && len(e.Args) == 1:
			t = d.tree(e.Args[0], name)
			t.mode = e.Name
			return t
		}
	case *hclsyntax.ObjectConsExpr:
		if hasCode(e) {
			t.object = true
			for _, item := range e.Items {
				t.keys = append(t.keys, item.KeyExpr)
				t.items = append(t.items, d.tree(item.ValueExpr, name))
			}
			return t
		}
	case *hclsyntax.TupleConsExpr:
		if hasCode(e) {
			for _, item := range e.Exprs {
				t.items = append(t.items, d.tree(item, name))
			}
			return t
		}
	}
	if hasCode(e) {
		d.errorf(e.Range(), "Code inside an HCL operation", "expr(…) gives the whole value; put the operation inside it.")
	}
	t.plain = e
	return t
}

// hasCode says whether e contains an expr call or a mode wrapper.
func hasCode(e hclsyntax.Expression) bool {
	found := false
	hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && (call.Name == "expr" || call.Name == "jq" || modes[call.Name]) {
			found = true
		}
		return nil
	})
	return found
}

func (t *tree) compile(env code.Env) hcl.Diagnostics {
	var diags hcl.Diagnostics
	if t.src != nil && t.src.Text != "" {
		t.expr, diags = code.CompileExpr(*t.src, env)
	}
	for _, item := range t.items {
		diags = append(diags, item.compile(env)...)
	}
	return diags
}

// Template is a per-record value whose plain parts have been evaluated for a
// run. The zero Template computes null.
type Template struct {
	at    hcl.Range
	value any // of a plain part
	expr  *code.Expr
	keys  []string
	items []Field
	kind  byte // 0 plain, 'e' expr, 'o' object, 'l' list
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

// Fields returns the entries of an object in file order.
func (t *Template) Fields() []Field { return t.items }

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
		out.value = FromCty(value)
		if value.CanIterateElements() && value.Type().IsObjectType() {
			return out.split(), nil
		}
		return out, nil
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
			field.Name, more = s.key(t.keys[i])
			diags = append(diags, more...)
		}
		out.items = append(out.items, field)
	}
	return out, diags
}

// split makes the fields of a plain object readable one by one.
func (t Template) split() Template {
	m, ok := t.value.(map[string]any)
	if !ok {
		return t
	}
	t.kind = 'o'
	for _, k := range sortedKeys(m) {
		t.items = append(t.items, Field{Name: k, Value: Template{at: t.at, value: m[k]}})
	}
	return t
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

// key evaluates an object key, which may be a bare word.
func (s *Scoped) key(e hclsyntax.Expression) (string, hcl.Diagnostics) {
	v, diags := s.eval(e)
	if diags.HasErrors() {
		return "", diags
	}
	if v.IsNull() || v.Type() != cty.String {
		return "", append(diags, problem(e.Range(), "Text expected", "An object key must be text, this is %s.", strings.TrimSpace(fmt.Sprint(v.Type().FriendlyName()))))
	}
	return v.AsString(), diags
}
