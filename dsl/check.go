package dsl

import (
	"regexp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// check evaluates every plain value with unknown parameters, which finds wrong
// names and types, and reports what is declared but never used.
func (m *Mapping) check(d *decoder, top *Node) {
	c := &checker{m: m, d: d, used: map[string]bool{}}
	c.node(top, nil)
	c.references()
	for _, p := range m.Params {
		if !c.used["param."+p.Name] {
			c.unused(p.Node)
		}
	}
	for _, t := range m.Tables {
		if !c.used["table."+t.Name] {
			c.unused(t.Node)
		}
		if amb := t.ambiguous(); len(amb) > 0 && c.reversed[t.Name] {
			d.errorf(t.Node.Range, "Ambiguous reverse", "Several rows of table %q lead to %s, so the way back is not known. Say which key to use: reverse = { %q = \"…\" }.", t.Name, quoteAll(amb), amb[0])
		}
	}
}

type checker struct {
	m        *Mapping
	d        *decoder
	used     map[string]bool
	reversed map[string]bool
}

func (c *checker) unused(n *Node) {
	diag := problem(n.Range, "Never used", "Nothing reads %s; remove it or use it.", describe(n))
	diag.Severity = hcl.DiagWarning
	c.d.diags = append(c.d.diags, diag)
}

// node checks n; page lists what the flow's paginator provides.
func (c *checker) node(n *Node, page []string) {
	if p := n.Block("paginate"); p != nil {
		page = p.Spec.Provides
	}
	for _, name := range sortedKeys(n.values) {
		c.val(n.values[name], page)
	}
	for _, b := range n.blocks {
		c.node(b, page)
	}
}

func (c *checker) val(v *Val, page []string) {
	switch v.Attr.Holds {
	case Value:
		got := c.plain(v.hcl, v.Attr.Scope, page)
		if v.Attr.Type != cty.NilType && got != cty.NilVal {
			if _, err := convert.Convert(got, v.Attr.Type); err != nil {
				c.d.errorf(v.Range, "Wrong type", "%q takes %s: %s.", v.Attr.Name, v.Attr.Type.FriendlyName(), err)
			}
		}
	case PerRecord:
		c.tree(v.tree)
	case Expr, JQ:
		c.code(v.src.Text)
	case Keyword:
		if v.word == "" {
			c.plain(v.hcl, Static, nil)
		}
	}
}

func (c *checker) tree(t *tree) {
	if t.src != nil {
		c.code(t.src.Text)
	}
	if t.plain != nil {
		c.plain(t.plain, Run, nil)
	}
	for _, k := range t.keys {
		c.plain(k, Run, nil)
	}
	for _, item := range t.items {
		c.tree(item)
	}
}

var (
	codeName    = regexp.MustCompile(`\$?\b(param|local|table)\s*\??\.\s*(\w+)`)
	codeReverse = regexp.MustCompile(`\btable\.(\w+)\.reverse\b`)
)

// code notes which declared names a program reads. Wrong names in it were
// reported by its compiler.
func (c *checker) code(text string) {
	for _, match := range codeName.FindAllStringSubmatch(text, -1) {
		c.used[match[1]+"."+match[2]] = true
	}
	for _, match := range codeReverse.FindAllStringSubmatch(text, -1) {
		if c.reversed == nil {
			c.reversed = map[string]bool{}
		}
		c.reversed[match[1]] = true
	}
}

// plain checks the names of an HCL expression and then its types. It returns
// what is known of the value, or NilVal after an error.
func (c *checker) plain(e hclsyntax.Expression, scope Scope, page []string) cty.Value {
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

var scopeNames = map[Scope][]string{
	Static: nil,
	Run:    {"param", "local", "table", "connector", "now"},
	Window: {"param", "local", "table", "connector", "now", "window"},
	Page:   {"param", "local", "table", "connector", "now", "window", "page"},
}

func (c *checker) name(t hcl.Traversal, scope Scope, page []string) bool {
	root, at := t.RootName(), t.SourceRange()
	allowed := scopeNames[scope]
	if !slices.Contains(allowed, root) {
		switch {
		case slices.Contains(scopeNames[Page], root):
			c.d.errorf(at, "Not known here", "%q has no value yet at this point of a run.", root)
		case len(allowed) == 0:
			c.d.errorf(at, "Fixed value expected", "This value is read when the file is loaded, so it cannot refer to %q.", root)
		default:
			c.d.errorf(at, "Unknown name", "There is no %q here; quote it if it is a text.%s", root, suggest(root, allowed))
		}
		return false
	}
	known := c.members(root, page)
	if known == nil || len(t) < 2 {
		return true
	}
	member, isAttr := t[1].(hcl.TraverseAttr)
	if !isAttr {
		return true
	}
	if !slices.Contains(known, member.Name) {
		c.d.errorf(at, "Unknown name", "There is no %s.%s.%s", root, member.Name, suggest(member.Name, known))
		return false
	}
	c.used[root+"."+member.Name] = true
	return true
}

func (c *checker) members(root string, page []string) []string {
	out := []string{}
	switch root {
	case "param":
		for _, p := range c.m.Params {
			out = append(out, p.Name)
		}
	case "local":
		for _, v := range c.m.locals {
			out = append(out, v.Attr.Name)
		}
	case "table":
		for _, t := range c.m.Tables {
			out = append(out, t.Name)
		}
	case "connector":
		out = []string{"name", "title", "version", "source"}
	case "window":
		out = []string{"start", "end"}
	case "page":
		out = page
	default:
		return nil
	}
	return out
}

// unknowns is the scope of the check: every name has its type and no value.
func (c *checker) unknowns(page []string) *hcl.EvalContext {
	params, locals, paging := map[string]cty.Value{}, map[string]cty.Value{}, map[string]cty.Value{}
	for _, p := range c.m.Params {
		params[p.Name] = cty.UnknownVal(p.Type.cty())
	}
	for _, v := range c.m.locals {
		locals[v.Attr.Name] = cty.DynamicVal
	}
	for _, name := range page {
		paging[name] = cty.DynamicVal
	}
	text := cty.UnknownVal(cty.String)
	return &hcl.EvalContext{Functions: functions(), Variables: map[string]cty.Value{
		"param": cty.ObjectVal(params), "local": cty.ObjectVal(locals), "page": cty.ObjectVal(paging),
		"table": c.m.tableValues(), "connector": c.m.connectorValue(), "now": text,
		"window": cty.ObjectVal(map[string]cty.Value{"start": text, "end": text}),
	}}
}

// references checks that references name things that exist.
func (c *checker) references() {
	var clients []string
	for _, cl := range c.m.Clients {
		clients = append(clients, cl.Name)
	}
	for _, f := range c.m.Flows {
		for _, n := range []*Node{f.Source, f.Sink} {
			for _, ref := range n.Val("client").Refs() {
				if ref.Type != "client" || c.m.Client(ref.Name) == nil {
					c.d.errorf(ref.Range, "Unknown client", "There is no client %q.%s", ref.Name, suggest(ref.Name, clients))
				}
			}
		}
	}
}
