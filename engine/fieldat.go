package engine

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/engine/threatq"
)

// At is where the mapping says what the object has under a name, in the words of expect
// blocks: "title", "type", "happened_at", "description", "tags", "tlp", "score",
// "attributes", "attributes.Severity", "related", "indicators", "key". The place is the
// innermost value that the file spells out, without fixed(…) or add(…) around it; the
// head of the rule's block where the mapping does not say it at all.
func (o *Object) At(field string) hcl.Range {
	node := o.Rule.Node
	if o.by == nil {
		return placeOf(node, field)
	}
	name, inner, nested := strings.Cut(field, ".")
	var t *dsl.Template
	switch name {
	case "attributes":
		t = &o.by.attributes
	case "description":
		t = &o.by.description
	case "tags":
		t = &o.by.tags
	case "tlp":
		t = &o.by.tlp
	default:
		i := slices.IndexFunc(o.by.kind.Fields, func(f threatq.Field) bool { return f.Name == name })
		if i < 0 {
			return placeOf(node, name)
		}
		t = &o.by.own[i]
	}
	at := t.Range()
	if nested {
		at = t.Part(inner)
	}
	if at.Filename == "" {
		return placeOf(node, name)
	}
	return at
}

// placeOf is where n gives the attribute called name, or where n begins.
func placeOf(n *dsl.Node, name string) hcl.Range {
	if name == "indicators" {
		name = "related"
	}
	if v := n.Val(name); v != nil {
		return v.Range
	}
	return n.Range
}

// ItemAt is where the mapping says what the item of m has under path, by names of objects
// and numbers of lists; or, as in expect blocks, "key", "label" and "expires", unless the
// item has a field of that name. Without a path it is the whole item. The zero Range: m
// has no item.
func (m *Mapped) ItemAt(path ...any) hcl.Range {
	if m.items == nil {
		return hcl.Range{}
	}
	node, whole := m.items.node, m.items.item.Range()
	at := m.items.item.Part(path...)
	if at != whole || len(path) == 0 {
		return at
	}
	switch path[0] {
	case "key":
		return m.items.record.Val("key").Range
	case "label":
		if node.Val("label") == nil {
			return m.items.record.Val("key").Range
		}
		return node.Val("label").Range
	case "expires":
		for _, name := range []string{"expires", "default_expires"} {
			if v := node.Val(name); v != nil {
				return v.Range
			}
		}
		return node.Range
	}
	return whole
}
