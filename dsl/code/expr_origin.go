package code

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
)

// Origins is what the text of a program says of where its result comes from.
type Origins struct {
	Value Origin
	// Reads are all places that the program looks at: those of Value first, then those
	// that only decide, such as a condition.
	Reads []Path
	// Plain says that the program is one chain of members and nothing else.
	Plain bool
	// Fixed says that nothing is read at all.
	Fixed bool
}

// Origins follows the names in the program. from are the origins of those that are known,
// such as the record and each; any other one is "$" and the name.
func (e *Expr) Origins(from map[string]Origin) Origins {
	if e == nil {
		return Origins{Fixed: true}
	}
	tree, err := e.parsed()
	if err != nil {
		return Origins{} // it was compiled, so it parses
	}
	t := &exprTracer{names: from}
	value := t.value(tree.Node)
	value.Tables, value.Calls = value.through()
	value.Tables, value.Calls = distinctNames(value.Tables, t.tables), distinctNames(value.Calls, t.calls)
	reads := distinct(value.Places(), t.reads)
	return Origins{Value: value, Reads: reads, Plain: chain(tree.Node), Fixed: len(reads) == 0}
}

func (e *Expr) parsed() (*parser.Tree, error) {
	c := conf.CreateNew()
	for _, option := range language(e.src.Text, e.env) {
		option(c)
	}
	for name := range c.Disabled {
		delete(c.Builtins, name)
	}
	return parser.ParseWithConfig(e.src.Text, c)
}

// chain tells whether n is names and members only.
func chain(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return true
	case *ast.ChainNode:
		return chain(n.Node)
	case *ast.MemberNode:
		switch n.Property.(type) {
		case *ast.StringNode, *ast.IntegerNode:
			return chain(n.Node)
		}
	}
	return false
}

type exprTracer struct {
	names         map[string]Origin
	element       []Origin // what # is, the innermost last
	reads         []Path   // what only decides
	tables, calls []string
}

// decides notes what a value does not consist of, but depends on.
func (t *exprTracer) decides(n ast.Node) {
	if n == nil {
		return
	}
	t.decided(t.value(n))
}

func (t *exprTracer) decided(o Origin) {
	t.reads = distinct(t.reads, o.Places())
	tables, calls := o.through()
	t.tables, t.calls = distinctNames(t.tables, tables), distinctNames(t.calls, calls)
}

func (t *exprTracer) value(n ast.Node) Origin {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		if o, ok := t.names[n.Value]; ok {
			return o
		}
		return From("$" + n.Value)
	case *ast.PointerNode:
		if n.Name == "" && len(t.element) > 0 {
			return t.element[len(t.element)-1]
		}
	case *ast.ChainNode:
		return t.value(n.Node)
	case *ast.MemberNode:
		return t.member(n)
	case *ast.SliceNode:
		t.decides(n.From)
		t.decides(n.To)
		return t.value(n.Node)
	case *ast.PredicateNode:
		return t.value(n.Node)
	case *ast.ConditionalNode:
		then, otherwise := t.value(n.Exp1), t.value(n.Exp2)
		t.decides(n.Cond)
		return oneOf(then, otherwise)
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return oneOf(t.value(n.Left), t.value(n.Right))
		}
		return computed("", t.value(n.Left), t.value(n.Right))
	case *ast.UnaryNode:
		return computed("", t.value(n.Node))
	case *ast.CallNode:
		return t.call(n)
	case *ast.BuiltinNode:
		return t.function(n.Name, n.Arguments)
	}
	return t.composite(n)
}

func (t *exprTracer) composite(n ast.Node) Origin {
	switch n := n.(type) {
	case *ast.VariableDeclaratorNode:
		names := make(map[string]Origin, len(t.names)+1)
		for k, v := range t.names {
			names[k] = v
		}
		names[n.Name] = t.value(n.Value)
		outer := t.names
		t.names = names
		defer func() { t.names = outer }()
		return t.value(n.Expr)
	case *ast.SequenceNode:
		var last Origin
		for _, one := range n.Nodes {
			last = t.value(one)
		}
		return last
	case *ast.ArrayNode:
		return listOf(oneOf(t.values(n.Nodes)...))
	case *ast.MapNode:
		var out Origin
		for _, pair := range n.Pairs {
			if p, ok := pair.(*ast.PairNode); ok {
				if key, ok := p.Key.(*ast.StringNode); ok {
					out = out.WithMember(key.Value, t.value(p.Value))
				}
			}
		}
		return out
	}
	return Origin{}
}

