package engine

import (
	"context"
	"time"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/threatq"
)

// threatqEventsKind reads events back from ThreatQ. It reads the platform's tables rather than its
// search index, which may lag behind what an analyst has just changed.
func threatqEventsKind() sourceKind {
	shape := eventShape()
	return sourceKind{
		spec: &dsl.Block{
			Type: "threatq_events", Summary: "Events of ThreatQ, those touched last first.",
			Attrs: []dsl.Attr{
				{Name: "types", Type: cty.List(cty.String), Scope: dsl.Run, Required: true, Summary: "Event types to read."},
				{Name: "page_size", Type: cty.Number, Scope: dsl.Run, Default: "500", Summary: "Events asked for at once."},
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

func openThreatqEvents(r *Run, f *dsl.Flow) (source, error) {
	read := f.Source.Read(r.Bound.Scope)
	s := &threatqEvents{run: r, types: read.Strings("types"), size: read.Int("page_size", 500)}
	return s, read.Err()
}

// read goes from the latest touched event backwards and stops behind the window's start. New
// touches move events to the front, so a page can repeat events but not jump over one.
func (s *threatqEvents) read(ctx context.Context, w Window, yield func(batch) error) error {
	offset := 0
	var last time.Time
	ordered := true
	for number := 1; ; number++ {
		objs, total, err := s.run.Platform.List(ctx, threatq.Events, threatq.ListQuery{
			Types: s.types, Sort: "-touched_at,-id", Offset: offset, Limit: s.size,
		})
		if err != nil {
			return err
		}
		b := batch{number: number}
		for i := range objs {
			at := objs[i].TouchedAt
			ordered = ordered && (last.IsZero() || !at.After(last))
			last = at
			if at.IsZero() || !at.Before(w.Start) {
				b.records = append(b.records, eventVars(&objs[i]))
			}
		}
		if err := yield(b); err != nil {
			return err
		}
		offset += len(objs)
		behind := ordered && !last.IsZero() && last.Before(w.Start)
		if len(objs) == 0 || offset >= total || behind {
			return nil
		}
	}
}
