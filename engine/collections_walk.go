package engine

import (
	"context"
	"fmt"
	"slices"

	"tqmap/engine/page"
	"tqmap/engine/threatq"
)

// collectionWalk goes through the pages of one data collection.
type collectionWalk struct {
	*collections
	name  string
	index int
	query threatq.Query
	yield func(*batch) error

	met   int // objects of it so far
	least int // the smallest total that ThreatQ told, -1: none
}

func (w *collectionWalk) all(ctx context.Context) error {
	if w.marks {
		return w.byMark(ctx)
	}
	return (&offsetWalk{collectionWalk: w, total: -1}).all(ctx)
}

// found is a page with what is new of it.
type found struct {
	*threatq.SearchPage
	first bool  // its first object was met in this collection before
	fresh int   // objects that were not met in this collection before
	new   []any // those of them that were not met at all
}

// ask reads a page.
func (w *collectionWalk) ask(ctx context.Context, offset, limit int, mark string) (*found, error) {
	q := w.collections.query
	q.Query, q.Offset, q.Limit, q.Cursor = w.query, offset, limit, mark
	got, err := w.run.Platform.Search(ctx, w.of, q)
	if err != nil {
		return nil, err
	}
	f := &found{SearchPage: got}
	for i := range got.Objects {
		o := &got.Objects[i]
		before := w.seen[o.ID]
		w.seen[o.ID] = w.index
		switch {
		case before == w.index:
			f.first = f.first || i == 0
			continue
		case before == 0:
			f.new = append(f.new, collectedVars(o, w.of, w.name))
		}
		f.fresh++
	}
	w.met += f.fresh
	if got.Total >= 0 && (w.least < 0 || got.Total < w.least) {
		w.least = got.Total
	}
	return f, nil
}

// byMark goes from mark to mark, which objects that come and go do not disturb.
func (w *collectionWalk) byMark(ctx context.Context) error {
	for mark := "*"; ; {
		f, err := w.ask(ctx, 0, w.collections.query.Limit, mark)
		if err != nil {
			return err
		}
		if f.Rows == 0 || f.fresh == 0 || f.Cursor == "" || f.Cursor == mark {
			return w.last(f.new, f.Rows == 0)
		}
		mark = f.Cursor
		if err := w.hand(&batch{records: f.new}, w.yield); err != nil {
			return err
		}
	}
}

// last hands on the last page, and says if objects are missing.
func (w *collectionWalk) last(records []any, empty bool) error {
	b := &batch{records: records}
	switch {
	case w.least < 0:
		w.part = true
		b.hint = fmt.Sprintf("ThreatQ does not say how many objects the data collection %q has, so these may not be all", w.name)
	case w.met >= w.least:
	case empty:
		b.note = fmt.Errorf("data collection %q: %w", w.name, &page.EmptyError{Offset: w.met, Total: w.least})
	default:
		b.note = fmt.Errorf("data collection %q: ThreatQ says that it has %d objects and gave %d; the rest is read in the next run", w.name, w.least, w.met)
	}
	return w.hand(b, w.yield)
}

// offsetWalk goes by the number of objects before a page. Objects that leave the collection
// meanwhile move the others up, and a page would begin behind some that were never read. So
// each page repeats the last object of the one before: where that is not there, the walk goes
// back until it meets what it knows.
type offsetWalk struct {
	*collectionWalk
	offset int   // everything before it was read
	anchor int64 // the object before offset, 0: not known
	total  int   // as told with the page before; -1: not told
	moved  bool  // objects came or went
	step   int   // of the last way back
	backs  int
}

// manyBacks is how often a walk goes back before it takes the collection for one that
// changes faster than it can be read.
const manyBacks = 100

func (w *offsetWalk) all(ctx context.Context) error {
	for {
		f, err := w.next(ctx)
		if err != nil {
			return err
		}
		done, empty := w.place(f)
		switch {
		case !done:
			err = w.hand(&batch{records: f.new}, w.yield)
		case w.moved:
			if err = w.hand(&batch{records: f.new}, w.yield); err == nil {
				err = w.front(ctx, empty)
			}
		default:
			err = w.last(f.new, empty)
		}
		if err != nil || done {
			return err
		}
	}
}

// next asks for the page at offset, from its anchor on.
func (w *offsetWalk) next(ctx context.Context) (*found, error) {
	from, limit := w.offset, w.collections.query.Limit
	if w.anchor != 0 {
		from--
		if limit < maxSearch {
			limit++
		}
	}
	return w.ask(ctx, from, limit, "")
}

// maxSearch is the most that ThreatQ gives at once.
const maxSearch = 1000

// place finds out where the page lies, and says whether it is the last one; empty is
// one that should have had more.
func (w *offsetWalk) place(f *found) (done, empty bool) {
	gone := 0
	if f.Total >= 0 {
		gone = max(0, w.total-f.Total)
	}
	w.total = f.Total
	from := w.offset
	if w.anchor != 0 {
		from--
	}
	at := slices.IndexFunc(f.Objects, func(o threatq.Found) bool { return o.ID == w.anchor })
	w.moved = w.moved || gone > 0 || w.anchor != 0 && at > 0
	if from > 0 && at < 0 && !f.first {
		if f.Rows == 0 && gone == 0 && f.Total > from {
			return true, true
		}
		return w.back(from, gone), false
	}
	w.step = 0
	reached := from + f.Rows
	if reached <= w.offset { // nothing behind the anchor
		return true, f.Total > w.offset
	}
	w.offset, w.anchor = reached, 0
	if n := len(f.Objects); n > 0 {
		w.anchor = f.Objects[n-1].ID
	}
	if f.Total < 0 || reached > f.Total { // a total that is exceeded tells nothing
		return f.fresh == 0, false
	}
	return reached == f.Total, false
}

// back goes back, further each time; it says whether that is of no use any more.
func (w *offsetWalk) back(from, gone int) (enough bool) {
	w.moved, w.anchor = true, 0
	w.step = max(1, gone, 2*w.step)
	w.offset = max(0, from-w.step)
	w.backs++
	if w.backs > manyBacks {
		w.run.Log.Warn("the data collection changes faster than it can be read", "collection", w.name)
		w.part = true
		return true
	}
	return false
}

// front looks once more at the beginning: by the order of the last change, objects go there
// from places that were not read yet.
func (w *offsetWalk) front(ctx context.Context, empty bool) error {
	for offset := 0; ; {
		f, err := w.ask(ctx, offset, w.collections.query.Limit, "")
		if err != nil {
			return err
		}
		offset += f.Rows
		if f.fresh == 0 || f.Rows == 0 {
			return w.last(f.new, empty)
		}
		if err := w.hand(&batch{records: f.new}, w.yield); err != nil {
			return err
		}
	}
}
