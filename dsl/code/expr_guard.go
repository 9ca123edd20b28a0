package code

import (
	"reflect"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
)

// guard puts length-checked addition of texts in place of +, and counts what predicates
// result in where that may be text, which loops collect, or where they are nested.
type guard struct{ nested bool }

func (g *guard) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		if n.Operator == "+" && mayBeText(n.Left) && mayBeText(n.Right) {
			ast.Patch(node, call(n, addName, n.Left, n.Right))
		}
	case *ast.PredicateNode:
		if g.nested || mayHoldText(n.Node) {
			n.Node = call(n.Node, stepName, &ast.IdentifierNode{Value: stepsName}, n.Node)
		}
	}
}

func call(at ast.Node, name string, args ...ast.Node) ast.Node {
	out := &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args}
	out.SetLocation(at.Location())
	return out
}

func mayBeText(n ast.Node) bool {
	t := n.Nature().Type
	return !n.Nature().Nil && (t == nil || t.Kind() == reflect.Interface || t.Kind() == reflect.String)
}

// mayHoldText says that a value may be text, or hold some.
func mayHoldText(n ast.Node) bool {
	t := n.Nature().Type
	if n.Nature().Nil || t == nil {
		return t == nil
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Float64:
		return false
	}
	return true
}

// addCheck knows that what is added to a text is one, and the sum too.
func addCheck(args []reflect.Type) (reflect.Type, error) {
	for _, t := range args {
		if t != nil && t.Kind() == reflect.String {
			return t, nil
		}
	}
	return reflect.TypeFor[value](), nil
}

func add(args ...any) (any, error) {
	a, okA := args[0].(string)
	b, okB := args[1].(string)
	if !okA || !okB {
		return runtime.Add(args[0], args[1]), nil
	}
	if len(a)+len(b) > maxText {
		return nil, textTooLong("+")
	}
	return a + b, nil
}

// spent is what the loops of one evaluation took.
type spent struct{ steps, text int }

func step(args ...any) (any, error) {
	s := args[0].(*spent)
	if s.steps++; s.steps > maxSteps {
		return nil, faultf("nested loops took more than %d steps; loop over fewer elements", maxSteps)
	}
	left, text := maxElements, maxLoopText-s.text
	weigh(args[1], &left, &text)
	if s.text = maxLoopText - text; text < 0 {
		return nil, faultf("the loops made more than %d bytes of text; loop over fewer elements", maxLoopText)
	}
	return args[1], nil
}
