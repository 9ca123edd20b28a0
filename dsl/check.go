package dsl

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"tqmap/dsl/code"
)

// check evaluates every plain value with unknown parameters, which finds wrong
// names and types, and reports what is declared but never used.
func (m *Mapping) check(d *decoder, top *Node) {
	c := &checker{m: m, d: d, used: d.used}
	c.node(top, paging{})
	c.circles()
	c.references()
	c.meant("param", c.members("param", paging{}))
	c.meant("table", c.members("table", paging{}))
	c.meant("local", c.members("local", paging{}))
	if look := m.vocabulary.Client; look != nil {
		for _, client := range m.Clients {
			r := client.Node.Static()
			look(r)
			d.diags = append(d.diags, r.diags...)
		}
	}
	for _, p := range m.Params {
		switch used := c.used.has("param", p.Name); {
		case !used && !p.Unused:
			c.unused(p.Node)
		case used && p.Unused:
			c.d.errorf(p.Node.Val("unused").Range, "Used after all", "Something reads param %q, so it has an effect: leave unused out.", p.Name)
		}
	}
	for _, t := range m.Tables {
		if !c.used.has("table", t.Name) {
			c.unused(t.Node)
		}
		if amb := t.ambiguous(); len(amb) > 0 && c.used.has("reverse", t.Name) {
			d.errorf(t.Node.Range, "Ambiguous reverse", "Several rows of table %q lead to %s, so the way back is not known. Say which key to use: reverse = { %q = \"…\" }.", t.Name, quoteAll(amb, ", "), amb[0])
		}
	}
	c.suspicions(top)
}

// meant takes a name that is not there, and reported, for a use of the one that
// it is a slip of: that one is not unused as well.
func (c *checker) meant(root string, known []string) {
	for _, used := range sortedKeys(c.used) {
		name, ok := strings.CutPrefix(used, root+".")
		if ok && name != "*" && !slices.Contains(known, name) {
			c.used[root+"."+code.Near(name, known)] = true
		}
	}
}

type checker struct {
	m    *Mapping
	d    *decoder
	used usage
	own  string // the param whose validation is checked: that is no use of it
}

// paging is what a request may name below page.
type paging struct {
	names []string
	here  bool // there is a paginate block
	lost  bool // it is there, but not known after a mistake
	// steps are the labels of the requests before this one; partitions says that the
	// source is read part by part.
	steps      []string
	partitions bool
}

// before is what b, a block of the same source, may name: a step only those before it.
func (p paging) before(b *Node) paging {
	if b.typ == "step" {
		p.here, p.steps = false, p.steps[:max(0, slices.Index(p.steps, b.Labels[0]))]
	}
	return p
}

func (c *checker) unused(n *Node) {
	c.d.warn(n.Range, "Never used", "Nothing reads %s; remove it or use it.", describe(n))
}

func (c *checker) node(n *Node, page paging) {
	if p := n.Block("paginate"); p != nil {
		page.names, page.here = p.Spec.Provides, true
	} else if n.lost["paginate"] {
		page.lost = true
	}
	if n.typ == "param" {
		c.own = n.Labels[0]
		defer func() { c.own = "" }()
	}
	page.partitions = page.partitions || n.typ == "source" && n.Val("partitions") != nil
	for _, b := range n.All("step") {
		page.steps = append(page.steps, b.Labels[0])
	}
	for _, name := range sortedKeys(n.values) {
		c.val(n.values[name], page)
	}
	c.rules(n.All("on"))
	for _, b := range n.blocks {
		c.node(b, page.before(b))
		if b.typ == "validation" {
			c.message(b.Val("error_message"))
		}
	}
	if n.Spec.Check != nil {
		r := c.d.static(n, c.m.staticScope())
		n.Spec.Check(r)
		c.d.diags = append(c.d.diags, r.diags...)
	}
}

// message refuses to show the operator's secret.
func (c *checker) message(v *Val) {
	if v == nil || v.bad {
		return
	}
	for _, t := range v.hcl.Variables() {
		if c.m.secret(t) {
			c.d.errorf(t.SourceRange(), "Secret in a message", "A message is shown and logged, so it must not hold a sensitive value.")
		}
	}
}

func (c *checker) val(v *Val, page paging) {
	switch v.Attr.Holds {
	case Value:
		c.value(v, v.Attr.Scope, page)
	case PerRecord:
		c.tree(v, v.tree, max(v.Attr.Scope, Run), page)
	case Expr:
		c.used.code(v.src.Text)
	case JQ:
		c.jq(v)
	case Keyword:
		if v.word == "" && v.Attr.Type != cty.NilType {
			c.value(v, Static, paging{})
		}
	}
}

// value checks a plain value and its type.
func (c *checker) value(v *Val, scope Scope, page paging) {
	if v.bad {
		return
	}
	got := c.plain(v.hcl, scope, page)
	if got == cty.NilVal {
		return
	}
	if v.Attr.Type != cty.NilType {
		if _, err := convert.Convert(got, v.Attr.Type); err != nil {
			c.d.diags = append(c.d.diags, v.wrongType(got))
			return
		}
	}
	c.present(v, got)
	if why := v.Attr.refuses(got); why != "" {
		c.d.errorf(v.Range, "Unknown value", "%s", why)
	}
}

func (c *checker) present(v *Val, got cty.Value) {
	if v.Attr.Required && got.IsKnown() && got.IsNull() {
		c.d.errorf(v.Range, "Missing value", "%q must have a value, this is null.", v.Attr.Name)
	}
}

func (c *checker) tree(v *Val, t *tree, scope Scope, page paging) {
	if t.src != nil {
		c.used.code(t.src.Text)
	}
	if t.plain != nil {
		got := c.plain(t.plain, scope, page)
		if got != cty.NilVal && t == v.tree {
			c.present(v, got)
			c.written(v, got)
		}
	}
	for _, k := range t.keys {
		c.plain(k, scope, page)
	}
	for _, item := range t.items {
		c.tree(v, item, scope, page)
	}
}

// written checks that a plain value which stands for an object is one.
func (c *checker) written(v *Val, got cty.Value) {
	t := got.Type()
	if v.Attr.Written && !got.IsNull() && t != cty.DynamicPseudoType && !t.IsObjectType() && !t.IsMapType() {
		c.d.errorf(v.Range, "Wrong type", "%q takes an object, this is %s.", v.Attr.Name, inWords(kindName(got)))
	}
}

var (
	jqMember = regexp.MustCompile(`\$(param|local)\s*\.\s*([A-Za-z_]\w*)`)
	jqText   = regexp.MustCompile(`"(?:\\.|[^"\\])*"|#[^\n]*`)
)

// jq checks what a jq program names, and notes it.
func (c *checker) jq(v *Val) {
	c.used.code(v.src.Text)
	for _, name := range v.jq.Calls() {
		c.used["function."+name] = true
	}
	if v.jq != nil || v.shared != nil {
		c.jqMembers(v)
	}
}

// plain checks the names of an HCL expression and then its types. It returns
// what is known of the value, or NilVal after an error.
func (c *checker) plain(e hclsyntax.Expression, scope Scope, page paging) cty.Value {
	ok := true
	for _, t := range e.Variables() {
		ok = c.name(t, scope, page) && ok
	}
	if !ok {
		return cty.NilVal
	}
	got, diags := e.Value(c.unknowns(page))
	c.d.diags = append(c.d.diags, diags...)
	if diags.HasErrors() {
		return cty.NilVal
	}
	return got
}
