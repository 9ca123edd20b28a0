package engine

import (
	"maps"
	"time"
)

// track works out how far the cursor may move. It only ever moves over records
// that were seen, never to the clock.
type track struct {
	window   Window
	old      Checkpoint
	last     time.Time         // cursor of the record before
	max      time.Time         // the greatest cursor seen
	boundary map[string]string // the records that lie on max
	saved    Checkpoint        // as last committed
	disorder bool              // a record came after one that is later
}

func newTrack(w Window, old Checkpoint) *track {
	t := &track{window: w, old: old, max: old.Cursor, boundary: maps.Clone(old.Boundary), saved: old}
	if t.boundary == nil {
		t.boundary = map[string]string{}
	}
	return t
}

// see takes note of one settled record (delivered, skipped or dead), in the
// order in which the server gave them.
func (t *track) see(m *Mapped) {
	if m.Cursor.IsZero() || m.Cursor.After(t.window.End) {
		return // a record dated in the future must not pull the cursor past others
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

// again says that the next page repeats records.
func (t *track) again() { t.last = time.Time{} }

// after returns the checkpoint to commit with a page, nil if it must wait for
// the end of the window. It waits, too, while all records lie on one instant:
// their list would be written anew with every page.
func (t *track) after(page []*Mapped) *Checkpoint {
	for _, m := range page {
		t.see(m)
	}
	if !t.window.Ascending || t.disorder || !t.window.Moves || !t.max.After(t.saved.Cursor) {
		return nil
	}
	return t.checkpoint()
}

// checkpoint is nil if it is the one last committed.
func (t *track) checkpoint() *Checkpoint {
	if t.max.Equal(t.saved.Cursor) && maps.Equal(t.boundary, t.saved.Boundary) {
		return nil
	}
	t.saved = Checkpoint{Cursor: t.max, Boundary: maps.Clone(t.boundary)}
	return &Checkpoint{Cursor: t.max, Boundary: maps.Clone(t.boundary)}
}

// finish returns the checkpoint of a window that was read to its end. Where the
// server held records back, only an ascending order tells where to go on.
func (t *track) finish(heldBack bool) *Checkpoint {
	if !t.window.Moves || heldBack && (!t.window.Ascending || t.disorder) {
		return nil
	}
	if t.max.IsZero() && !t.window.Start.IsZero() {
		return &Checkpoint{Cursor: t.window.Start} // so that the first window does not slide away unread
	}
	return t.checkpoint()
}
