package dsl

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

// Node is one block of a mapping file, decoded and checked against its Block.
// The engine reads the blocks of its own kinds (auth, paginate, source, sink)
// through it.
type Node struct {
	Spec   *Block
	Labels []string
	// Range is the block's header, where messages about the whole block point.
	Range  hcl.Range
	typ    string // "auth" in auth "login", where Spec is the kind's
	values map[string]*Val
	blocks []*Node
	lost   map[string]bool // types of blocks in it that a mistake made us leave out
}

// Kind is the label that chose this block, e.g. "login" in auth "login".
func (n *Node) Kind() string {
	if n == nil || len(n.Labels) == 0 {
		return ""
	}
	return n.Labels[0]
}

// Val returns the attribute called name, nil where the file leaves it out.
// Every method of a nil *Val answers with the zero value.
func (n *Node) Val(name string) *Val {
	if n == nil {
		return nil
	}
	return n.values[name]
}

// Block returns the first block of the given type, or nil.
func (n *Node) Block(typ string) *Node {
	if all := n.All(typ); len(all) > 0 {
		return all[0]
	}
	return nil
}

// All returns the blocks of the given type in file order.
func (n *Node) All(typ string) []*Node {
	if n == nil {
		return nil
	}
	var out []*Node
	for _, b := range n.blocks {
		if b.typ == typ {
			out = append(out, b)
		}
	}
	return out
}

// Val is one attribute of a Node.
type Val struct {
	Attr Attr
	// Range is the value, NameRange the attribute's name.
	Range, NameRange hcl.Range

	file []byte // that it stands in
	hcl  hclsyntax.Expression
	src  code.Source // of an Expr or a JQ
	expr *code.Expr
	jq   *code.JQ
	// shared is of a JQ that is definitions
	shared *code.Library
	tree   *tree
	refs   []Reference
	word   string // of a Keyword
	// outline is of an Outline
	outline code.Shape

	bad      bool // reported already: not to be evaluated
	compiled bool // an Expr, with success or not
}

// Reference is a static reference such as client.appliance or event.alert.
type Reference struct {
	Type, Name string
	Range      hcl.Range
}

// Expr returns the compiled expr program; nil for a nil Val.
func (v *Val) Expr() *code.Expr {
	if v == nil {
		return nil
	}
	return v.expr
}

// JQ returns the compiled jq program; nil for a nil Val.
func (v *Val) JQ() *code.JQ {
	if v == nil {
		return nil
	}
	return v.jq
}

// Refs returns the references of a Ref or Refs attribute.
func (v *Val) Refs() []Reference {
	if v == nil {
		return nil
	}
	return v.refs
}

// Word returns the bare word of a Keyword attribute, "" where it is a value.
func (v *Val) Word() string {
	if v == nil {
		return ""
	}
	return v.word
}

// Names are the attributes that the file gives, sorted.
func (n *Node) Names() []string {
	if n == nil {
		return nil
	}
	return sortedKeys(n.values)
}

// inOrder are the attributes in file order.
func (n *Node) inOrder() []*Val {
	return slices.SortedFunc(maps.Values(n.values), func(a, b *Val) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte })
}
