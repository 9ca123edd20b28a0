package dsl

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
	"tqmap/dsl/prose"
)

// condition reports a `when` that says the same of every record, or answer.
func (c *checker) condition(n *Node) {
	v := n.Val("when")
	if v.JQ().Constant() {
		c.answerCondition(n, v)
		return
	}
	truth, fixed := v.Expr().Fixed()
	said := func(d *hcl.Diagnostic) bool {
		return (d.Summary == "Never true" || d.Summary == "Always true") && covers(&v.Range, d.Subject)
	}
	switch {
	case !fixed || slices.ContainsFunc(c.d.diags, said):
	case !truth:
		c.d.warn(v.Range, "Never true", "This is false for every record, so %s has no effect.", describe(n))
	case n.typ == "skip" || n.typ == "reject":
		c.d.errorf(v.Range, "Always true", "This is true for every record, so %s leaves nothing to deliver.", describe(n))
	default:
		c.d.warn(v.Range, "Always true", "This is true for every record: leave \"when\" out.")
	}
}

func (c *checker) answerCondition(n *Node, v *Val) {
	switch strings.TrimSpace(v.src.Text) {
	case "true":
		c.d.warn(v.Range, "Always true", "This is true of every answer: say which ones by status, or by what is in the body.")
	case "false", "null":
		c.d.warn(v.Range, "Never true", "This is false for every answer, so the rule has no effect.")
	}
}

// options reports comparisons of a parameter in plain HCL with what is none of its options.
func (c *checker) options(v *Val) {
	if v.hcl == nil {
		return
	}
	visit(v.hcl, func(n hclsyntax.Node) {
		b, ok := n.(*hclsyntax.BinaryOpExpr)
		if !ok || b.Op != hclsyntax.OpEqual && b.Op != hclsyntax.OpNotEqual {
			return
		}
		for _, pair := range [][2]hclsyntax.Expression{{b.LHS, b.RHS}, {b.RHS, b.LHS}} {
			c.option(pair[0], pair[1])
		}
	})
}

func (c *checker) option(of, literal hclsyntax.Expression) {
	t, ok := of.(*hclsyntax.ScopeTraversalExpr)
	text, isText := fixedText(literal)
	if !ok || !isText || t.Traversal.RootName() != "param" || len(t.Traversal) != 2 {
		return
	}
	name, _ := member(t.Traversal)
	p := c.m.Param(name)
	if p != nil && len(p.Options) > 0 && !slices.Contains(p.Options, text) {
		c.d.warn(literal.Range(), "Not an option", "param.%s never is %q: that is none of its options.%s", name, text, code.Suggest(text, p.Options))
	}
}

// fixedText is a text without any name in it.
func fixedText(e hclsyntax.Expression) (string, bool) {
	if len(e.Variables()) > 0 {
		return "", false
	}
	v, diags := e.Value(nil)
	if diags.HasErrors() || !v.IsKnown() || v.IsNull() || v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}

// order reports rules that an earlier one leaves nothing for, and objects made twice.
func (c *checker) order(f *Flow) {
	c.repeated(f.Record.Node.All("skip"))
	c.repeated(f.Record.Node.All("reject"))
	made := map[string]*Rule{}
	for _, r := range f.Rules {
		c.repeated(r.Node.All("reject"))
		same := r.Type
		for _, name := range sortedKeys(r.Node.values) {
			v := r.Node.values[name]
			if v.Attr.Required || slices.Contains([]string{"for_each", "when", "key", "object", "happened_at"}, name) {
				same += "\n" + name + " " + c.spelled(v)
			}
		}
		if first := made[same]; first != nil {
			c.d.warn(r.Node.Range, "Same object twice", "%s makes what %s in line %d makes of each record already, by the same conditions: make one block of them.", describe(r.Node), describe(first.Node), first.Node.Range.Start.Line)
			continue
		}
		made[same] = r
	}
}

// repeated reports blocks whose condition stood before them in the same list.
func (c *checker) repeated(blocks []*Node) {
	seen := map[string]*Node{}
	for _, n := range blocks {
		text := strings.TrimSpace(n.Val("when").Expr().Text())
		if text == "" {
			continue
		}
		if first := seen[text]; first != nil {
			c.d.errorf(n.Range, "Never reached", "%s in line %d has the same condition and comes first.", describe(first), first.Range.Start.Line)
			continue
		}
		seen[text] = n
	}
}

// spelled is the value of v as the file has it.
func (c *checker) spelled(v *Val) string {
	file := c.m.Files[v.Range.Filename]
	if file == nil {
		return v.Range.String()
	}
	return prose.OneLine(string(v.Range.SliceBytes(file.Bytes)))
}
