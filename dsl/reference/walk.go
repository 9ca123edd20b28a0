package reference

import (
	"reflect"
	"slices"

	"tqmap/dsl"
)

// place is a block where it stands.
type place struct {
	block *dsl.Block
	child dsl.Child // how often it may stand there
	in    string    // title of the block around it
	inner bool      // in a block that is no part of the frame: mapping, client, flow, source
}

// entry is one block with all the places where it may stand.
type entry struct {
	name   string
	main   place
	places []place
}

// frame are the blocks whose parts have headings of their own.
var frame = []string{"mapping", "client", "flow", "source http", "source threatq", "source threatq_events"}

// entries lists the blocks below g by what they are called, in the order of the grammar. The
// main place of a block is where most names are known to plain values.
func entries(g *dsl.Block) []*entry {
	var out []*entry
	byName := map[string]*entry{}
	var visit func(b *dsl.Block, name string)
	visit = func(b *dsl.Block, name string) {
		for _, c := range b.Blocks {
			p := place{block: c.Block, child: c, in: name, inner: !slices.Contains(frame, name)}
			e := byName[c.Type]
			if e == nil {
				e = &entry{name: c.Type, main: p}
				byName[c.Type] = e
			}
			e.places = append(e.places, p)
			if better(p, e.main) || len(e.places) == 1 {
				out = append(slices.DeleteFunc(out, func(o *entry) bool { return o == e }), e)
				e.main = p
			}
			visit(c.Block, c.Type)
			for _, k := range c.Kinds {
				visit(k, c.Type+" "+k.Type)
			}
		}
	}
	visit(g, "mapping")
	return out
}

// better tells whether a shows more of a block than b: what plain values may name, and
// not what is expr only in some places.
func better(a, b place) bool {
	reach := func(p place) int {
		most := 0
		for _, attr := range p.block.Attrs {
			if attr.Holds == dsl.PerRecord {
				return 0
			}
			most = max(most, int(attr.Scope))
		}
		return most
	}
	return a.block.Kinds == nil && reach(a) > reach(b)
}

// shared are the attributes that all blocks with any have in the same words.
func shared(blocks []*dsl.Block) []dsl.Attr {
	var out []dsl.Attr
	var with []*dsl.Block
	for _, b := range blocks {
		if len(b.Attrs) > 0 {
			with = append(with, b)
		}
	}
	if len(with) < 2 {
		return nil
	}
	for _, a := range with[0].Attrs {
		if !slices.ContainsFunc(with[1:], func(b *dsl.Block) bool { return !has(b.Attrs, a) }) {
			out = append(out, a)
		}
	}
	return out
}

func has(attrs []dsl.Attr, a dsl.Attr) bool {
	return slices.ContainsFunc(attrs, func(b dsl.Attr) bool { return reflect.DeepEqual(a, b) })
}

func without(attrs, left []dsl.Attr) []dsl.Attr {
	return slices.DeleteFunc(slices.Clone(attrs), func(a dsl.Attr) bool { return has(left, a) })
}
