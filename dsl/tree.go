package dsl

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

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
	list   bool
	bad    bool // reported already
	keys   []hclsyntax.Expression
	items  []*tree
}

var modes = map[string]bool{"fixed": true, "add": true}

// place is where in an attribute's value a tree stands.
type place int

const (
	whole place = iota // the value itself
	moded              // the value itself, whose entries may have a mode
	entry              // an entry of that
	inner              // anywhere further in
)

func (d *decoder) tree(e hclsyntax.Expression, name string, at place) *tree {
	for {
		p, ok := e.(*hclsyntax.ParenthesesExpr)
		if !ok {
			break
		}
		e = p.Expression
	}
	t := &tree{at: e.Range(), name: name}
	switch e := e.(type) {
	case *hclsyntax.FunctionCallExpr:
		if e.Name == "expr" {
			src := d.call(e)
			t.src = &src
			return t
		}
		if modes[e.Name] {
			return d.mode(e, name, at)
		}
	case *hclsyntax.ObjectConsExpr:
		if at == whole || at == moded || len(codeCalls(e)) > 0 {
			return d.objectTree(t, e, at)
		}
	case *hclsyntax.TupleConsExpr:
		if len(codeCalls(e)) > 0 {
			t.list = true
			for _, item := range e.Exprs {
				t.items = append(t.items, d.tree(item, name, inner))
			}
			return t
		}
	}
	return d.leaf(t, e)
}

func (d *decoder) objectTree(t *tree, e *hclsyntax.ObjectConsExpr, at place) *tree {
	t.object = true
	next := inner
	if at == moded {
		next = entry
	}
	for _, item := range e.Items {
		if !d.plain(item.KeyExpr, fmt.Sprintf("A name in %q", t.name)) {
			d.used.lost(item.KeyExpr)
			d.used.lost(item.ValueExpr)
			continue
		}
		t.keys = append(t.keys, item.KeyExpr)
		t.items = append(t.items, d.tree(item.ValueExpr, t.name, next))
	}
	return t
}

// mode reads fixed(…) or add(…).
func (d *decoder) mode(e *hclsyntax.FunctionCallExpr, name string, at place) *tree {
	switch {
	case at != entry:
		d.modeMisplaced(e)
	case len(e.Args) != 1:
		d.errorf(e.Range(), "One argument expected", "%s(…) takes one value.", e.Name)
	default:
		t := d.tree(e.Args[0], name, inner)
		t.mode = e.Name
		return t
	}
	d.used.lost(e)
	return &tree{at: e.Range(), name: name, bad: true}
}

func (d *decoder) modeMisplaced(call *hclsyntax.FunctionCallExpr) {
	d.errorf(call.NameRange, "Not possible here", "%s(…) says how an attribute of an object is written, so it stands around the whole value of one: attributes = { \"Name\" = %s(…) }.", call.Name, call.Name)
}

// leaf takes e as plain HCL, in which there must be no code.
func (d *decoder) leaf(t *tree, e hclsyntax.Expression) *tree {
	calls := codeCalls(e)
	if len(calls) == 0 {
		if t.bad = !d.numbers(e); !t.bad {
			t.plain = e
		}
		return t
	}
	t.bad = true
	d.used.lost(e)
	switch call := calls[0]; {
	case call == e:
		d.errorf(call.NameRange, "jq not possible here", "%q is computed per record: use expr(…). jq cuts records out of a response.", t.name)
	case modes[call.Name]:
		d.modeMisplaced(call)
	case misspelt(e):
		call := e.(*hclsyntax.FunctionCallExpr)
		d.errorf(call.NameRange, "Unknown name", "There is no function %q here.%s", call.Name, code.Suggest(call.Name, slices.Sorted(maps.Keys(modes))))
	default:
		d.errorf(e.Range(), "Code inside an HCL operation", "%s(…) gives a whole value; put the operation inside it.", call.Name)
	}
	return t
}

// misspelt tells whether e is a slip of fixed(…) or the like, around code.
func misspelt(e hclsyntax.Expression) bool {
	call, ok := e.(*hclsyntax.FunctionCallExpr)
	if !ok || len(call.Args) != 1 {
		return false
	}
	_, known := functions()[call.Name]
	return !known && code.Near(call.Name, slices.Collect(maps.Keys(modes))) != ""
}

// codeCalls are the calls in e of expr, jq and the modes, in file order.
func codeCalls(e hclsyntax.Expression) []*hclsyntax.FunctionCallExpr {
	var out []*hclsyntax.FunctionCallExpr
	visit(e, func(n hclsyntax.Node) {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && (call.Name == "expr" || call.Name == "jq" || modes[call.Name]) {
			out = append(out, call)
		}
	})
	return out
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
