package plan

import (
	"fmt"
	"strings"

	"tqmap/dsl"
	"tqmap/engine/threatq"
)

// object says what a rule makes, and what becomes of it when it comes again.
func object(s *dsl.Sketch, rule *dsl.Rule) Object {
	n := rule.Node
	r := n.Read(s.Scope)
	kind := kindOf(rule, r)
	out := Object{Rule: rule.ID(), Makes: makes(r, kind), Again: again(rule, r, kind)}
	var fields, attributes facts
	for _, a := range n.Spec.Attrs {
		if text := r.Show(a.Name); text != "" && isField(a.Name) {
			fields.add(a.Name, text+onlyNew(kind, a.Name))
		}
	}
	modes := r.Modes("attributes")
	for _, p := range r.ShowPairs("attributes") {
		attributes.add(p.Name, p.Value+map[string]string{"fixed": "  (written once)", "add": "  (each value is added)"}[modes[p.Name]])
	}
	out.Fields, out.Attributes = fields, attributes
	if len(attributes) > 0 {
		out.Notes = append(out.Notes, "An attribute has one value, which an update replaces, unless it says otherwise. What is null or empty is left out.")
	}
	if len(rule.Related) > 0 {
		out.Notes = append(out.Notes, "Linked to "+strings.Join(rule.Related, ", ")+" of the same record.")
	}
	if types := r.Show("types"); types != "" {
		out.Notes = append(out.Notes, "These types are created before the first one, where ThreatQ lacks them: "+types+".")
	}
	if sync := n.Block("sync"); sync != nil {
		out.Notes = append(out.Notes, fmt.Sprintf("Its %s is kept in step with what an analyst decides: what both sides agreed on last is remembered in the attribute %q, and where ThreatQ's object stands for something else by now (%s), that wins until it has been sent.",
			sync.Labels[0], r.Of(sync).Show("agreed"), r.Of(sync).Code("local")))
	}
	out.Notes = append(out.Notes, rejects(r, n)...)
	return out
}

func kindOf(rule *dsl.Rule, r *dsl.Reading) *threatq.Kind {
	for _, k := range threatq.Kinds() {
		if k.Code == rule.Type {
			return k.Collection.Kind()
		}
	}
	return threatq.Collection(r.Show("object")).Kind()
}

// onlyNew marks fields that are never changed.
func onlyNew(kind *threatq.Kind, name string) string {
	for _, f := range kind.Fields {
		if f.Name == name && f.Final {
			return "  (only of a new object)"
		}
	}
	return ""
}

func makes(r *dsl.Reading, kind *threatq.Kind) string {
	title := strings.ToLower(kind.Title)
	text := "one " + title + " for each record"
	if q := r.Code("for_each"); q != "" {
		text = "one " + title + " for each element of " + q
	}
	return text + wrap(", where %s", r.Code("when"))
}

// again says what an object is known by, here and in ThreatQ.
func again(rule *dsl.Rule, r *dsl.Reading, kind *threatq.Kind) string {
	own := map[threatq.Identity]string{
		threatq.ByName: "its name", threatq.ByValueAndType: "its type and value", threatq.ByTitleAndTime: "the key of the record",
	}[kind.Identity]
	if rule.Key != nil {
		own = r.Code("key")
	}
	text := "The ledger knows it by " + own + "."
	if identity := r.Show("identity"); identity != "" {
		text += fmt.Sprintf(" Before the first run, and where the ledger was lost, it is found in ThreatQ by its attribute %q.", identity)
	} else {
		text += map[threatq.Identity]string{
			threatq.ByName:         " One that ThreatQ holds under the same name is the same.",
			threatq.ByValueAndType: " One that ThreatQ holds with the same type and value is the same; neither ever changes.",
			threatq.ByTitleAndTime: " One that ThreatQ holds with the same title and time is the same.",
		}[kind.Identity]
	}
	return text + " An update changes only what differs; nothing is emptied, and no tag, link or source is removed."
}
