package engine

import (
	"tqmap/dsl/code"
	"tqmap/engine/threatq"
)

// eventShape is the shape of eventVars. Which attributes an event has is not known.
func eventShape() code.Shape {
	text := code.Shape{Kind: code.String}
	return code.ObjectOf(map[string]code.Shape{
		"id": {Kind: code.Int}, "title": text, "type": text, "description": text,
		"happened_at": {Kind: code.Time}, "touched_at": {Kind: code.Time},
		"sources":    code.ListOf(text),
		"attributes": {Kind: code.Object, Open: true},
	})
}

// eventVars is an event of ThreatQ as expr sees it; of several attributes of one
// name it shows the first.
func eventVars(o *threatq.Object) map[string]any {
	attrs := map[string]any{}
	for _, a := range o.Attributes {
		if _, seen := attrs[a.Name]; !seen {
			attrs[a.Name] = a.Value
		}
	}
	sources := []any{}
	for _, s := range o.Sources {
		sources = append(sources, s.Name)
	}
	return map[string]any{
		"id": int(o.ID), "title": o.Name, "type": o.Type, "description": o.Description,
		"happened_at": o.HappenedAt.UTC(), "touched_at": o.TouchedAt.UTC(),
		"sources": sources, "attributes": attrs,
	}
}
