package engine

import (
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/decode"
)

// splitBlock stands in every decode block.
func splitBlock() *dsl.Block {
	return &dsl.Block{
		Type: "split", Summary: "Makes several documents of each: one for each element of a list in it.",
		Example: `split {
  path         = "alerts.events"
  keep_parents = true
}`,
		Attrs: []dsl.Attr{
			withDefault(textAttr("path", "Keys down to the list, with dots between them; lists on the way are split too. A missing one is an error."), "the document itself"),
			textAttr("by", "Split a text instead, at this; \"\\n\" splits at CRLF too; empty pieces are left out."),
			{Name: "keep_parents", Type: cty.Bool, Scope: dsl.Run, Default: "false", Summary: "Each document is the whole one, with one element in place of the list. Else it is the element, or { key = element } where that is no object."},
			{Name: "keep_empty", Type: cty.Bool, Scope: dsl.Run, Default: "false", Summary: "The list may be missing; with keep_parents, a document without elements is kept."},
		},
		Check: func(r *dsl.Reading) { readSplit(r, decode.Limits{}) },
	}
}

func readSplit(r *dsl.Reading, l decode.Limits) *decode.Split {
	return &decode.Split{
		Path: keys(r, "path", r.String("path", ""), "."), By: r.String("by", ""),
		KeepParents: r.Bool("keep_parents", false), KeepEmpty: r.Bool("keep_empty", false), Limits: l,
	}
}
