package dsl

import (
	"regexp"
	"slices"
)

// leftOver reports locals, shared functions and clients that nothing uses.
func (c *checker) leftOver() {
	for _, v := range c.m.locals {
		if !c.used.has("local", v.Attr.Name) && !v.bad {
			c.d.warn(v.NameRange, "Never used", "Nothing reads local %q; remove it or use it.", v.Attr.Name)
		}
	}
	if c.m.lost["flow"] || c.d.diags.HasErrors() { // a mistake may be the reason
		return
	}
	c.unshared()
	named := map[string]bool{}
	for _, f := range c.m.Flows {
		f.Node.references(named)
	}
	for _, cl := range c.m.Clients {
		if !named["client."+cl.Name] {
			c.d.warn(cl.Node.Range, "Never used", "No flow names client.%s; remove it or use it.", cl.Name)
		}
	}
}

// references notes what n and the blocks in it refer to.
func (n *Node) references(into map[string]bool) {
	for _, v := range n.values {
		for _, ref := range v.refs {
			into[ref.Type+"."+ref.Name] = true
		}
	}
	for _, b := range n.blocks {
		b.references(into)
	}
}

// unread reports values of `let` and steps that nothing in the flow reads.
func (c *checker) unread(f *Flow) {
	if v := f.Record.Node.Val("let"); v != nil && v.tree != nil && v.tree.object && !f.takesWhole() {
		for i, key := range v.tree.keys {
			name, diags := newScoped(nil).text(key)
			if !diags.HasErrors() && !f.Node.mentions(name, v.tree.items[i]) {
				c.d.warn(key.Range(), "Never used", "No expr of this flow reads %s.%s; remove it or use it.", f.Record.Name, name)
			}
		}
	}
	for _, n := range f.Source.All("step") {
		// What is not only asked for may be sent for what it does.
		method, plain := "GET", true
		if v := n.Block("request").Val("method"); v != nil {
			method, plain = fixedText(v.hcl)
		}
		if plain && method == "GET" && n.Val("until") == nil && !c.used.has("step", n.Labels[0]) {
			c.d.warn(n.Range, "Never used", "Nothing reads step.%s, so what it answers is lost; remove it or use it.", n.Labels[0])
		}
	}
}

// mentions tells whether code in n, but in own, has the word name, in whatever role.
func (n *Node) mentions(name string, own *tree) bool {
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`)
	found := false
	for _, v := range n.values {
		if v.tree == nil {
			found = found || word.MatchString(v.src.Text)
			continue
		}
		found = found || v.tree.mentions(word, own)
	}
	return found || slices.ContainsFunc(n.blocks, func(b *Node) bool { return b.mentions(name, own) })
}

func (t *tree) mentions(word *regexp.Regexp, own *tree) bool {
	if t == own {
		return false
	}
	if t.src != nil && word.MatchString(t.src.Text) {
		return true
	}
	return slices.ContainsFunc(t.items, func(item *tree) bool { return item.mentions(word, own) })
}

// takesWhole tells whether code in f takes the record as a whole, and so all of its fields.
func (f *Flow) takesWhole() bool {
	whole := regexp.MustCompile(`\b(?:` + regexp.QuoteMeta(f.Record.Name) + `|each\s*\??\.\s*record)\s*(?:[^\s.?\[]|\?[^.]|$)`)
	return f.Node.matches(whole)
}

func (n *Node) matches(code *regexp.Regexp) bool {
	for _, v := range n.values {
		if v.tree != nil && v.tree.mentions(code, nil) || v.tree == nil && v.Attr.Holds == Expr && code.MatchString(v.src.Text) {
			return true
		}
	}
	return slices.ContainsFunc(n.blocks, func(b *Node) bool { return b.matches(code) })
}
