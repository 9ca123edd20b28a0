package engine

import (
	"maps"
	"slices"
	"time"

	"tqmap/engine/window"
)

// follows says what the cursor of a flow goes by: its records, the server's token, or the
// end of the window.
type follows struct{ records, token, window bool }

// track works out how far the cursor may move. It only ever moves over records
// that were seen, or to the end of a window that was read, never to the clock.
type track struct {
	window   Window
	follows  follows
	last     time.Time         // cursor of the record before
	max      time.Time         // the greatest cursor seen
	boundary map[string]string // the records that lie on max
	token    string
	saved    Checkpoint // as last committed
	disorder bool       // a record came after one that is later
	until    time.Time  // the end of what is being read now
	pages    int        // read of that so far
	heldBack bool       // some of it is left to a later run
	anew     bool       // what is saved counts no more
	before   *track     // as it was before a page of which only pieces came so far

	// Of slices that are read at once:
	head      time.Time // everything before it is delivered
	done      []Span    // delivered, also behind a gap
	old       []Span    // of those, by a run before
	held      []*track  // of slices behind a gap
	lastSlice time.Time // where the last slice begins, if it is delivered
}

func newTrack(w Window, old Checkpoint, f follows) *track {
	t := &track{window: w, follows: f, until: w.End, max: old.Cursor, boundary: maps.Clone(old.Boundary), token: old.Token, saved: old, head: w.Start, done: old.Done, old: slices.Clone(old.Done)}
	if t.boundary == nil {
		t.boundary = map[string]string{}
	}
	return t
}

// see takes note of one settled record (delivered, skipped or dead), in the
// order in which the server gave them.
func (t *track) see(m *Mapped) {
	if m.Cursor.IsZero() || t.stray(m.Cursor) || m.Skipped == tooLate {
		return // a record of a later slice, or dated in the future, must not pull the cursor past others
	}
	t.disorder = t.disorder || m.Cursor.Before(t.last)
	t.last = m.Cursor
	if m.Cursor.After(t.max) {
		t.max, t.boundary = m.Cursor, map[string]string{}
	}
	if m.Cursor.Equal(t.max) {
		t.boundary[m.Key] = m.Hash
	}
}

// stray says that at lies behind what is being read now: it comes again with its own slice.
func (t *track) stray(at time.Time) bool {
	return at.After(t.until) || at.Equal(t.until) && t.until.Before(t.window.End)
}

// reading says that what lies before until is read next, from its beginning.
func (t *track) reading(until time.Time) {
	t.again()
	t.until, t.pages, t.before = until, 0, nil
}

// again says that the next page repeats records.
func (t *track) again() { t.last = time.Time{} }

// undo forgets the pieces of the present page.
func (t *track) undo() {
	if t.before != nil {
		*t = *t.before
	}
}

// after returns the checkpoint to commit with a page, nil if it must wait for
// the end of the window. It waits, too, while all records lie on one instant:
// their list would be written anew with every page.
func (t *track) after(page []*Mapped, b *batch) *Checkpoint {
	switch {
	case !b.more:
		t.before = nil
	case t.before == nil:
		before := *t
		before.boundary = maps.Clone(t.boundary)
		t.before = &before
	}
	for _, m := range page {
		t.see(m)
	}
	if b.token != "" {
		t.token = b.token
	}
	moved := t.max.After(t.saved.Cursor) || t.token != t.saved.Token
	if !t.window.Ascending || t.disorder || !t.window.Moves || b.more || !moved {
		return nil
	}
	return t.checkpoint()
}

// checkpoint is nil if it is the one last committed.
func (t *track) checkpoint() *Checkpoint {
	at := Checkpoint{Cursor: t.max, Boundary: maps.Clone(t.boundary), Token: t.token, Done: t.behind()}
	if at.Cursor.IsZero() && len(at.Done) > 0 {
		at.Cursor = t.window.Start // else the gap before them could slide out of the window
	}
	if t.same(at) && !t.anew {
		return nil
	}
	t.saved, t.anew = at, false
	out := at
	out.Boundary = maps.Clone(at.Boundary)
	return &out
}

