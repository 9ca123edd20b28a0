package engine

import (
	"context"
	"errors"
	"fmt"

	"tqmap/dsl"
	"tqmap/engine/request"
)

// giveUpAfter is how many records in a row may find the server unavailable
// before a flow stops asking.
const giveUpAfter = 3

// refusedError wraps what is wrong with one record, as against the server.
type refusedError struct{ err error }

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() error { return e.err }

func asRefused(err error) error {
	if err == nil {
		return nil
	}
	return &refusedError{err}
}

// export runs a flow that sends records to a vendor. A refused record becomes a
// dead letter; one that could not be sent keeps the cursor where it is, so that
// the next run sends it.
func (r *Run) export(ctx context.Context, f *dsl.Flow, report *FlowReport) error {
	m, err := newMapper(r.Bound, f)
	if err != nil {
		return err
	}
	src, err := r.source(f)
	if err != nil {
		return err
	}
	to, err := r.sink(f, report)
	if err != nil {
		return err
	}
	at, err := r.State.Checkpoint(ctx, f.Name)
	if err != nil {
		return err
	}
	w, err := planWindow(f.Source.Block("window"), r.Bound, at)
	if err != nil {
		return err
	}
	e := &exporting{run: r, flow: f, mapper: m, sink: to, report: report, track: newTrack(w, at)}
	if err := src.read(ctx, w, func(b batch) error { return e.page(ctx, b) }); err != nil {
		return err
	}
	if report.Failed > 0 {
		return nil
	}
	if next := e.track.finish(false); next != nil {
		return r.State.Commit(ctx, f.Name, Commit{Checkpoint: next})
	}
	return nil
}

type exporting struct {
	run    *Run
	flow   *dsl.Flow
	mapper *mapper
	sink   sink
	report *FlowReport
	track  *track
	inARow int // records that found the server unavailable
}

func (e *exporting) page(ctx context.Context, b batch) error {
	e.report.Fetched += len(b.records)
	for _, record := range b.records {
		m := e.mapper.Map(record)
		if err := e.record(ctx, m); err != nil {
			return err
		}
		e.track.see(m)
	}
	if e.run.Progress != nil {
		e.run.Progress(e.report)
	}
	return nil
}

func (e *exporting) record(ctx context.Context, m Mapped) error {
	switch {
	case m.Dead != nil:
		return e.bury(ctx, *m.Dead)
	case m.Skipped != "":
		e.report.skip(m.Skipped)
		if e.mapper.warns(m.Skipped) {
			e.run.Log.Warn("left out: "+m.Skipped, "flow", e.flow.Name, "record", m.Key, "title", title(m.Record))
		}
		return nil
	}
	what, err := e.sink.send(ctx, m)
	if err == nil {
		e.inARow = 0
		e.report.Mapped++
		e.report.count("calls", what)
		return nil
	}
	return e.failed(ctx, m, err)
}

func (e *exporting) failed(ctx context.Context, m Mapped, err error) error {
	e.report.Mapped++
	var refused *refusedError
	switch {
	case errors.Is(err, request.ErrUnauthorized) || ctx.Err() != nil:
		return err
	case errors.As(err, &refused) || errors.Is(err, request.ErrRefused) || errors.Is(err, request.ErrForbidden):
		return e.bury(ctx, *newDeadLetter("sink."+e.flow.Sink.Kind(), m.Key, err, m.Record, e.run.Bound.Now))
	}
	e.report.Failed++
	e.inARow++
	e.run.Log.Error("not sent, the next run tries again", "flow", e.flow.Name, "record", m.Key, "error", err)
	if e.inARow >= giveUpAfter {
		return fmt.Errorf("gave up after %d records in a row could not be sent: %w", e.inARow, err)
	}
	return nil
}

func (e *exporting) bury(ctx context.Context, letter DeadLetter) error {
	e.report.Dead++
	e.run.Log.Error("refused, kept as a dead letter", "flow", e.flow.Name, "record", letter.Key, "reason", letter.Reason, "where", letter.Where)
	return e.run.State.Commit(ctx, e.flow.Name, Commit{Dead: []DeadLetter{letter}})
}

func title(record any) any {
	fields, _ := record.(map[string]any)
	return fields["title"]
}
