package code

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"
)

// Sum is where an instant is moved that the program results in: by + or -, add or add_date;
// false for a program that leaves it as it is. Texts that are put together are no sum.
func (e *Expr) Sum() (hcl.Range, bool) {
	if e == nil {
		return hcl.Range{}, false
	}
	n := (&summing{e: e, lets: map[string]ast.Node{}}).find(e.tree)
	if n == nil {
		return hcl.Range{}, false
	}
	return e.rangeOf(n), true
}

type summing struct {
	e      *Expr
	lets   map[string]ast.Node
	number bool // inside unix(…), where a number is often put together of two fields
}

func (s *summing) find(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.BinaryNode:
		switch {
		case n.Operator == "??":
			return s.first(n.Left, n.Right)
		case n.Operator != "+" && n.Operator != "-":
			return s.scaled(n)
		case s.isText(n.Left) || s.isText(n.Right):
			return nil
		case s.number && literalOf(n.Left) == nil && literalOf(n.Right) == nil:
			return s.first(n.Left, n.Right)
		}
		return n
	case *ast.ConditionalNode:
		return s.first(n.Exp1, n.Exp2)
	case *ast.VariableDeclaratorNode:
		s.lets[n.Name] = n.Value
		return s.find(n.Expr)
	case *ast.SequenceNode:
		return s.find(n.Nodes[len(n.Nodes)-1])
	case *ast.IdentifierNode:
		value := s.lets[n.Value]
		delete(s.lets, n.Value)
		if value != nil {
			return s.find(value)
		}
	case *ast.CallNode, *ast.BuiltinNode:
		return s.call(n)
	}
	return nil
}

// scaled looks into numbers that are brought to another unit.
func (s *summing) scaled(n *ast.BinaryNode) ast.Node {
	if s.number && slices.Contains([]string{"*", "/"}, n.Operator) {
		return s.first(n.Left, n.Right)
	}
	return nil
}

func (s *summing) call(n ast.Node) ast.Node {
	name, args := called(n)
	switch {
	case len(args) == 0:
		return nil
	case name == "add" || name == "add_date":
		if call, ok := n.(*ast.CallNode); ok {
			return call.Callee
		}
		return n
	case name == "first_of":
		return s.first(args...)
	case slices.Contains([]string{"unix", "unix_ms", "unix_us"}, name):
		inside := *s
		inside.number = true
		return inside.find(args[0])
	case slices.Contains([]string{"time", "rfc3339", "rfc3339_ms", "truncate", "int", "round", "epoch", "epoch_ms"}, name):
		return s.find(args[0])
	}
	return nil
}

func (s *summing) first(nodes ...ast.Node) ast.Node {
	for _, n := range nodes {
		if found := s.find(n); found != nil {
			return found
		}
	}
	return nil
}

func (s *summing) isText(n ast.Node) bool {
	if b, ok := n.(*ast.BinaryNode); ok && b.Operator == "+" {
		return s.isText(b.Left) || s.isText(b.Right)
	}
	name, _ := called(n)
	return natureKind(n.Nature()) == String || s.e.shapeOf(n).Kind == String || name == "string" || name == "format"
}

// Fraction is where a program computes with numbers that have a fraction, or reads such a
// field; false for one that does not, or rounds it away.
func (e *Expr) Fraction() (hcl.Range, bool) {
	if e == nil {
		return hcl.Range{}, false
	}
	n := e.fraction(e.tree)
	if n == nil {
		return hcl.Range{}, false
	}
	return e.rangeOf(n), true
}

func (e *Expr) fraction(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.FloatNode:
		return n
	case *ast.MemberNode, *ast.ChainNode:
		if e.shapeOf(n).Kind == Float {
			return n
		}
		return nil
	case *ast.BinaryNode:
		switch n.Operator {
		case "/":
			return n
		case "+", "-", "*", "??":
			return e.fractionOf(n.Left, n.Right)
		}
		return nil
	case *ast.ConditionalNode:
		return e.fractionOf(n.Exp1, n.Exp2)
	}
	if name, args := called(n); name == "string" || name == "first_of" || name == "join" {
		return e.fractionOf(args...)
	}
	if array, ok := n.(*ast.ArrayNode); ok {
		return e.fractionOf(array.Nodes...)
	}
	return nil
}

func (e *Expr) fractionOf(nodes ...ast.Node) ast.Node {
	for _, n := range nodes {
		if found := e.fraction(n); found != nil {
			return found
		}
	}
	return nil
}