func (t *exprTracer) values(nodes []ast.Node) []Origin {
	var out []Origin
	for _, n := range nodes {
		out = append(out, t.value(n))
	}
	return out
}

func (t *exprTracer) member(n *ast.MemberNode) Origin {
	base := t.value(n.Node)
	switch p := n.Property.(type) {
	case *ast.StringNode:
		return base.Member(p.Value)
	case *ast.IntegerNode, *ast.UnaryNode:
		return base.Elements()
	default:
		of, name := t.value(p), "*"
		t.decided(of)
		if chain(p) && len(of.As) == 1 && len(of.As[0]) > 0 {
			name = "<" + of.As[0][len(of.As[0])-1] + ">"
		}
		return base.Member(name)
	}
}

func (t *exprTracer) call(n *ast.CallNode) Origin {
	if name, way, ok := lookup(n.Callee); ok {
		if way == "reverse" {
			name += ".reverse"
		}
		out := computed("", t.values(n.Arguments)...)
		out.Tables = distinctNames(out.Tables, []string{name})
		return out
	}
	id, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return computed("", t.values(n.Arguments)...)
	}
	return t.function(id.Value, n.Arguments)
}

// lookup is the table that table.name.lookup or .reverse stands for.
func lookup(callee ast.Node) (name, way string, ok bool) {
	outer, ok := callee.(*ast.MemberNode)
	if !ok {
		return "", "", false
	}
	inner, ok := outer.Node.(*ast.MemberNode)
	if !ok {
		return "", "", false
	}
	root, isRoot := inner.Node.(*ast.IdentifierNode)
	table, isName := inner.Property.(*ast.StringNode)
	method, isMethod := outer.Property.(*ast.StringNode)
	if !isRoot || !isName || !isMethod || root.Value != "table" {
		return "", "", false
	}
	return table.Value, method.Value, true
}

// passing are the functions that give a list of elements of the one they take.
var passing = []string{"unique", "uniq", "compact", "sort", "reverse", "take"}

func (t *exprTracer) function(name string, args []ast.Node) Origin {
	if len(args) > 1 {
		if p, ok := args[1].(*ast.PredicateNode); ok {
			return t.predicate(name, args, p)
		}
	}
	switch {
	case name == "first_of":
		return oneOf(t.values(args)...)
	case name == "merge":
		var out Origin
		for _, o := range t.values(args) {
			out = merged(out, o)
		}
		return out
	case name == "concat":
		var all []Origin
		for _, o := range t.values(args) {
			all = append(all, o.Elements())
		}
		return listOf(oneOf(all...))
	case len(args) == 0:
		return Origin{}
	case slices.Contains(passing, name):
		for _, more := range args[1:] {
			t.decides(more)
		}
		return t.value(args[0])
	case name == "first" || name == "last":
		return t.value(args[0]).Elements()
	case name == "flatten":
		inner := t.value(args[0]).Elements()
		if inner.elem != nil {
			return listOf(inner.Elements())
		}
		return listOf(inner)
	}
	all := t.values(args)
	if len(args) == 2 {
		if key, ok := args[1].(*ast.StringNode); ok {
			return named(name, all, key.Value)
		}
	}
	return computed(name, all...)
}

// named is what a function of a value and a text gives: some take out what has that name.
func named(function string, args []Origin, key string) Origin {
	of := args[0]
	switch function {
	case "get":
		return of.Member(key)
	case "pluck":
		return listOf(of.Elements().Member(key))
	case "attribute_values":
		var out Origin
		for _, p := range of.As {
			out.As = append(out.As, p.with("["+key+"]"))
		}
		out.Of, out.Tables, out.Calls = of.Of, of.Tables, of.Calls
		return listOf(out)
	}
	return computed(function, args...)
}

func (t *exprTracer) predicate(name string, args []ast.Node, p *ast.PredicateNode) Origin {
	list := t.value(args[0])
	t.element = append(t.element, list.Elements())
	defer func() { t.element = t.element[:len(t.element)-1] }()
	switch name {
	case "map":
		return listOf(t.value(p))
	case "filter", "sortBy":
		t.decides(p)
		return list
	case "find", "findLast":
		t.decides(p)
		return list.Elements()
	}
	return computed(strings.TrimSpace(name), list, t.value(p))
}
