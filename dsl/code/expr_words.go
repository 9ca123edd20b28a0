package code

import "github.com/expr-lang/expr/ast"

// Outline is the text that a program puts together of constants and others, with <name> in
// the place of what is computed: '/items/' + url_encode(each.id) is /items/<id>.
func (e *Expr) Outline() string {
	if e == nil {
		return ""
	}
	tree, err := e.parsed()
	if err != nil {
		return e.src.Text
	}
	n := tree.Node
	if call, ok := n.(*ast.CallNode); ok && len(call.Arguments) > 0 && call.Callee.String() == "cut" {
		n = call.Arguments[0]
	}
	return outline(n)
}

func outline(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.BinaryNode:
		if n.Operator == "+" {
			return outline(n.Left) + outline(n.Right)
		}
	}
	return "<" + firstMember(n) + ">"
}

// firstMember is the last name of the first chain in n.
func firstMember(n ast.Node) string {
	all, inside := &collector{}, map[ast.Node]bool{}
	ast.Walk(&n, all)
	for _, one := range all.nodes {
		if m, ok := one.(*ast.MemberNode); ok {
			inside[m.Node] = true
		}
	}
	for _, one := range all.nodes {
		if m, ok := one.(*ast.MemberNode); ok && !inside[m] {
			if s, ok := m.Property.(*ast.StringNode); ok {
				return s.Value
			}
		}
	}
	return "…"
}

// Words are the constant texts that the program may result in, in the order in which they
// stand in it; only says that it results in nothing else.
func (e *Expr) Words() (words []string, only bool) {
	if e == nil {
		return nil, false
	}
	tree, err := e.parsed()
	if err != nil {
		return nil, false
	}
	return wordsOf(tree.Node)
}

func wordsOf(n ast.Node) ([]string, bool) {
	both := func(a, b ast.Node) ([]string, bool) {
		left, onlyLeft := wordsOf(a)
		right, onlyRight := wordsOf(b)
		return distinctNames(left, right), onlyLeft && onlyRight
	}
	switch n := n.(type) {
	case *ast.StringNode:
		return []string{n.Value}, true
	case *ast.NilNode:
		return nil, true
	case *ast.ConditionalNode:
		return both(n.Exp1, n.Exp2)
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return both(n.Left, n.Right)
		}
	}
	return nil, false
}
