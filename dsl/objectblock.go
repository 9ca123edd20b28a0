package dsl

import (
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

func objectBlock(typ, summary string, own []Attr, blocks []Child) *Block {
	attrs := append([]Attr{
		{Name: "for_each", Holds: Expr, Returns: []code.Kind{code.List}, Summary: "A list: one object for each element, read as `each`."},
		{Name: "when", Holds: Expr, Returns: truth, Summary: "No object where this is false."},
	}, own...)
	attrs = append(attrs,
		Attr{Name: "description", Holds: PerRecord, Summary: "Text of the object."},
		Attr{Name: "attributes", Holds: PerRecord, Written: true, Summary: "Attribute name = value. One value, replaced on update; fixed(…) is written once, add(…) puts each value of a list beside those there. Null and empty values are left out."},
		Attr{Name: "tags", Holds: PerRecord, Summary: "Tags to add."},
		Attr{Name: "tlp", Holds: PerRecord, Summary: "TLP label of the source on this object."},
		Attr{Name: "related", Holds: Refs, Summary: "Objects of the same record to link to, e.g. [event.alert]."},
	)
	return &Block{Type: typ, Labels: []string{"name"}, Summary: summary, Attrs: attrs, Blocks: blocks}
}

var eventAttrs = []Attr{
	{Name: "type", Holds: PerRecord, Required: true, Summary: "Event type by name; created where it is missing."},
	{Name: "title", Holds: PerRecord, Required: true, Summary: "Title. Keep the identity in it: ThreatQ searches events by title."},
	{Name: "happened_at", Holds: PerRecord, Required: true, Summary: "When it happened (an instant). Part of ThreatQ's identity: use a time that never changes."},
	{Name: "identity", Type: cty.String, Summary: "Attribute whose value finds the event again in ThreatQ when the ledger does not know it."},
	{Name: "types", Type: cty.List(cty.String), Scope: Run, Summary: "Event types that must exist before the first event, for analysts to choose from."},
}

var indicatorAttrs = []Attr{
	{Name: "type", Holds: PerRecord, Required: true, Summary: "Indicator type by name."},
	{Name: "value", Holds: PerRecord, Required: true, Summary: "The indicator."},
	{Name: "status", Holds: PerRecord, Summary: "Status of a new indicator."},
}

var syncBlock = &Block{
	Type: "sync", Labels: []string{"field"},
	Summary: "Keeps a field that both sides change in step: a three-way merge against the last agreement.",
	Attrs: []Attr{
		{Name: "agreed", Type: cty.String, Required: true, Summary: "The attribute that remembers the last agreed value; what the mapping computes for it is the remote value."},
		{Name: "local", Holds: Expr, Required: true, Summary: "The value that ThreatQ's object stands for now (read as `current`), in the words of `agreed`; null where it stands for none."},
	},
}
