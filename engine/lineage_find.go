package engine

import (
	"slices"
	"strings"

	"tqmap/dsl/code"
)

// Finder picks one object out of traced records: by the object's key, its name or title or
// part of it, or the key of the record.
type Finder struct {
	// Want is what was asked for.
	Want string
	// Seen is how many records were looked at.
	Seen int

	best  rank
	found []Found
	known []Found
	keys  []string // of the records of known
}

// Found is an object of a traced record. Object -1 stands for the record itself, of which no
// object came, or for its item; Letter is what became of an object that was rejected.
type Found struct {
	Traced
	Object int
	Letter *DeadLetter
	// Rule, Key and Name are the object's, as people read them; of a record of which nothing
	// came, Why says so.
	Rule, Key, Name, Why string
}

type rank int

const (
	none rank = iota
	partly
	folded // but for the case
	whole
)

// manyKnown is how many objects are remembered for saying what there is.
const manyKnown = 2000

// See looks at one record. It answers false once nothing better can come.
func (f *Finder) See(t Traced) bool {
	f.Seen++
	var own []Found
	for i := range t.Objects {
		o := &t.Objects[i]
		own = append(own, Found{Traced: t, Object: i, Rule: o.Rule.ID(), Key: o.Key, Name: strings.TrimSpace(o.Name)})
	}
	for i := range t.Rejected {
		letter := &t.Rejected[i]
		own = append(own, Found{Traced: t, Object: -1, Letter: letter, Rule: "dead letter", Key: letter.Key, Why: letter.Reason})
	}
	if len(own) == 0 {
		own = append(own, alone(t))
	}
	best := none
	for _, one := range own {
		if len(f.known) < manyKnown {
			f.known = append(f.known, Found{Object: one.Object, Rule: one.Rule, Key: one.Key, Name: one.Name, Why: one.Why})
			f.keys = append(f.keys, t.Key)
		}
		if one.Letter != nil && len(t.Objects) > 0 && one.Key == t.Key {
			continue // the record's key stands for what came of it
		}
		got := max(f.rank(one.Key), f.rank(one.Name))
		f.take(one, got)
		best = max(best, got)
	}
	if got := f.rank(t.Key); got > partly && got > best {
		f.take(own[0], got)
	}
	return f.best != whole
}

// alone is a record without objects.
func alone(t Traced) Found {
	out := Found{Traced: t, Object: -1, Rule: "record", Key: t.Key}
	switch {
	case t.Item != nil:
		out.Rule, out.Name = "item", t.Item.Name()
	case t.Dead != nil:
		out.Rule, out.Key, out.Why, out.Letter = "dead letter", t.Dead.Key, t.Dead.Reason, t.Dead
	case t.Skipped != "":
		out.Rule, out.Why = "left out", t.Skipped
	}
	return out
}

func (f *Finder) take(one Found, got rank) {
	switch {
	case got == none || got < f.best:
		return
	case got > f.best:
		f.best, f.found = got, nil
	}
	same := func(other Found) bool {
		return other.Rule == one.Rule && other.Key == one.Key && other.Name == one.Name
	}
	if !slices.ContainsFunc(f.found, same) {
		f.found = append(f.found, one)
	}
}

func (f *Finder) rank(text string) rank {
	want := strings.TrimSpace(f.Want)
	switch {
	case text == "" || want == "":
		return none
	case text == want:
		return whole
	case strings.EqualFold(text, want):
		return folded
	case strings.Contains(strings.ToLower(text), strings.ToLower(want)):
		return partly
	}
	return none
}

// Found are the objects that fit best: none, one, or several that fit as well. Of those with the
// very name or key the first one counts.
func (f *Finder) Found() []Found {
	if f.best == whole {
		return f.found[:1]
	}
	return f.found
}

// Known are the objects that there are, without what they were made of: at most 2000.
func (f *Finder) Known() []Found { return f.known }

// Near is the key or name that Want may be a slip of, "" for none.
func (f *Finder) Near() string {
	names := slices.Clone(f.keys)
	for _, k := range f.known {
		names = append(names, k.Key, k.Name)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	return code.Near(f.Want, names)
}

// Field picks the values of a lineage that name means: a field such as title, or an attribute,
// whatever its case. near is what it may be a slip of where there is none.
func (l *Lineage) Field(name string) (out []FieldLineage, near string) {
	var names []string
	for _, f := range l.Fields {
		names = append(names, f.Name)
		if strings.EqualFold(f.Name, strings.TrimSpace(name)) {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		near = code.Near(name, names)
	}
	return out, near
}
