package reference

import (
	"reflect"
	"slices"
	"strings"

	"tqmap/dsl"
)

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
