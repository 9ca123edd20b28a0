package code

import (
	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm/runtime"
	"github.com/hashicorp/hcl/v2"
)

// Bounds of one evaluation; doc.go tells them to users.
const (
	maxNodes    = 1000
	maxNesting  = 2
	maxElements = 100_000
	maxText     = 1 << 20
	maxSteps    = 2_000_000
)

// Functions that programs cannot call by name; the patcher puts them in.
const (
	addName  = "+"
	stepName = "step "
)

// removed are builtins of expr that mappings do not have, with what to use instead.
func removed() map[string]string {
	return map[string]string{
		"now":      "The run's clock is the variable now: write it without parentheses.",
		"date":     "It guesses layouts and zones. Use time(text), or time(text, zone) where the text names no zone.",
		"timezone": "Give the zone to time(text, zone).",
	}
}

// language is what programs may say.
func language(env Env) []expr.Option {
	out := []expr.Option{expr.Env(env.types()), expr.MaxNodes(maxNodes)}
	for name := range removed() {
		out = append(out, expr.DisableBuiltin(name))
	}
	for _, f := range table() {
		out = append(out, expr.DisableBuiltin(f.Name), expr.Function(f.Name, f.call, f.types...))
	}
	return out
}

// bounds puts limits into a program that has been checked.
func bounds(nested bool) []expr.Option {
	return []expr.Option{
		expr.Function(addName, add, new(func(string, string) string), new(func(any, any) any)),
		expr.Function(stepName, step, new(func(any, any) any)),
		expr.Patch(&guard{nested: nested}),
	}
}

// guard puts length-checked addition of texts in place of +, and, where
// predicates are nested, counts the steps of each.
type guard struct{ nested bool }

func (g *guard) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		if n.Operator == "+" && mayBeText(n.Left) && mayBeText(n.Right) {
			ast.Patch(node, call(n, addName, n.Left, n.Right))
		}
	case *ast.PredicateNode:
		if g.nested {
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
	k := natureKind(n.Nature())
	return k == String || k == Any && n.Nature().Type == nil && !n.Nature().Nil
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

func step(args ...any) (any, error) {
	left := args[0].(*int)
	if *left++; *left > maxSteps {
		return nil, faultf("nested loops took more than %d steps; loop over fewer elements", maxSteps)
	}
	return args[1], nil
}

// inspect refuses what a program may parse to but not do, and measures how deep
// its predicates nest.
func inspect(src Source, tree *parser.Tree) (depth int, diags hcl.Diagnostics) {
	if tree == nil || tree.Node == nil {
		return 0, nil // it does not parse
	}
	in := &inspector{src: src, at: runeOffsets(src.Text), nest: map[*ast.PredicateNode]nesting{}}
	ast.Walk(&tree.Node, in)
	return in.deepest, in.diags
}

type inspector struct {
	src     Source
	at      []int
	nest    map[*ast.PredicateNode]nesting
	deepest int
	diags   hcl.Diagnostics
}

// nesting is how many predicates a predicate is made of, one inside the other,
// and the innermost of them.
type nesting struct {
	levels    int
	innermost *ast.PredicateNode
}

// Visit sees the children of a node before the node.
func (in *inspector) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.PredicateNode:
		in.measure(n)
	case *ast.IdentifierNode:
		if n.Value == "$env" {
			in.problem(n, "No access to all names", "$env would switch off the check of names. Write the name itself.")
		}
	case *ast.CallNode:
		if id, ok := n.Callee.(*ast.IdentifierNode); ok && removed()[id.Value] != "" {
			in.problem(id, "Function not available", id.Value+"() is not available in mappings. "+removed()[id.Value])
		}
	}
}

func (in *inspector) measure(p *ast.PredicateNode) {
	deepest := nesting{innermost: p}
	inner := &collector{}
	ast.Walk(&p.Node, inner)
	for _, n := range inner.nodes {
		if q, ok := n.(*ast.PredicateNode); ok && in.nest[q].levels > deepest.levels {
			deepest = in.nest[q]
		}
	}
	deepest.levels++
	in.nest[p] = deepest
	in.deepest = max(in.deepest, deepest.levels)
	if deepest.levels == maxNesting+1 {
		in.problem(deepest.innermost.Node, "Loops nested too deep", "Two predicates inside one another are the limit, because each multiplies the work. Cut the data with jq first.")
	}
}

func (in *inspector) problem(n ast.Node, summary, detail string) {
	from, to := bytesOf(in.at, n.Location())
	in.diags = append(in.diags, in.src.problem(from, to, summary, "%s", detail))
}

type collector struct{ nodes []ast.Node }

func (c *collector) Visit(n *ast.Node) { c.nodes = append(c.nodes, *n) }
