package dsl

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

// decoder turns the syntax tree of one file into Nodes and collects every
// mistake on the way.
type decoder struct {
	src   []byte
	diags hcl.Diagnostics
}

func (d *decoder) errorf(at hcl.Range, summary, format string, args ...any) {
	d.diags = append(d.diags, problem(at, summary, format, args...))
}

func problem(at hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary,
		Detail: fmt.Sprintf(format, args...), Subject: at.Ptr(),
	}
}

func (d *decoder) body(body *hclsyntax.Body, n *Node) {
	n.values = map[string]*Val{}
	for _, a := range inFileOrder(body.Attributes) {
		spec := n.Spec.attr(a.Name)
		if spec == nil {
			d.errorf(a.NameRange, "Unknown attribute", "%s has no attribute %q.%s", describe(n), a.Name, suggest(a.Name, attrNames(n.Spec)))
			continue
		}
		n.values[a.Name] = d.attr(a, *spec)
	}
	for _, spec := range n.Spec.Attrs {
		if spec.Required && n.values[spec.Name] == nil && body.Attributes[spec.Name] == nil {
			d.errorf(n.Range, "Missing attribute", "%s needs the attribute %q: %s", describe(n), spec.Name, spec.Summary)
		}
	}
	d.blocks(body, n)
}

func (d *decoder) blocks(body *hclsyntax.Body, n *Node) {
	count := map[string]int{}
	for _, b := range body.Blocks {
		child := n.Spec.child(b.Type)
		if child == nil {
			d.errorf(b.TypeRange, "Unknown block", "%s has no block %q.%s", describe(n), b.Type, suggest(b.Type, blockNames(n.Spec)))
			continue
		}
		count[b.Type]++
		if child.Max > 0 && count[b.Type] > child.Max {
			d.errorf(b.TypeRange, "Too many blocks", "%s takes %d %s block, this is one more.", describe(n), child.Max, b.Type)
		}
		if sub := d.block(b, child.Block); sub != nil {
			n.blocks = append(n.blocks, sub)
		}
	}
	for _, c := range n.Spec.Blocks {
		if count[c.Type] < c.Min {
			d.errorf(n.Range, "Missing block", "%s needs a block %q: %s", describe(n), c.Type, c.Summary)
		}
	}
}

func (d *decoder) block(b *hclsyntax.Block, spec *Block) *Node {
	if len(b.Labels) != len(spec.Labels) {
		d.errorf(b.DefRange(), "Wrong number of labels", "Write %s %s {…}.", spec.Type, quoteAll(spec.Labels))
		return nil
	}
	n := &Node{Spec: spec, Labels: b.Labels, Range: b.DefRange(), typ: spec.Type}
	if spec.Kinds != nil {
		kind := spec.kind(b.Labels[0])
		if kind == nil {
			d.errorf(b.LabelRanges[0], "Unknown kind", "There is no %s %q.%s", spec.Type, b.Labels[0], suggest(b.Labels[0], kindNames(spec)))
			return nil
		}
		n.Spec = kind
	}
	d.body(b.Body, n)
	return n
}

func (d *decoder) attr(a *hclsyntax.Attribute, spec Attr) *Val {
	v := &Val{Attr: spec, Range: a.Expr.Range(), NameRange: a.NameRange, hcl: a.Expr}
	switch spec.Holds {
	case Expr, JQ:
		v.src = d.code(a.Expr, spec)
		if spec.Holds == JQ && v.src.Text != "" {
			jq, diags := code.CompileJQ(v.src, jqVars)
			d.diags = append(d.diags, diags...)
			v.jq = jq
		}
	case PerRecord:
		v.tree = d.tree(a.Expr, spec.Name)
	case Ref, Refs:
		v.refs = d.refs(a.Expr, spec)
	case Keyword:
		v.word = hcl.ExprAsKeyword(a.Expr)
	default:
		d.plain(a.Expr, spec.Name)
	}
	return v
}

// code reads expr("…") or jq("…").
func (d *decoder) code(e hclsyntax.Expression, spec Attr) code.Source {
	want := map[Holds]string{Expr: "expr", JQ: "jq"}[spec.Holds]
	call, ok := e.(*hclsyntax.FunctionCallExpr)
	if !ok || call.Name != want {
		d.errorf(e.Range(), "Code expected", "%q is computed: write %s = %s(\"…\").", spec.Name, spec.Name, want)
		return code.Source{}
	}
	return d.call(call)
}

func (d *decoder) call(call *hclsyntax.FunctionCallExpr) code.Source {
	if len(call.Args) != 1 {
		d.errorf(call.Range(), "One argument expected", "%s(…) takes one string with the program.", call.Name)
		return code.Source{}
	}
	src, diags := code.FromArg(d.src, call.Args[0])
	d.diags = append(d.diags, diags...)
	if !diags.HasErrors() && strings.TrimSpace(src.Text) == "" {
		d.errorf(call.Range(), "Empty program", "%s(…) needs a program.", call.Name)
	}
	return src
}

// plain refuses code inside a value that is not computed per record.
func (d *decoder) plain(e hclsyntax.Expression, name string) {
	hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && (call.Name == "expr" || call.Name == "jq") {
			d.errorf(call.NameRange, "Code not possible here", "%q is the same for every record, so it is plain HCL; %s(…) stands where a value is computed per record or cut from a response.", name, call.Name)
		}
		return nil
	})
}

func (d *decoder) refs(e hclsyntax.Expression, spec Attr) []Reference {
	items := []hcl.Expression{e}
	if spec.Holds == Refs {
		list, diags := hcl.ExprList(e)
		if diags.HasErrors() {
			d.errorf(e.Range(), "List expected", "%q takes a list of references, such as [event.alert].", spec.Name)
			return nil
		}
		items = list
	}
	var out []Reference
	for _, item := range items {
		t, diags := hcl.AbsTraversalForExpr(item)
		if diags.HasErrors() || len(t) != 2 {
			d.errorf(item.Range(), "Reference expected", "%q takes a reference such as client.name, without quotes.", spec.Name)
			continue
		}
		if name, ok := t[1].(hcl.TraverseAttr); ok {
			out = append(out, Reference{Type: t.RootName(), Name: name.Name, Range: item.Range()})
		}
	}
	return out
}

func inFileOrder(attrs hclsyntax.Attributes) []*hclsyntax.Attribute {
	var out []*hclsyntax.Attribute
	for _, a := range attrs {
		out = append(out, a)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].NameRange.Start.Byte < out[j].NameRange.Start.Byte })
	return out
}

// describe names a block in messages: flow "alerts", or "The file".
func describe(n *Node) string {
	if n.Spec.Type == "mapping" {
		return "The top level of a mapping"
	}
	return strings.TrimSpace(n.typ + " " + quoteAll(n.Labels))
}

func quoteAll(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, fmt.Sprintf("%q", w))
	}
	return strings.Join(out, " ")
}

func attrNames(b *Block) []string {
	var out []string
	for _, a := range b.Attrs {
		out = append(out, a.Name)
	}
	return out
}

func blockNames(b *Block) []string {
	var out []string
	for _, c := range b.Blocks {
		if !slices.Contains(out, c.Type) {
			out = append(out, c.Type)
		}
	}
	return out
}

func kindNames(b *Block) []string {
	var out []string
	for _, k := range b.Kinds {
		out = append(out, k.Type)
	}
	return out
}
