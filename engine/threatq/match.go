package threatq

import (
	"strings"
	"time"
)

// likeness says how well a row answers for an item.
type likeness int

const (
	differs likeness = iota
	open             // nothing contradicts it, but the row does not say enough
	same
)

// match finds the row of each item, nil where there is none. Rows may come in any
// order, be missing, be more than asked for, and leave out type or time.
func match(batch []*item, rows []row) []*row {
	m := newMatcher(batch, rows)
	m.pass(func(it *item, r *row) bool {
		return m.sameName(it, r) && compare(it, r) == same
	})
	m.pass(func(it *item, r *row) bool {
		return m.sameName(it, r) && compare(it, r) == open && m.alone(it, r)
	})
	// ThreatQ may change the case of a value. As values that differ in case only
	// can also be two objects, this holds only where nothing else could be meant.
	m.pass(func(it *item, r *row) bool {
		return compare(it, r) != differs && m.alone(it, r)
	})
	out := make([]*row, len(batch))
	for i, it := range batch {
		out[i] = m.found[it.key()]
	}
	return out
}

type matcher struct {
	items      []*item // one for each key
	collection Collection
	rows       map[string][]*row // by lower-case name
	keys       map[string]int    // number of keys by lower-case name
	found      map[string]*row   // by item key
	claimed    map[*row]bool
}

func newMatcher(batch []*item, rows []row) *matcher {
	m := &matcher{
		rows: map[string][]*row{}, keys: map[string]int{}, found: map[string]*row{}, claimed: map[*row]bool{},
	}
	seen := map[string]bool{}
	for _, it := range batch {
		m.collection = it.obj.Collection
		if key := it.key(); !seen[key] {
			seen[key] = true
			m.items = append(m.items, it)
			m.keys[strings.ToLower(it.obj.Name)]++
		}
	}
	for i := range rows {
		key := strings.ToLower(rows[i].name(m.collection))
		m.rows[key] = append(m.rows[key], &rows[i])
	}
	return m
}

// pass gives a row to each item that has none and for which fits is true.
func (m *matcher) pass(fits func(*item, *row) bool) {
	for _, it := range m.items {
		key := it.key()
		for _, r := range m.rows[strings.ToLower(it.obj.Name)] {
			if m.found[key] == nil && fits(it, r) {
				m.found[key] = r
				m.claimed[r] = true
			}
		}
	}
}

// alone reports whether r can be meant for no other item.
func (m *matcher) alone(it *item, r *row) bool {
	return !m.claimed[r] && m.keys[strings.ToLower(it.obj.Name)] == 1
}

// sameName compares as ThreatQ tells objects apart: events without case.
func (m *matcher) sameName(it *item, r *row) bool {
	return m.collection.Kind().Identity == ByTitleAndTime || it.obj.Name == r.name(m.collection)
}

// compare looks at the part of the identity beside the name.
func compare(it *item, r *row) likeness {
	switch it.obj.Collection.Kind().Identity {
	case ByValueAndType:
		return compareType(it, r)
	case ByTitleAndTime:
		switch {
		case r.HappenedAt.IsZero():
			return open
		case r.HappenedAt.Truncate(time.Second).Equal(it.obj.HappenedAt):
			return same
		}
		return differs
	}
	return same
}

func compareType(it *item, r *row) likeness {
	id, name := r.typeID(), strings.TrimSpace(string(r.Type.Name))
	switch {
	case id != 0 && it.typeID != 0:
		if id == it.typeID {
			return same
		}
		return differs
	case name == "":
		return open
	case strings.EqualFold(name, it.obj.Type):
		return same
	}
	return differs
}
