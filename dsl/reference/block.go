package reference

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"tqmap/dsl"
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
			record = "; with expr the record, in " + listed(perRecord(b))
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

// objectPages are a page of what all objects take, one for those of the same fields, and one for each type.
func objectPages(objects []*dsl.Block) []*Page {
	common := shared(objects)
	top := &Page{Name: "objects", Title: "Objects", level: 2, in: "`flow`", Summary: "What a flow makes of its records: a block for each object, of any of the types below. Its label is its name in `related`."}
	top.parts = attributesPart(common, "Every type of object takes:")
	blocks := sharedBlocks(objects)
	top.parts = append(top.parts, blocksPart(&dsl.Block{Blocks: blocks})...)
	out := []*Page{top}
	all := links{}
	done := map[string]bool{}
	for _, o := range objects {
		all = append(all, link{o.Type, o.Type, o.Summary})
		if done[o.Type] {
			continue
		}
		same := sameFields(objects, o, common)
		for _, s := range same {
			done[s.Type] = true
		}
		if len(same) > 1 {
			out = append(out, groupPage(same, common))
		}
		for _, s := range same {
			out = append(out, objectPage(s, common, blocks, len(same) == 1))
		}
	}
	top.alone = []part{all}
	return out
}

// sharedBlocks are those that all objects may hold.
func sharedBlocks(objects []*dsl.Block) []dsl.Child {
	return slices.DeleteFunc(slices.Clone(objects[0].Blocks), func(c dsl.Child) bool {
		return slices.ContainsFunc(objects, func(o *dsl.Block) bool { return !holds(o.Blocks, c) })
	})
}

func holds(blocks []dsl.Child, c dsl.Child) bool {
	return slices.ContainsFunc(blocks, func(b dsl.Child) bool { return b.Type == c.Type })
}

func sameFields(objects []*dsl.Block, o *dsl.Block, common []dsl.Attr) []*dsl.Block {
	var out []*dsl.Block
	for _, other := range objects {
		if reflect.DeepEqual(without(other.Attrs, common), without(o.Attrs, common)) && len(other.Blocks) == len(o.Blocks) {
			out = append(out, other)
		}
	}
	return out
}

func groupPage(same []*dsl.Block, common []dsl.Attr) *Page {
	var names []string
	for _, s := range same {
		names = append(names, s.Type)
	}
	p := &Page{Name: names[0] + " and others", Title: strings.Join(names, ", "), level: 3, group: true, under: "objects"}
	p.parts = attributesPart(without(same[0].Attrs, common), "Attributes beside those of every object:")
	return p
}

// objectPage is about one type; in the whole reference only if none has the same fields.
func objectPage(o *dsl.Block, common []dsl.Attr, blocks []dsl.Child, alone bool) *Page {
	p := &Page{Name: o.Type, Title: heading(o), Summary: o.Summary, level: 3, in: "`flow`", under: "objects"}
	if !alone {
		p.level = 0
	}
	own := *o
	own.Blocks = slices.DeleteFunc(slices.Clone(o.Blocks), func(c dsl.Child) bool { return holds(blocks, c) })
	p.parts = content(&own, without(o.Attrs, common), "Attributes beside those of every object:")
	p.alone = append(attributesPart(common, "As every object:"), blocksPart(&dsl.Block{Blocks: blocks})...)
	return p
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
	return listed(out)
}

// listed is "a, b and c".
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
