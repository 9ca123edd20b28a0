package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tqmap/engine/page"
	"tqmap/engine/threatq"
)

// collectionWalk goes through the pages of one data collection.
type collectionWalk struct {
	*collections
	name  string
	query threatq.Query
	sort  string
	begun int // number of the first pass through this collection
	pass  int // number of this pass
	yield func(*batch) error

	met    int       // objects of it that were not met before, so far
	least  int       // the smallest total that ThreatQ told, -1: none
	latest time.Time // the last touch of any object of the first page
}

func (w *collectionWalk) all(ctx context.Context) error {
	var rest []any
	var empty bool
	var err error
	if w.marks {
		rest, empty, err = w.byMark(ctx)
	} else {
		rest, empty, err = w.byOffset(ctx)
	}
	if err == nil && !w.latest.IsZero() && !w.stable() {
		if err = w.hand(&batch{records: rest}, w.yield); err == nil {
			rest, err = w.touched(ctx)
		}
	}
	if err != nil {
		return err
	}
	return w.last(rest, empty)
}

// stable says that no change of an object moves it to another place.
func (w *collectionWalk) stable() bool { return w.sort == "id" || w.sort == "-id" }

func (w *collectionWalk) byOffset(ctx context.Context) (rest []any, empty bool, err error) {
	return (&offsetWalk{collectionWalk: w, total: -1, loose: map[int64]bool{}}).all(ctx)
}

// touched reads, by their ids, the objects that were touched since the first page: those that
// were still to be read may have gone to a place that was read already.
func (w *collectionWalk) touched(ctx context.Context) ([]any, error) {
	w.passes++
	again := &collectionWalk{
		collections: w.collections, name: w.name, query: w.query.TouchedSince(w.latest), sort: "id",
		begun: w.begun, pass: w.passes, yield: w.yield, least: -1,
	}
	rest, _, err := again.byOffset(ctx)
	w.met += again.met
	return rest, err
}

// found is a page with what is new of it.
type found struct {
	*threatq.SearchPage
	first bool    // its first object was met in this pass before
	fresh []int64 // objects that were not met in this pass before
	new   []any   // those that were not met at all
	newAt []int   // where they are in the page
}

// ask reads a page.
func (w *collectionWalk) ask(ctx context.Context, offset, limit int, mark string) (*found, error) {
	q := w.collections.query
	q.Query, q.Sort, q.Offset, q.Limit, q.Cursor = w.query, w.sort, offset, limit, mark
	got, err := w.run.Platform.Search(ctx, w.of, q)
	if err != nil {
		return nil, err
	}
	f := &found{SearchPage: got}
	for i := range got.Objects {
		w.meet(f, i)
	}
	if offset == 0 && (mark == "" || mark == "*") {
		for _, o := range got.Objects {
			w.latest = later(w.latest, o.TouchedAt)
		}
	}
	if got.Total >= 0 && (w.least < 0 || got.Total < w.least) {
		w.least = got.Total
	}
	if w.links != nil {
		if err := w.links.members(ctx, f); err != nil {
			return nil, fmt.Errorf("related objects: %w", err)
		}
	}
	return f, nil
}

// meet takes note of the ith object of a page.
func (w *collectionWalk) meet(f *found, i int) {
	o := &f.Objects[i]
	before := w.seen[o.ID]
	w.seen[o.ID] = w.pass
	if before == w.pass {
		f.first = f.first || i == 0
		return
	}
	f.fresh = append(f.fresh, o.ID)
	if before < w.begun {
		w.met++
	}
	if before == 0 {
		f.new, f.newAt = append(f.new, collectedVars(o, w.of, w.name)), append(f.newAt, i)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// byMark goes from mark to mark, which objects that come and go do not disturb.
func (w *collectionWalk) byMark(ctx context.Context) (rest []any, empty bool, err error) {
	for mark := "*"; ; {
		f, err := w.ask(ctx, 0, w.collections.query.Limit, mark)
		if err != nil {
			return nil, false, err
		}
		if f.Rows == 0 || len(f.fresh) == 0 || f.Cursor == "" || f.Cursor == mark {
			return f.new, f.Rows == 0, nil
		}
		mark = f.Cursor
		if err := w.hand(&batch{records: f.new}, w.yield); err != nil {
			return nil, false, err
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
	step   int   // of the last way back
	backs  int
	// loose are objects that were met behind a gap: they tell nothing of what lies before them.
	loose map[int64]bool
}

// manyBacks is how often a walk goes back before it takes the collection for one that
// changes faster than it can be read.
const manyBacks = 100

// all hands on every page but the last, which it returns; empty is one that should have had
// more.
func (w *offsetWalk) all(ctx context.Context) (rest []any, empty bool, err error) {
	for {
		f, err := w.next(ctx)
		if err != nil {
			return nil, false, err
		}
		if done, empty := w.place(f); done {
			return f.new, empty, nil
		}
		if err := w.hand(&batch{records: f.new}, w.yield); err != nil {
			return nil, false, err
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
	if from > 0 && at < 0 && (!f.first || w.loose[f.Objects[0].ID]) {
		if f.Rows == 0 && gone == 0 && f.Total > from {
			return true, true
		}
		return w.back(f, from, gone), false
	}
	w.step = 0
	for i := range f.Objects {
		delete(w.loose, f.Objects[i].ID)
	}
	reached := from + f.Rows
	if reached <= w.offset { // nothing behind the anchor
		return true, f.Total > w.offset
	}
	w.offset, w.anchor = reached, 0
	if n := len(f.Objects); n > 0 {
		w.anchor = f.Objects[n-1].ID
	}
	if f.Total < 0 || reached > f.Total { // a total that is exceeded tells nothing
		return len(f.fresh) == 0, false
	}
	return reached == f.Total, false
}

// back goes back, further each time; it says whether that is of no use any more.
func (w *offsetWalk) back(f *found, from, gone int) (enough bool) {
	for _, id := range f.fresh {
		w.loose[id] = true
	}
	w.anchor = 0
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
