package code

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"
)

// Fixed is the truth that a condition has whatever the record holds; ok is false where
// it depends on the record.
func (e *Expr) Fixed() (truth, ok bool) {
	if e == nil {
		return false, false
	}
	return fold(e.tree)
}

// fold knows literals, comparisons of them, and what and, or and not make of those.
func fold(n ast.Node) (truth, ok bool) {
	switch n := n.(type) {
	case *ast.BoolNode:
		return n.Value, true
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			truth, ok = fold(n.Node)
			return !truth, ok
		}
	case *ast.BinaryNode:
		return foldBinary(n)
	}
	return false, false
}

func foldBinary(n *ast.BinaryNode) (truth, ok bool) {
	if op := connective(n); op != "" {
		decides := op == "or" // what ends it, whatever the other side is
		left, okLeft := fold(n.Left)
		right, okRight := fold(n.Right)
		switch {
		case okLeft && left == decides, okRight && right == decides, clash(n) != nil:
			return decides, true
		}
		return right, okLeft && okRight
	}
	return compare(n.Operator, literalOf(n.Left), literalOf(n.Right))
}

// connective is "and", "or" or "".
func connective(n ast.Node) string {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return ""
	}
	return map[string]string{"and": "and", "&&": "and", "or": "or", "||": "or"}[b.Operator]
}

// constant is the value of a literal.
type constant struct{ value any }

func literalOf(n ast.Node) *constant {
	switch n := n.(type) {
	case *ast.StringNode:
		return &constant{n.Value}
	case *ast.IntegerNode:
		return &constant{n.Value}
	case *ast.FloatNode:
		return &constant{n.Value}
	case *ast.BoolNode:
		return &constant{n.Value}
	case *ast.UnaryNode:
		if v := literalOf(n.Node); v != nil && n.Operator == "-" {
			if i, ok := v.value.(int); ok {
				return &constant{-i}
			}
		}
	}
	return nil
}

func compare(op string, a, b *constant) (truth, ok bool) {
	if a == nil || b == nil {
		return false, false
	}
	switch op {
	case "==":
		return a.value == b.value, kindOf(a.value) == kindOf(b.value)
	case "!=":
		return a.value != b.value, kindOf(a.value) == kindOf(b.value)
	}
	x, okX := a.value.(int)
	y, okY := b.value.(int)
	order, known := map[string][]int{"<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {1, 0}}[op]
	return slices.Contains(order, cmp.Compare(x, y)), known && okX && okY
}

// clash is the second comparison of one value with another literal in an and, which is never
// true, or of != in an or, which always is.
func clash(n *ast.BinaryNode) ast.Node {
	op := connective(n)
	want := map[string]string{"and": "==", "or": "!="}[op]
	seen := map[string]any{}
	for _, part := range parts(n, op) {
		b, ok := part.(*ast.BinaryNode)
		if !ok || b.Operator != want {
			continue
		}
		of, lit := b.Left, literalOf(b.Right)
		if lit == nil {
			of, lit = b.Right, literalOf(b.Left)
		}
		if lit == nil || literalOf(of) != nil {
			continue
		}
		if before, again := seen[of.String()]; again && before != lit.value {
			return b
		}
		seen[of.String()] = lit.value
	}
	return nil
}

// parts are what op joins in n, from left to right.
func parts(n ast.Node, op string) []ast.Node {
	if connective(n) != op {
		return []ast.Node{n}
	}
	b := n.(*ast.BinaryNode)
	return append(parts(b.Left, op), parts(b.Right, op)...)
}

// Suspects are the comparisons that come out the same for every record, as warnings.
func (e *Expr) Suspects() hcl.Diagnostics {
	if e == nil {
		return nil
	}
	var out hcl.Diagnostics
	inner := map[ast.Node]bool{} // parts of a longer and, or
	for _, n := range slices.Backward(e.nodes()) {
		b, ok := n.(*ast.BinaryNode)
		if !ok {
			continue
		}
		op := connective(b)
		for _, side := range []ast.Node{b.Left, b.Right} {
			inner[side] = op != "" && connective(side) == op
		}
		if op != "" && !inner[b] {
			out = append(out, e.clashing(b, op)...)
		}
		if op == "" {
			out = append(out, e.comparison(b)...)
		}
	}
	return out
}

func (e *Expr) suspect(n ast.Node, summary, format string, args ...any) hcl.Diagnostics {
	at := e.rangeOf(n)
	d := problem(at, e.src.whole, summary, fmt.Sprintf(format, args...))
	d.Severity = hcl.DiagWarning
	return hcl.Diagnostics{d}
}

func (e *Expr) clashing(n *ast.BinaryNode, op string) hcl.Diagnostics {
	second := clash(n)
	switch {
	case second == nil:
		return nil
	case op == "or":
		return e.suspect(second, "Always true", "One value always differs from one of two texts: with != on both sides, and is meant.")
	}
	return e.suspect(second, "Never true", "One value never equals two things at once: or is meant, or in […].")
}

func (e *Expr) comparison(n *ast.BinaryNode) hcl.Diagnostics {
	switch truth, ok := compare(n.Operator, literalOf(n.Left), literalOf(n.Right)); {
	case ok && truth:
		return e.suspect(n, "Always true", "Both sides are written out, so this is true for every record.")
	case ok:
		return e.suspect(n, "Never true", "Both sides are written out, so this is false for every record.")
	}
	if n.Operator == "in" {
		return e.among(n)
	}
	of, lit := n.Left, n.Right
	if literalOf(lit) == nil {
		of, lit = lit, of
	}
	if literalOf(lit) == nil || !slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, n.Operator) {
		return nil
	}
	return e.against(of, lit)
}

func (e *Expr) among(n *ast.BinaryNode) hcl.Diagnostics {
	var out hcl.Diagnostics
	if list, ok := n.Right.(*ast.ArrayNode); ok {
		for _, item := range list.Nodes {
			if literalOf(item) != nil {
				out = append(out, e.against(n.Left, item)...)
			}
		}
	}
	return out
}

// against reports a literal that the value of a field or parameter never is.
func (e *Expr) against(of, lit ast.Node) hcl.Diagnostics {
	s, value := e.shapeOf(of), literalOf(lit).value
	text, isText := value.(string)
	switch kind := kindOf(value); {
	case len(s.Options) > 0 && isText && !slices.Contains(s.Options, text):
		return e.suspect(lit, "Not an option", "%s never is %q: that is none of its options.%s", of, text, Suggest(text, s.Options))
	case s.Kind == Any || s.Kind == kind || isNumber(s.Kind) && isNumber(kind):
		return nil
	default:
		return e.suspect(lit, "Kinds that differ", "%s is %s wherever it is known, this is %s: they are never equal. %s", of, article(s.Kind.String()), article(kind.String()), convertHint(s.Kind, kind))
	}
}

func isNumber(k Kind) bool { return k == Int || k == Float }

func convertHint(have, want Kind) string {
	switch {
	case have == String && isNumber(want):
		return "Write the number in quotes, or compare int(…)."
	case want == String && isNumber(have):
		return "Leave the quotes out."
	case want == String && have == Bool:
		return "Leave the quotes out: true or false."
	case want == String && have == Time:
		return "Compare with time('…')."
	}
	return "Compare with a value of its kind."
}
