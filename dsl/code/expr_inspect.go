package code

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/hashicorp/hcl/v2"
)

// inspect refuses what a program may parse to but not do, and measures how deep
// its predicates nest.
func inspect(src Source, tree *parser.Tree) (depth int, diags hcl.Diagnostics) {
	if tree == nil || tree.Node == nil {
		return 0, nil // it does not parse
	}
	in := &inspector{src: src, at: runeOffsets(src.Text), nest: map[*ast.PredicateNode]nesting{}}
	if n := callTooDeep(tree); n != nil {
		in.problem(n, "Calls nested too deep", fmt.Sprintf("At most %d calls may stand inside one another, or in one pipe. Name a part with let.", maxCalls))
		return 0, in.diags
	}
	in.refuseFunctionValues(tree)
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

// refuseFunctionValues finds functions that are not called, which mostly are fields
// whose record was forgotten. At run time they would be null.
func (in *inspector) refuseFunctionValues(tree *parser.Tree) {
	all, called := &collector{}, map[ast.Node]bool{}
	ast.Walk(&tree.Node, all)
	for _, n := range all.nodes {
		if call, ok := n.(*ast.CallNode); ok {
			called[call.Callee] = true
		}
	}
	for _, n := range all.nodes {
		id, ok := n.(*ast.IdentifierNode)
		if ok && !called[n] && n.Nature().TypeData != nil && n.Nature().Func != nil {
			in.problem(n, "Function without call", fmt.Sprintf("%s is a function: call it with parentheses. If a field is meant, write the record before it, as in alert.%s.", id.Value, id.Value))
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

// errTooDeep ends a check before it starts; inspect explains it.
var errTooDeep = errors.New("calls nested too deep")

// callTooDeep is a call with maxCalls calls inside one another in its arguments,
// or nil. expr's checker looks at the arguments of some calls more than once, so
// that its time would grow with the power of the depth.
func callTooDeep(tree *parser.Tree) ast.Node {
	all, depth := &collector{}, map[ast.Node]int{}
	ast.Walk(&tree.Node, all)
	for _, n := range all.nodes {
		switch n.(type) {
		case *ast.CallNode, *ast.BuiltinNode:
			if depth[n] = 1 + highest(depth, operands(n)); depth[n] > maxCalls {
				return n
			}
		}
	}
	return nil
}

// highest is the largest of the numbers that the nodes and those inside them have.
func highest(numbers map[ast.Node]int, nodes []ast.Node) int {
	most := 0
	for _, n := range nodes {
		inner := &collector{}
		ast.Walk(&n, inner)
		for _, n := range inner.nodes {
			most = max(most, numbers[n])
		}
	}
	return most
}

// collector keeps all nodes, those inside a node before it.
type collector struct{ nodes []ast.Node }

func (c *collector) Visit(n *ast.Node) { c.nodes = append(c.nodes, *n) }
