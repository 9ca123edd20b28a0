package dsl

import (
	"reflect"
	"slices"

	"tqmap/dsl/code"
)

// keys reports what cannot tell records or objects apart.
func (c *checker) keys(f *Flow) {
	rec := f.Record
	if rec.Key != nil {
		switch _, fraction := rec.Key.Fraction(); {
		case !rec.Key.Reads(rec.Name) && rec.single():
		case !rec.Key.Reads(rec.Name):
			c.d.warn(rec.Key.Range(), "Constant key", "This is the same for every record, so each takes the place of the one before. Use what identifies %s.", rec.Name)
		case fraction:
			c.fraction(rec.Key)
		default:
			c.sameKeys(f)
		}
	}
	for _, r := range f.Rules {
		if r.Key == nil {
			c.title(f, r)
			continue
		}
		if _, fraction := r.Key.Fraction(); fraction {
			c.fraction(r.Key)
		} else if r.ForEach != nil && !r.Key.Reads("each") {
			c.d.warn(r.Key.Range(), "Constant key", "This is the same for every element of for_each, so they all are one object. Use what identifies `each`.")
		}
		c.title(f, r)
	}
}

func (c *checker) fraction(key *code.Expr) {
	at, _ := key.Fraction()
	c.d.warn(at, "Fraction in a key", "A number with a fraction is not written the same way everywhere, so what it names may not be known again. Use a text or a whole number.")
}

// title reports titles of events that do not tell one from another.
func (c *checker) title(f *Flow, r *Rule) {
	v := r.Node.Val("title")
	if !r.Node.Spec.object.NeedsKey || v == nil || v.tree == nil || v.tree.bad || c.isQuoted(v) {
		return
	}
	for _, e := range v.programs() {
		if e.Reads(f.Record.Name, "each") {
			return
		}
	}
	if t := v.tree; t.plain != nil || t.expr != nil {
		c.d.warn(v.Range, "Constant title", "All these have one title, and ThreatQ tells them apart by title and time alone. Put something of the record into it, such as its key.")
	}
}

// sameKeys reports different records of one sample that have one key.
func (c *checker) sameKeys(f *Flow) {
	rec, lab := f.Record, c.m.lab(f)
	for _, p := range rec.pages {
		first := map[string]int{}
		for i, r := range p.records {
			vars, ok := lab.vars(r)
			if !ok || lab.skipped(vars) {
				continue
			}
			v, err := rec.Key.Eval(vars)
			if _, float := v.(float64); float && err == nil {
				c.d.warn(rec.Key.Range(), "Fraction in a key", "It is a number with a fraction in the sample %s, which is not written the same way everywhere. Use a text or a whole number.", p.name)
				return
			}
			key, ok := code.Text(v)
			if err != nil || !ok {
				continue
			}
			if j, again := first[key]; again && !reflect.DeepEqual(p.records[j], r) {
				c.d.warn(rec.Key.Range(), "Same key twice", "Records %d and %d of the sample %s differ, but have one key: the later takes the place of the earlier. If they are two, the key needs more than this.", j+1, i+1, p.name)
				return
			}
			first[key] = i
		}
	}
}

// single tells whether every sample is of one record, as the state of a system is.
func (r *Record) single() bool {
	return len(r.pages) > 0 && !slices.ContainsFunc(r.pages, func(p page) bool { return len(p.records) > 1 })
}
