package code

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

var (
	mismatched = regexp.MustCompile(`^invalid operation: .* \(mismatched types (.+) and (.+)\)$`)
	notAmong   = regexp.MustCompile(`^cannot use (.+) as type (.+) in (?:array|map key)$`)
)

// differing explains what expr's checker says of an operator between two values of different kinds.
func differing(tree *parser.Tree, at file.Location, message string) (string, bool) {
	m := mismatched.FindStringSubmatch(message)
	among := m == nil
	if among {
		m = notAmong.FindStringSubmatch(message)
	}
	n := binaryAt(tree, at)
	if m == nil || n == nil {
		return "", false
	}
	left, right := operandKind(m[1]), operandKind(m[2])
	if left == right {
		return "", false
	}
	if among {
		return fmt.Sprintf("%s is %s, and what it is looked for in holds %ss: it is never there. %s", n.Left, article(left), right, unlikeHint(n, left, right)), true
	}
	return fmt.Sprintf("%s is %s, %s is %s: %s. %s", n.Left, article(left), n.Right, article(right), unlikeOutcome(n.Operator), unlikeHint(n, left, right)), true
}

func unlikeOutcome(operator string) string {
	switch operator {
	case "==", "!=":
		return "they are never equal"
	case "<", "<=", ">", ">=":
		return "neither is the greater one"
	case "+":
		return "they cannot be added"
	}
	return operator + " does not take them both"
}

// unlikeHint is how both sides become alike: what is written out is written otherwise, a value converted.
func unlikeHint(n *ast.BinaryNode, left, right string) string {
	have, want := kindCalled(left), kindCalled(right)
	_, list := n.Right.(*ast.ArrayNode)
	switch compares := slices.Contains([]string{"==", "!=", "<", "<=", ">", ">=", "in"}, n.Operator); {
	case left == "null" || right == "null":
		return "Give what may be absent a fallback with ??."
	case slices.Contains([]string{"and", "or", "&&", "||"}, n.Operator):
		return "Each side is a condition, true or false."
	case n.Operator == "+" && (have == String || want == String):
		return "To join texts, write string(…) around the other one."
	case compares && literalOf(n.Left) != nil && n.Operator != "in":
		return convertHint(want, have)
	case compares && (list || literalOf(n.Right) != nil && n.Operator != "in"):
		return convertHint(have, want)
	case have.numeric() && want == String || have == String && want.numeric():
		return "Convert one side: int(…), string(…)."
	}
	return "Both must be of one kind."
}

// operandKind is what one side is called in messages; the checker calls nil unknown.
func operandKind(name string) string {
	if name == "unknown" {
		return "null"
	}
	return kindName(name)
}

// kindCalled is the kind of that name; Any for what is none.
func kindCalled(name string) Kind {
	for k := Any; k <= Function; k++ {
		if k.String() == name {
			return k
		}
	}
	return Any
}

// binaryAt is the operator with two sides that stands at at; nil if there is none.
func binaryAt(tree *parser.Tree, at file.Location) *ast.BinaryNode {
	if tree == nil || tree.Node == nil {
		return nil
	}
	all := &collector{}
	ast.Walk(&tree.Node, all)
	for _, n := range all.nodes {
		if b, ok := n.(*ast.BinaryNode); ok && b.Location() == at {
			return b
		}
	}
	return nil
}