func (t *track) same(at Checkpoint) bool {
	if len(at.Done) != len(t.saved.Done) {
		return false
	}
	for i, s := range at.Done {
		if !s.Start.Equal(t.saved.Done[i].Start) || !s.End.Equal(t.saved.Done[i].End) {
			return false
		}
	}
	return at.Cursor.Equal(t.saved.Cursor) && at.Token == t.saved.Token && maps.Equal(at.Boundary, t.saved.Boundary)
}

// sliceDone notes that a slice was read to its end, and all before it.
func (t *track) sliceDone(slice Window) *Checkpoint {
	if t.follows.window {
		t.reach(slice.End)
	}
	t.cover(slice.Span)
	if !t.window.Moves || t.max.IsZero() {
		return nil
	}
	return t.checkpoint()
}

// cover notes that s is delivered. Of what a run before has delivered we know no records, only that
// nothing is left in it.
func (t *track) cover(s Span) {
	t.done = window.Merge(t.done, s)
	t.head = window.Contiguous(t.head, t.done)
	t.old = slices.DeleteFunc(t.old, func(s Span) bool {
		passed := !s.End.After(t.head)
		if passed {
			t.reach(s.End)
		}
		return passed
	})
}

// reach moves the cursor to the end of what was read, where no records are.
func (t *track) reach(end time.Time) {
	if end.After(t.max) {
		t.max, t.boundary = end, map[string]string{}
	}
}

// absorb takes over what the track of a slice has seen, once nothing before that slice is
// missing; until then it is remembered as done.
func (t *track) absorb(slice *track) *Checkpoint {
	if slice.heldBack {
		t.heldBack = true // a gap
		return nil
	}
	if slice.window.End.Equal(t.window.End) {
		t.lastSlice = slice.window.Start
	}
	t.held = append(t.held, slice)
	t.cover(slice.window.Span)
	t.held = slices.DeleteFunc(t.held, func(s *track) bool {
		passed := !s.window.End.After(t.head)
		if passed {
			t.merge(s)
		}
		return passed
	})
	if !t.window.Moves {
		return nil
	}
	return t.checkpoint()
}

func (t *track) merge(s *track) {
	switch {
	case s.follows.window:
		t.reach(s.window.End)
	case s.max.After(t.max):
		t.max, t.boundary = s.max, maps.Clone(s.boundary)
	case s.max.Equal(t.max):
		maps.Copy(t.boundary, s.boundary)
	}
}

// behind are the spans to remember: what is delivered behind a gap. The last slice is not
// among them, as it ends with the clock.
func (t *track) behind() []Span {
	var out []Span
	for _, s := range t.done {
		if !t.lastSlice.IsZero() {
			s.End = earlier(t.lastSlice, s.End)
		}
		if s.Start.After(t.head) && !s.Empty() {
			out = append(out, s)
		}
	}
	return out
}

// pin is the checkpoint that keeps the start of a first window, nil once there is one.
func (t *track) pin() *Checkpoint {
	if !t.window.Moves || !t.saved.Cursor.IsZero() || t.window.Start.IsZero() {
		return nil
	}
	t.saved = Checkpoint{Cursor: t.window.Start, Token: t.saved.Token}
	at := t.saved
	return &at
}

// finish returns the checkpoint of a window that was read to its end. Where the
// server held records back, only an ascending order tells where to go on.
func (t *track) finish() *Checkpoint {
	if !t.window.Moves || t.heldBack && (!t.window.Ascending || t.disorder) {
		return nil
	}
	if !t.heldBack {
		t.lastSlice = time.Time{}
		t.cover(t.window.Span)
		if t.follows.window {
			t.reach(t.window.End)
		}
	}
	if t.max.IsZero() && !t.window.Start.IsZero() {
		t.saved = Checkpoint{Cursor: t.window.Start, Token: t.token, Done: t.behind()}
		at := t.saved // so that the first window does not slide away unread
		return &at
	}
	return t.checkpoint()
}
