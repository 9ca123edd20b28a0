package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/page"
	"tqmap/engine/threatq"
)

// threatqEventsKind reads events back from ThreatQ. It reads the platform's tables rather than its
// search index, which may lag behind what an analyst has just changed.
func threatqEventsKind() sourceKind {
	shape := eventShape()
	return sourceKind{
		spec: &dsl.Block{
			Type: "threatq_events", Summary: "Events of ThreatQ, those touched last first.",
			Example: `source "threatq_events" {
  types = ["Alert", "Closed Alert"]
  window {
    lookback = "1h"
    cursor   = expr("alert.touched_at")
  }
}`,
			Describe: func(r *dsl.Reading) string {
				return fmt.Sprintf("Reads the events of ThreatQ of the types %s, those touched last first, %s at once, until one was touched before the window.", r.Show("types"), worded(r, "page_size", "200"))
			},
			Attrs: []dsl.Attr{
				{Name: "types", Type: cty.List(cty.String), Scope: dsl.Run, Required: true, Summary: "Event types to read."},
				{Name: "page_size", Type: cty.Number, Scope: dsl.Run, Default: "200", Summary: "Events asked for at once."},
			},
			Blocks: []dsl.Child{{Block: windowBlock(), Max: 1}},
			Yields: &shape,
		},
		open: openThreatqEvents,
	}
}

type threatqEvents struct {
	run   *Run
	types []string
	size  int
}

func openThreatqEvents(_ context.Context, r *Run, f *dsl.Flow, _ *FlowReport) (source, error) {
	if r.Platform == nil {
		return nil, fmt.Errorf("%s: source \"threatq_events\" needs a connection to ThreatQ, which this run has not", f.Source.Range)
	}
	read := f.Source.Read(r.Bound.Scope)
	s := &threatqEvents{run: r, types: read.Strings("types"), size: read.Int("page_size", 200)}
	if read.Err() == nil && s.size < 1 {
		read.Fail("page_size", "Bad page size", "Ask for at least one event at a time.")
	}
	if window := f.Source.Block("window"); window != nil {
		r := window.Read(r.Bound.Scope)
		if r.String("order", "") == ascending {
			r.Fail("order", "Wrong order", "This source gives the newest events first.")
		}
		return s, errors.Join(read.Err(), r.Err())
	}
	return s, read.Err()
}

// read goes from the latest touched event backwards and stops behind the window's start. New
// touches move events to the front, so a page can repeat events. Events that leave the list move
// the others up: then it goes back by as many.
func (s *threatqEvents) read(ctx context.Context, w Window, yield func(*batch) error) error {
	order := newestFirst{sorted: true}
	offset, before := 0, 0
	for number := 1; ; number++ {
		objs, total, err := s.run.Platform.List(ctx, threatq.Events, threatq.ListQuery{
			Types: s.types, Sort: "-touched_at,-id", Offset: offset, Limit: s.size,
		})
		if err != nil {
			return err
		}
		b := &batch{number: number, records: order.within(objs, w)}
		gone := before - total
		before = total
		if len(objs) == 0 && offset < total && gone <= 0 {
			b.note = &page.EmptyError{Offset: offset, Total: total}
		}
		if err := yield(b); err != nil {
			return err
		}
		if gone > 0 && offset > 0 {
			offset = max(0, offset-gone)
			order.last = time.Time{} // what is read again begins further up
			continue
		}
		offset += len(objs)
		if len(objs) == 0 || offset >= total || order.behind(w.Start) {
			return nil
		}
	}
}

// newestFirst finds out whether a list is sorted by falling times, as was asked for.
type newestFirst struct {
	last   time.Time
	sorted bool // nothing speaks against it
	falls  bool // a time was earlier than the one before it
}

// within returns the events of a page that lie in w.
func (n *newestFirst) within(objs []threatq.Object, w Window) []any {
	var out []any
	for i := range objs {
		at := objs[i].TouchedAt
		n.see(at)
		if at.IsZero() || !at.Before(w.Start) {
			out = append(out, eventVars(&objs[i]))
		}
	}
	return out
}

func (n *newestFirst) see(at time.Time) {
	if !n.last.IsZero() {
		n.sorted = n.sorted && !at.After(n.last)
		n.falls = n.falls || at.Before(n.last)
	}
	n.last = at
}

// behind says that everything from here on is older than start. Times that are
// all equal do not tell whether the list is sorted at all.
func (n *newestFirst) behind(start time.Time) bool {
	return n.sorted && n.falls && n.last.Before(start) && !n.last.IsZero()
}
