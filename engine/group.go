package engine

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"tqmap/engine/threatq"
)

// wanted is one object to deliver. Several records may want the same one.
type wanted struct {
	*Object
	entry   EntryKey
	record  *Mapped   // the newest of records, which the object is of
	records []*Mapped // all that want it
	links   []*wanted // to what is delivered before it
	place   int       // in the page
	level   int       // how many of its own collection must be delivered before it
	hash    string
	id      int64
	pending bool // the ledger knows that it may or may not have been written
	settled bool // delivered now, or unchanged
	waiting bool // both sides changed it, and its record is kept
}

// group sorts the page's objects into groups of one collection, in the order in
// which they can link to each other: indicators have ids before the events that
// name them.
func group(page []*Mapped) [][]*wanted {
	byKey := map[EntryKey]*wanted{}
	var order []*wanted
	for _, m := range page {
		objects := make([]*wanted, len(m.Objects))
		for j := range m.Objects {
			o := &m.Objects[j]
			key := EntryKey{Rule: o.Rule.ID(), Key: o.Key}
			w := byKey[key]
			if w == nil {
				w = &wanted{Object: o, entry: key, record: m, place: len(order)}
				byKey[key] = w
				order = append(order, w)
			}
			w.want(o, m)
			objects[j] = w
		}
		link(objects, m.Objects)
	}
	return ranked(order)
}

// want takes note that m wants the object as o. The newest record decides; what
// others say beside that is kept, unless they are older states of the same record.
func (w *wanted) want(o *Object, m *Mapped) {
	w.records = append(w.records, m)
	older, other := w.Object, w.record
	if m == other {
		return
	}
	if m.Cursor.Before(other.Cursor) {
		older, other = o, m
	} else {
		w.Object, w.record = o, m
	}
	if other.Key != w.record.Key {
		w.Object = united(w.Object, older)
	}
}

// undone says that not all of it is delivered, so that the edge of the next
// window does not leave its records out.
func (w *wanted) undone() {
	for _, m := range w.records {
		m.Hash = ""
	}
}

// united is newer with the parts of older that do not contradict it: of the
// attributes of one name that is replaced or fixed, the first counts.
func united(newer, older *Object) *Object {
	both := *newer
	both.Attributes = slices.Concat(newer.Attributes, older.Attributes)
	both.Tags = slices.Concat(newer.Tags, older.Tags)
	both.Sources = slices.Concat(newer.Sources, older.Sources) // the stricter TLP counts
	both.hash = threatq.Hash(&both.Object)
	return &both
}

// link notes relations on the side that is delivered later.
func link(objects []*wanted, of []Object) {
	for j := range of {
		for _, k := range of[j].RelatedTo {
			first, then := objects[j], objects[k]
			if after(first, then) {
				first, then = then, first
			}
			if first != then && !slices.Contains(then.links, first) {
				then.links = append(then.links, first)
			}
		}
	}
}

func after(a, b *wanted) bool {
	if byCollection(a, b) != 0 {
		return byCollection(a, b) > 0
	}
	return a.place > b.place
}

// byCollection orders as the collections are written.
func byCollection(a, b *wanted) int {
	return cmp.Or(cmp.Compare(a.Collection.Order(), b.Collection.Order()), cmp.Compare(a.Collection, b.Collection))
}

// ranked splits order by collection and, within one, by what must be there before.
func ranked(order []*wanted) [][]*wanted {
	for _, w := range order {
		for _, l := range w.links {
			if l.Collection == w.Collection {
				w.level = max(w.level, l.level+1)
			}
		}
	}
	slices.SortStableFunc(order, func(a, b *wanted) int { return cmp.Or(byCollection(a, b), cmp.Compare(a.level, b.level)) })
	var out [][]*wanted
	for i, w := range order {
		if i == 0 || w.Collection != order[i-1].Collection || w.level != order[i-1].level {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], w)
	}
	return out
}

// hashWanted covers the object and whom it is linked to, by key rather than by
// id: ids differ between libraries. A link to what was refused does not count,
// so that it is made once that is delivered. Where a field is kept in step, the
// whole record counts: that it says again what it said before is news if ThreatQ's side,
// and with it the last agreement, was sent in between.
func hashWanted(w *wanted) string {
	names := make([]string, 0, len(w.links))
	for _, l := range w.links {
		if l.settled {
			names = append(names, l.entry.Rule+"\x00"+l.entry.Key)
		}
	}
	sort.Strings(names)
	parts := []string{w.Object.hash, strings.Join(names, "\x01")}
	if w.Rule.Sync != nil {
		parts = append(parts, w.record.content)
	}
	return contentHash(parts)
}

func linkIDs(w *wanted) []threatq.Ref {
	var out []threatq.Ref
	for _, l := range w.links {
		if l.id != 0 {
			out = append(out, threatq.Ref{Collection: l.Collection, ID: l.id})
		}
	}
	return out
}
