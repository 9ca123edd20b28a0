package dsl

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Part is where the part of a plain value stands that path leads to, by names of objects
// and numbers of lists: the innermost place that the file spells out. The zero Range of
// no value.
func (v *Val) Part(path ...any) hcl.Range {
	if v == nil {
		return hcl.Range{}
	}
	e, _ := v.part(path)
	return e.Range()
}

// part is the innermost expression that path leads to, and how many steps of it are left.
func (v *Val) part(path []any) (e hclsyntax.Expression, left []any) {
	e = bare(v.hcl)
	for len(path) > 0 {
		next := child(e, path[0])
		if next == nil {
			return e, path
		}
		e, path = bare(next), path[1:]
	}
	return e, nil
}

func bare(e hclsyntax.Expression) hclsyntax.Expression {
	for {
		p, ok := e.(*hclsyntax.ParenthesesExpr)
		if !ok {
			return e
		}
		e = p.Expression
	}
}

func child(e hclsyntax.Expression, step any) hclsyntax.Expression {
	switch e := e.(type) {
	case *hclsyntax.ObjectConsExpr:
		if i := itemCalled(e, step); i >= 0 {
			return e.Items[i].ValueExpr
		}
	case *hclsyntax.TupleConsExpr:
		if i, ok := step.(int); ok && i < len(e.Exprs) {
			return e.Exprs[i]
		}
	}
	return nil
}

// itemCalled is the place among the items of e, -1 if it has none of that name.
func itemCalled(e *hclsyntax.ObjectConsExpr, name any) int {
	for i, item := range e.Items {
		if key, diags := newScoped(nil).text(item.KeyExpr); !diags.HasErrors() && key == name {
			return i
		}
	}
	return -1
}
