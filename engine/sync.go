package engine

import (
	"fmt"
	"maps"
	"slices"

	"tqmap/dsl/code"
	"tqmap/engine/threatq"
)

// merge is the three-way merge of a field that both sides change. All values are
// in the words of the attribute that remembers the last agreement:
//
//	base    that attribute in ThreatQ now
//	local   what ThreatQ's field stands for now, by the rule's `local`
//	remote  what the mapping has just computed for the attribute
//
// ThreatQ's side wins until it has been sent: where local moved away from base,
// neither the field nor the attribute is touched, so that the flow that sends
// still sees the difference. The same holds where the mapping's choice for the
// field does not stand for remote: what stood in the attribute then would look like
// a change of ours, and would be sent back. It returns what it held back and why;
// the zero held if there was nothing, or nothing to say.
func merge(w *wanted, have, want *threatq.Object) (h held, err error) {
	rule := w.Rule.Sync
	local, ours, err := standsFor(w, have, have.Type)
	if err != nil {
		return held{}, err
	}
	choice, _, err := standsFor(w, have, want.Type)
	if err != nil {
		return held{}, err
	}
	base, _ := have.Attr(rule.Agreed)
	remote, told := want.Attr(rule.Agreed)
	typ := want.Type
	want.Type = ""
	switch {
	case !ours: // the analyst put it to other use: leave the field alone
	case local == remote: // agreed; the field may hold another word for the same
	case local == base && choice == remote: // only the other side moved
		want.Type = typ
	default:
		want.Attributes = without(want.Attributes, rule.Agreed)
		return held{why: why(rule.Field, local, base, remote, told), base: base, conflict: local != base}, nil
	}
	return held{}, nil
}

// held is a change of the source that a merge did not take.
type held struct {
	why, base string
	conflict  bool // it may be taken yet, if ThreatQ's side goes back to base
}

func why(field, local, base, remote string, told bool) string {
	switch {
	case !told || remote == base:
		return ""
	case local == base:
		return fmt.Sprintf("the source says %q, which %s has no word for: it stays %q", remote, field, local)
	}
	return fmt.Sprintf("both sides changed %s: ThreatQ stands for %q, the source says %q; ThreatQ's choice will be sent", field, local, remote)
}

// agreeOnNew makes the attribute of a new object say what its field stands for,
// whatever the source says: a difference would be sent back as a change of ours.
func agreeOnNew(w *wanted, o *threatq.Object) error {
	if w.Rule.Sync == nil {
		return nil
	}
	word, ours, err := standsFor(w, o, o.Type)
	if err != nil || !ours {
		return err
	}
	agreed := w.Rule.Sync.Agreed
	if got, _ := o.Attr(agreed); got != word {
		o.Attributes = append(without(o.Attributes, agreed), threatq.Attribute{Name: agreed, Value: word})
	}
	return nil
}

// standsFor is the rule's `local` for o, if its type were typ; false where that
// stands for nothing of the other side's.
func standsFor(w *wanted, o *threatq.Object, typ string) (string, bool, error) {
	current := *o
	current.Type = typ
	vars := maps.Clone(w.vars)
	vars["current"] = eventVars(&current)
	got, err := w.Rule.Sync.Local.Eval(vars)
	if err != nil {
		return "", false, err
	}
	text, ok := code.Text(got)
	return text, ok, nil
}

func without(attrs []threatq.Attribute, name string) []threatq.Attribute {
	return slices.DeleteFunc(slices.Clone(attrs), func(a threatq.Attribute) bool { return a.Name == name })
}
