package dsl

import (
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

// Object is a type of object that the platform keeps. The engine lists them.
type Object struct {
	Type    string // the block: "event"
	Summary string
	Example string // as of a Block
	Attrs   []Attr // beside those of every object
	// Keyed says that `key` may be given; NeedsKey that objects made by for_each
	// must have it, because what they are called does not tell them apart.
	Keyed, NeedsKey bool
	// Synced says that a field of it may be kept in step with the source's.
	Synced bool
}

// block is what may be written of an object.
func (o *Object) block(tlp *Words) *Block {
	attrs := []Attr{
		{Name: "for_each", Holds: Expr, Returns: []code.Kind{code.List}, Summary: "A list: one object for each element, read as `each`."},
		{Name: "when", Holds: Expr, Returns: truth, Summary: "No object where this is false."},
	}
	if o.Keyed {
		attrs = append(attrs, Attr{Name: "key", Holds: Expr, Summary: keySummary(o)})
	}
	attrs = append(attrs, o.Attrs...)
	attrs = append(attrs,
		Attr{Name: "description", Holds: PerRecord, Summary: "Text of the object."},
		Attr{Name: "attributes", Holds: PerRecord, Written: true, Modes: true, Summary: "Attribute name = value. One value, replaced on update; fixed(…) is written once, add(…) puts each value of a list beside those there. Null and empty values are left out."},
		Attr{Name: "tags", Holds: PerRecord, Summary: "Tags to add."},
		Attr{Name: "tlp", Holds: PerRecord, Words: tlp, Summary: "TLP label of the source on this object."},
		Attr{Name: "related", Holds: Refs, Summary: "Objects of the same record to link to, e.g. [event.alert]."},
	)
	blocks := []Child{{Block: rejectBlock("Makes no such object, but a dead letter.")}}
	if o.Synced {
		blocks = append(blocks, Child{Block: syncBlock, Max: 1})
	}
	return &Block{Type: o.Type, Labels: []string{"name"}, Summary: o.Summary, Example: o.Example, Attrs: attrs, Blocks: blocks, object: o}
}

func keySummary(o *Object) string {
	const known = "What the object is known by for ever among all of this block, e.g. expr(\"each.id\")."
	if o.NeedsKey {
		return known + " Default: the key of the record; needed beside for_each."
	}
	return known + " Default: what it is called, so that another name is another object."
}

func rejectBlock(summary string) *Block {
	return &Block{
		Type: "reject", Labels: []string{"reason"}, Summary: summary + " It is kept under the reason and counted.",
		Example: `reject "a host of our own" {
  when    = expr("alert.host endsWith '.corp.example'")
  message = expr("alert.host")
}`,
		Attrs: []Attr{
			{Name: "when", Holds: Expr, Returns: truth, Required: true, Summary: "True for what to reject."},
			{Name: "message", Holds: Expr, Summary: "What to say beside the reason, such as the offending value."},
		},
	}
}

var syncBlock = &Block{
	Type: "sync", Labels: []string{"field"},
	Summary: "Keeps a field that both sides change in step: a three-way merge against the last agreement.",
	Example: `sync "type" {
  agreed = "Status"
  local  = expr("table.status.lookup(current.type)")
}`,
	Attrs: []Attr{
		{Name: "agreed", Type: cty.String, Required: true, Summary: "The attribute that remembers the last agreed value; what the mapping computes for it is the remote value."},
		{Name: "local", Holds: Expr, Required: true, Summary: "The value that ThreatQ's object stands for now (read as `current`), in the words of `agreed`; null where it stands for none."},
	},
}

// IsObject says whether b makes objects for the platform.
func (b *Block) IsObject() bool { return b.object != nil }
