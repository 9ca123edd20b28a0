package code

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"
)

// Range is where the program stands.
func (e *Expr) Range() hcl.Range { return e.src.Range(0, len(e.src.Text)) }

// Text is the program as it is written.
func (e *Expr) Text() string {
	if e == nil {
		return ""
	}
	return e.src.Text
}

// Reads tells whether the program reads one of names.
func (e *Expr) Reads(names ...string) bool {
	return e != nil && slices.ContainsFunc(e.nodes(), func(n ast.Node) bool {
		id, ok := n.(*ast.IdentifierNode)
		return ok && slices.Contains(names, id.Value)
	})
}

// Path is the names of a program that only reads a field: alert.host.name; nil for others.
func (e *Expr) Path() []string {
	if e == nil {
		return nil
	}
	return pathOf(e.tree)
}

func pathOf(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return []string{n.Value}
	case *ast.ChainNode:
		return pathOf(n.Node)
	case *ast.MemberNode:
		name, ok := n.Property.(*ast.StringNode)
		if base := pathOf(n.Node); ok && base != nil {
			return append(base, name.Value)
		}
	}
	return nil
}

// nodes are all parts of the program, those inside a part before it.
func (e *Expr) nodes() []ast.Node {
	all := &collector{}
	ast.Walk(&e.tree, all)
	return all.nodes
}

func (e *Expr) rangeOf(n ast.Node) hcl.Range {
	from, to := bytesOf(runeOffsets(e.src.Text), n.Location())
	return e.src.Range(from, to)
}

// shapeOf is what the samples and declarations say of a field; anything where they say nothing.
func (e *Expr) shapeOf(n ast.Node) Shape {
	path := pathOf(n)
	if path == nil || slices.ContainsFunc(e.nodes(), func(n ast.Node) bool {
		v, ok := n.(*ast.VariableDeclaratorNode)
		return ok && v.Name == path[0]
	}) {
		return Shape{}
	}
	s := e.env[path[0]]
	for _, name := range path[1:] {
		if s.Kind != Object {
			return Shape{}
		}
		s = s.Fields[name]
	}
	return s
}

// called is the name of the function that n calls, with its arguments.
func called(n ast.Node) (string, []ast.Node) {
	switch n := n.(type) {
	case *ast.CallNode:
		if id, ok := n.Callee.(*ast.IdentifierNode); ok {
			return id.Value, n.Arguments
		}
	case *ast.BuiltinNode:
		return n.Name, n.Arguments
	}
	return "", nil
}

// Outcome is something fixed that a program may result in: a text of its own, or what is
// in a table.
type Outcome struct {
	Text string
	At   hcl.Range
	// Table, where it is not empty, is the table whose values come out; its keys with Reverse.
	Table   string
	Reverse bool
}

// Outcomes looks through choices for what a program may result in. What is computed is
// left out.
func (e *Expr) Outcomes() []Outcome {
	if e == nil {
		return nil
	}
	return e.outcomes(e.tree)
}

func (e *Expr) outcomes(n ast.Node) []Outcome {
	switch n := n.(type) {
	case *ast.StringNode:
		return []Outcome{{Text: n.Value, At: e.rangeOf(n)}}
	case *ast.ConditionalNode:
		return append(e.outcomes(n.Exp1), e.outcomes(n.Exp2)...)
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return append(e.outcomes(n.Left), e.outcomes(n.Right)...)
		}
	case *ast.VariableDeclaratorNode:
		return e.outcomes(n.Expr)
	case *ast.SequenceNode:
		return e.outcomes(n.Nodes[len(n.Nodes)-1])
	case *ast.ChainNode:
		return e.outcomes(n.Node)
	case *ast.CallNode:
		if path := pathOf(n.Callee); len(path) == 3 && path[0] == "table" {
			return []Outcome{{At: e.rangeOf(n), Table: path[1], Reverse: path[2] == "reverse"}}
		}
	}
	name, args := called(n)
	if name != "first_of" {
		return nil
	}
	var out []Outcome
	for _, arg := range args {
		out = append(out, e.outcomes(arg)...)
	}
	return out
}

// Lookup is a place where a program looks up, in a table, a text all in one case.
type Lookup struct {
	Outcome
	Case string // lower or upper
}

// Lookups are those places.
func (e *Expr) Lookups() []Lookup {
	if e == nil {
		return nil
	}
	var out []Lookup
	for _, n := range e.nodes() {
		call, ok := n.(*ast.CallNode)
		if !ok || len(call.Arguments) != 1 {
			continue
		}
		path := pathOf(call.Callee)
		if name, _ := called(call.Arguments[0]); len(path) == 3 && path[0] == "table" && (name == "lower" || name == "upper") {
			out = append(out, Lookup{Outcome{At: e.rangeOf(n), Table: path[1], Reverse: path[2] == "reverse"}, name})
		}
	}
	return out
}
