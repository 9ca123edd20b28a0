package code

import "github.com/expr-lang/expr/checker/nature"

// Elem is the shape of the elements of the list that the program results in, as
// far as its types tell; any where they do not.
func (e *Expr) Elem() Shape {
	n := e.program.Node().Nature()
	if natureKind(n) != List || n.Ref == nil {
		return Shape{}
	}
	return natureShape(n.Ref)
}

func natureShape(n *nature.Nature) Shape {
	s := Shape{Kind: natureKind(n)}
	if n == nil || n.TypeData == nil {
		return s
	}
	switch s.Kind {
	case List:
		if n.Ref != nil {
			elem := natureShape(n.Ref)
			s.Elem = &elem
		}
	case Object:
		s.Open = !n.Strict
		s.Fields = map[string]Shape{}
		for name, field := range n.Fields {
			s.Fields[name] = natureShape(&field)
		}
	case Function: // what it would call is not known here
		return Shape{}
	}
	return s
}
