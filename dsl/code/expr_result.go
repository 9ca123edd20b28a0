package code

import (
	"maps"

	"github.com/expr-lang/expr/ast"
)

// Result is the shape of what the program results in, as far as its types tell. Every
// simple value in it may be null: the checker takes `x ? 'a' : nil` for a string.
func (e *Expr) Result() Shape {
	if e == nil {
		return Shape{}
	}
	return weak(resultOf(e.program.Node()))
}

// resultOf looks into choices itself, of which the checker takes the first for all.
func resultOf(node ast.Node) Shape {
	switch n := node.(type) {
	case *ast.ConditionalNode:
		return either(n.Exp1, n.Exp2)
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return either(n.Left, n.Right)
		}
	case *ast.VariableDeclaratorNode:
		return resultOf(n.Expr)
	case *ast.SequenceNode:
		return resultOf(n.Nodes[len(n.Nodes)-1])
	case *ast.MapNode:
		return mapResult(n)
	}
	return natureShape(node.Nature())
}

func mapResult(n *ast.MapNode) Shape {
	fields := map[string]Shape{}
	for _, p := range n.Pairs {
		pair, ok := p.(*ast.PairNode)
		if !ok {
			return Shape{}
		}
		key, ok := pair.Key.(*ast.StringNode)
		if !ok {
			return Shape{}
		}
		fields[key.Value] = resultOf(pair.Value)
	}
	return ObjectOf(fields)
}

// either is the shape of a value that is one of two.
func either(a, b ast.Node) Shape {
	if _, none := a.(*ast.NilNode); none {
		return resultOf(b)
	}
	if _, none := b.(*ast.NilNode); none {
		return resultOf(a)
	}
	return join(resultOf(a), resultOf(b))
}

func join(a, b Shape) Shape {
	if a.Kind != b.Kind || a.Kind != Object {
		if a.Kind != b.Kind || a.Kind == List {
			return Shape{}
		}
		return a
	}
	out := Shape{Kind: Object, Open: a.Open || b.Open, Fields: maps.Clone(a.Fields)}
	for name, field := range b.Fields {
		if have, ok := out.Fields[name]; ok {
			field = join(have, field)
		}
		if out.Fields == nil {
			out.Fields = map[string]Shape{}
		}
		out.Fields[name] = field
	}
	return out
}

func weak(s Shape) Shape {
	s.Optional = true
	fields := map[string]Shape{}
	for name, field := range s.Fields {
		fields[name] = weak(field)
	}
	if s.Kind == Object {
		s.Fields = fields
	}
	if s.Elem != nil {
		elem := weak(*s.Elem)
		s.Elem = &elem
	}
	return s
}
