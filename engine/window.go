package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
)

// windowBlock is what a source may say about the part of time it reads.
func windowBlock() *dsl.Block {
	return &dsl.Block{
		Type: "window", Summary: "The part of time a run reads: from the cursor to the run's start, both inclusive, frozen while paging.",
		Attrs: []dsl.Attr{
			{Name: "cursor", Holds: dsl.Expr, Summary: "The record's instant that the window goes by. The greatest one delivered is where the next run begins."},
			{Name: "initial", Type: cty.String, Scope: dsl.Run, Summary: "How far the first run looks back, e.g. \"2d\"."},
			{Name: "lookback", Type: cty.String, Scope: dsl.Run, Default: "0s", Summary: "Overlap with the run before, for servers that index late."},
			{Name: "since", Type: cty.String, Scope: dsl.Run, Summary: "Start given by the operator; wins over the cursor."},
			{Name: "until", Type: cty.String, Scope: dsl.Run, Summary: "End given by the operator; default: the run's start."},
			{Name: "order", Type: cty.String, Default: "none", Summary: "\"ascending\" where the server sorts by the cursor: then every page is committed by itself."},
		},
	}
}

// Window is the part of time that one run of a flow reads.
type Window struct {
	// Start is inclusive; zero means everything.
	Start time.Time
	// End is frozen at the start of the run.
	End time.Time
	// Moves says whether the cursor may move over this window: not if the operator's start
	// lies behind the cursor, which would leave a gap.
	Moves bool
	// Ascending says that records come in the order of their cursor.
	Ascending bool
}

// Vars is what a request reads as window.<name>: RFC 3339, UTC.
func (w Window) Vars() map[string]any {
	out := map[string]any{"start": nil, "end": w.End.UTC().Format(time.RFC3339Nano)}
	if !w.Start.IsZero() {
		out["start"] = w.Start.UTC().Format(time.RFC3339Nano)
	}
	return out
}

// ascending is the order in which every page can be committed by itself.
const ascending = "ascending"

// ErrEmptyWindow says that a window ends before it begins. Nothing is read then.
var ErrEmptyWindow = errors.New("the window ends before it begins")

// planWindow decides what to read. n may be nil: everything, every time.
func planWindow(n *dsl.Node, b *dsl.Bound, at Checkpoint) (Window, error) {
	end := b.Now.UTC().Truncate(time.Second)
	if n == nil {
		return Window{End: end}, nil
	}
	r := n.Read(b.Scope)
	order := r.String("order", "none")
	if order != "none" && order != ascending {
		r.Fail("order", "Unknown order", "The order is \"none\" or \"ascending\", not %q.", order)
	}
	since, until := readInstant(r, "since"), readInstant(r, "until")
	lookback, initial := r.Duration("lookback", 0), r.Duration("initial", 0)
	if err := r.Err(); err != nil {
		return Window{}, err
	}
	w := Window{End: end, Ascending: order == ascending}
	if !until.IsZero() && until.Before(end) {
		w.End = until
	}
	w.Moves = since.IsZero() || at.Cursor.IsZero() || !since.After(at.Cursor)
	switch {
	case !since.IsZero():
		w.Start = since
	case !at.Cursor.IsZero():
		w.Start = at.Cursor.Add(-lookback)
	case initial > 0:
		w.Start = w.End.Add(-initial)
	}
	if w.Start.After(w.End) {
		return w, fmt.Errorf("%w: it would go from %s to %s, so nothing is read; look at the start and end that were given, and at the clock",
			ErrEmptyWindow, w.Start.UTC().Format(time.RFC3339), w.End.UTC().Format(time.RFC3339))
	}
	return w, nil
}

func readInstant(r *dsl.Reading, name string) time.Time {
	text := r.String(name, "")
	if text == "" {
		return time.Time{}
	}
	t, err := dsl.ParseTime(text)
	if err != nil {
		r.Fail(name, "Bad time", "%s.", err)
	}
	return t
}
