package engine

import (
	"fmt"
	"maps"

	"tqmap/dsl/code"
	"tqmap/engine/threatq"
)

// sync is the three-way merge of a field that both sides change. All values are
// in the words of the attribute that remembers the last agreement:
//
//	base    that attribute in ThreatQ now
//	local   what ThreatQ's field stands for now, by the rule's `local`
//	remote  what the mapping has just computed for the attribute
//
// ThreatQ's side wins until it has been sent: where local moved away from base,
// neither the field nor the attribute is touched, so that the flow that sends
// still sees the difference. It returns a warning where both sides moved apart.
func (d *delivery) sync(w *wanted, have, want *threatq.Object) (warning string, err error) {
	rule := w.Rule.Sync
	vars := maps.Clone(w.vars)
	vars["current"] = eventVars(have)
	got, err := rule.Local.Eval(vars)
	if err != nil {
		return "", err
	}
	local, ours := code.Text(got)
	base, agreedOnce := have.Attr(rule.Agreed)
	remote, _ := want.Attr(rule.Agreed)
	switch {
	case !ours: // the analyst put it to other use: leave the field alone
		want.Type = ""
	case local == remote: // agreed; the field may hold another word for the same
		want.Type = ""
	case agreedOnce && local == base: // only the other side moved
	default:
		want.Type = ""
		want.Attributes = without(want.Attributes, rule.Agreed)
		if remote != base {
			return fmt.Sprintf("both sides changed %s: ThreatQ stands for %q, the source says %q; ThreatQ's choice will be sent", rule.Field, local, remote), nil
		}
	}
	return "", nil
}

func without(attrs []threatq.Attribute, name string) []threatq.Attribute {
	var out []threatq.Attribute
	for _, a := range attrs {
		if a.Name != name {
			out = append(out, a)
		}
	}
	return out
}

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
