package dsl

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

// decoder turns the syntax tree of one file into Nodes and collects every
// mistake on the way.
type decoder struct {
	src    []byte
	broken bool // the file does not parse: what it lacks says nothing
	used   usage
	diags  hcl.Diagnostics
	// shared is what all jq programs may call; nil: nothing.
	shared      *code.Library
	sharedDiags hcl.Diagnostics // mistakes in it
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
	meant := map[string]bool{} // names that others are slips of: they are not missing as well
	for _, a := range inFileOrder(body.Attributes) {
		spec := n.Spec.attr(a.Name)
		if spec == nil {
			d.errorf(a.NameRange, "Unknown attribute", "%s has no attribute %q.%s", describe(n), a.Name, code.Suggest(a.Name, attrNames(n.Spec)))
			meant[code.Near(a.Name, attrNames(n.Spec))] = true
			d.used.lost(a)
			continue
		}
		n.values[a.Name] = d.attr(a, *spec)
	}
	for _, spec := range n.Spec.Attrs {
		if spec.Required && n.values[spec.Name] == nil && !meant[spec.Name] && !d.broken {
			d.errorf(n.Range, "Missing attribute", "%s needs the attribute %q: %s", describe(n), spec.Name, spec.Summary)
		}
	}
	d.blocks(body, n)
}

func (d *decoder) blocks(body *hclsyntax.Body, n *Node) {
	n.lost = map[string]bool{}
	count, meant := map[string]int{}, map[string]bool{}
	for _, b := range body.Blocks {
		child := n.Spec.child(b.Type)
		if child == nil {
			if n.Spec.attr(b.Type) != nil {
				d.errorf(b.TypeRange, "Unknown block", "%s is an attribute of %s: write %[1]s = …, with the =.", b.Type, describe(n))
			} else {
				d.errorf(b.TypeRange, "Unknown block", "%s has no block %q.%s", describe(n), b.Type, code.Suggest(b.Type, blockNames(n.Spec)))
			}
			near := code.Near(b.Type, blockNames(n.Spec))
			meant[near], n.lost[near] = true, true // so that it is not missing, too, nor its name where it is used
			d.lose(n, b)
			continue
		}
		count[b.Type]++
		if child.Max > 0 && count[b.Type] > child.Max {
			d.errorf(b.TypeRange, "Too many blocks", "%s takes %d %s block, this is one more.", describe(n), child.Max, b.Type)
		}
		if sub := d.block(b, child.Block); sub != nil {
			n.blocks = append(n.blocks, sub)
		} else {
			d.lose(n, b)
		}
	}
	for _, c := range n.Spec.Blocks {
		if count[c.Type] < c.Min && !meant[c.Type] && !d.broken {
			d.errorf(n.Range, "Missing block", "%s needs a block %q: %s", describe(n), c.Type, c.Summary)
		}
	}
}

// lose leaves b out of n after a mistake in its header.
func (d *decoder) lose(n *Node, b *hclsyntax.Block) {
	n.lost[b.Type] = true
	d.used.lost(b.Body)
}

// block decodes b, or reports why it cannot and returns nil.
func (d *decoder) block(b *hclsyntax.Block, spec *Block) *Node {
	if len(b.Labels) != len(spec.Labels) {
		d.errorf(b.DefRange(), "Wrong number of labels", "Write %s {…}.", strings.TrimSpace(spec.Type+" "+quoteAll(spec.Labels, " ")))
		if len(b.Labels) < len(spec.Labels) {
			return nil
		}
	}
	n := &Node{Spec: spec, Labels: b.Labels[:len(spec.Labels)], Range: b.DefRange(), typ: spec.Type}
	if spec.Kinds != nil {
		kind := spec.kind(b.Labels[0])
		if kind == nil {
			d.errorf(b.LabelRanges[0], "Unknown kind", "There is no %s %q.%s", spec.Type, b.Labels[0], code.Suggest(b.Labels[0], kindNames(spec)))
			return nil
		}
		n.Spec = kind
	}
	d.body(b.Body, n)
	return n
}

func (d *decoder) attr(a *hclsyntax.Attribute, spec Attr) *Val {
	v := &Val{Attr: spec, Range: a.Expr.Range(), NameRange: a.NameRange, hcl: a.Expr, file: d.src}
	switch spec.Holds {
	case Expr, JQ:
		v.src = d.code(a.Expr, spec)
		switch {
		case v.src.Text == "" || spec.Holds == Expr:
		case spec.Shared:
			v.shared = d.shared
			d.diags = append(d.diags, d.sharedDiags...)
			d.sharedDiags = nil
		default:
			jq, diags := code.CompileJQ(v.src, jqVars, code.Sharing(d.shared))
			d.diags = append(d.diags, diags...)
			v.jq = jq
		}
	case PerRecord:
		at := whole
		if spec.Modes {
			at = moded
		}
		v.tree = d.tree(a.Expr, spec.Name, at)
		if t := v.tree; spec.Written && !t.bad && !t.object && t.plain == nil {
			d.errorf(t.at, "Object expected", "%q is written out: { \"Name\" = expr(\"…\") }, so that each entry has its name.", spec.Name)
		}
	case Ref, Refs:
		v.refs = d.refs(a.Expr, spec)
	case Outline:
		var diags hcl.Diagnostics
		v.outline, diags = readOutline(a.Expr)
		v.bad = diags.HasErrors()
		d.diags = append(d.diags, diags...)
	case Keyword:
		if v.word = hcl.ExprAsKeyword(a.Expr); v.word == "" && spec.Type != cty.NilType {
			v.bad = !d.plain(a.Expr, strconv.Quote(spec.Name))
		}
	default:
		v.bad = !d.plain(a.Expr, strconv.Quote(spec.Name))
	}
	if v.bad {
		d.used.lost(a)
	}
	return v
}

// code reads expr("…") or jq("…").
func (d *decoder) code(e hclsyntax.Expression, spec Attr) code.Source {
	want := map[Holds]string{Expr: "expr", JQ: "jq"}[spec.Holds]
	call, ok := e.(*hclsyntax.FunctionCallExpr)
	if !ok || call.Name != want {
		d.errorf(e.Range(), "Code expected", "%q is computed: write %s = %s(\"…\").", spec.Name, spec.Name, want)
		d.used.lost(e)
		return code.Source{}
	}
	return d.call(call)
}

func (d *decoder) call(call *hclsyntax.FunctionCallExpr) code.Source {
	if len(call.Args) != 1 {
		d.errorf(call.Range(), "One argument expected", "%s(…) takes one string with the program.", call.Name)
		d.used.lost(call)
		return code.Source{}
	}
	if v, diags := call.Args[0].Value(nil); !diags.HasErrors() && !v.IsKnown() {
		return code.Source{} // text that HCL could not read to its end, and says so
	}
	src, diags := code.FromArg(d.src, call.Args[0])
	d.diags = append(d.diags, diags...)
	if diags.HasErrors() {
		d.used.lost(call)
	}
	if !diags.HasErrors() && strings.TrimSpace(src.Text) == "" {
		d.errorf(call.Range(), "Empty program", "%s(…) needs a program.", call.Name)
	}
	return src
}

func inFileOrder(attrs hclsyntax.Attributes) []*hclsyntax.Attribute {
	var out []*hclsyntax.Attribute
	for _, a := range attrs {
		out = append(out, a)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].NameRange.Start.Byte < out[j].NameRange.Start.Byte })
	return out
}
