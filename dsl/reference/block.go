package reference

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/prose"
)

// blockPages are a page for each block and kind below g, and one for what all
// types of object have in common.
func blockPages(g *dsl.Block) []*Page {
	var out []*Page
	var objects []*dsl.Block
	all := entries(g)
	for _, e := range all {
		if e.main.block.IsObject() {
			objects = append(objects, e.main.block)
		}
	}
	for _, e := range all {
		b := e.main.block
		switch {
		case b.IsObject() && len(objects) > 0 && b == objects[0]:
			out = append(out, objectPages(objects)...)
		case b.IsObject():
		case b.Kinds != nil:
			out = append(out, kindPages(e)...)
		default:
			out = append(out, blockPage(e, all))
		}
	}
	return out
}

func blockPage(e *entry, all []*entry) *Page {
	b := e.main.block
	p := &Page{Name: e.name, Title: heading(b), Summary: b.Summary, level: 2, in: inWords(e)}
	if e.main.inner {
		p.level = 3
	}
	if like := likeOf(e, all); like != "" {
		p.parts = []part{text("It takes what `" + like + "` takes.")}
		return p
	}
	p.parts = append(content(b, b.Attrs, "Attributes:"), placesPart(e)...)
	return p
}

// likeOf is the block that takes the same attributes under another name.
func likeOf(e *entry, all []*entry) string {
	for _, o := range all {
		if o != e && len(e.main.block.Attrs) > 5 && !o.main.inner && slices.Equal(attrNames(o.main.block), attrNames(e.main.block)) && !e.main.block.IsObject() {
			return o.name
		}
	}
	return ""
}

func attrNames(b *dsl.Block) []string {
	var out []string
	for _, a := range b.Attrs {
		out = append(out, a.Name)
	}
	return out
}

// placesPart says what values may name in each place, where that differs.
func placesPart(e *entry) []part {
	t := table{head: []string{"in", "its values may name"}}
	differ := false
	for _, p := range e.places {
		reach := reachOf(p.block)
		differ = differ || reach != reachOf(e.main.block)
		t.rows = append(t.rows, []string{"`" + p.in + "`", reach})
	}
	if !differ {
		return nil
	}
	return []part{text("What its values may name depends on where it stands:"), t}
}

func reachOf(b *dsl.Block) string {
	most, record := dsl.Static, ""
	for _, a := range b.Attrs {
		if a.Holds == dsl.Value {
			most = max(most, a.Scope)
		}
		if a.Holds == dsl.PerRecord {
			record = "; with expr the record, in " + prose.And(perRecord(b))
		}
	}
	return scopeWord(most) + record
}

func perRecord(b *dsl.Block) []string {
	var out []string
	for _, a := range b.Attrs {
		if a.Holds == dsl.PerRecord {
			out = append(out, a.Name)
		}
	}
	return out
}

// kindPages are a page for a block whose label chooses a kind, and one for each kind.
func kindPages(e *entry) []*Page {
	b := e.main.block
	common := shared(b.Kinds)
	top := &Page{Name: e.name, Title: e.name, Summary: b.Summary, level: 2, in: inWords(e)}
	kinds := links{}
	out := []*Page{top}
	for _, k := range b.Kinds {
		p := &Page{Name: e.name + " " + k.Type, Title: fmt.Sprintf("%s %q", e.name, k.Type), Summary: k.Summary, level: 3, under: e.name}
		p.parts = content(k, without(k.Attrs, common), "Attributes:")
		if some := len(k.Attrs) > 0; some && len(common) > 0 {
			p.alone = attributesPart(common, "As every kind of `"+e.name+"`:")
		}
		kinds = append(kinds, link{p.Name, k.Type, k.Summary})
		out = append(out, p)
	}
	top.alone = []part{kinds}
	top.parts = attributesPart(common, whoTakes(b.Kinds))
	return out
}

func whoTakes(kinds []*dsl.Block) string {
	for _, k := range kinds {
		if len(k.Attrs) == 0 {
			return "Every kind that takes any attributes takes:"
		}
	}
	return "Every kind takes:"
}

// content is what a block takes, and its example.
func content(b *dsl.Block, attrs []dsl.Attr, title string) []part {
	var out []part
	if b.Example != "" {
		out = append(out, example{"hcl", b.Example})
	}
	out = append(out, attributesPart(attrs, title)...)
	if b.Open {
		a := b.OpenAttr
		a.Name = "<name>"
		out = append(out, attributesPart([]dsl.Attr{a}, "Any attribute:")...)
	}
	if len(b.Provides) > 0 {
		out = append(out, text("Provides `page."+strings.Join(b.Provides, "`, `page.")+"`."))
	}
	if b.Yields != nil {
		out = append(out, text("Its records have: "+strings.Join(slices.Sorted(maps.Keys(b.Yields.Fields)), ", ")+"."))
	}
	return append(out, blocksPart(b)...)
}

func blocksPart(b *dsl.Block) []part {
	if len(b.Blocks) == 0 {
		return nil
	}
	var words []string
	for _, c := range b.Blocks {
		words = append(words, "`"+c.Type+"`"+often(c))
	}
	return []part{text("Blocks in it: " + foldObjects(b, words) + ".")}
}

// foldObjects leaves the types of object out, which have a page that lists them.
func foldObjects(b *dsl.Block, words []string) string {
	var out []string
	told := false
	for i, c := range b.Blocks {
		switch {
		case !c.IsObject():
			out = append(out, words[i])
		case !told:
			told = true
			out = append(out, "`objects` (any number, or a sink)")
		}
	}
	return strings.Join(out, ", ")
}

func often(c dsl.Child) string {
	switch {
	case c.Min > 0:
		return " (needed)"
	case c.Max == 1:
		return ""
	}
	return " (any number)"
}

// heading is a block as a mapping writes it.
func heading(b *dsl.Block) string {
	out := b.Type
	for _, l := range b.Labels {
		out += fmt.Sprintf(" %q", "<"+l+">")
	}
	return out
}

const topOfFile = "the top of a file"

func inWords(e *entry) string {
	var out []string
	for _, p := range e.places {
		name := p.in
		switch {
		case name == "mapping":
			name = topOfFile
		case p.block.Type == "reject" && strings.Contains(p.child.Summary, "no such object"):
			name = "`objects`"
		default:
			name = "`" + name + "`"
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return prose.And(out)
}
