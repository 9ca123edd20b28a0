package engine

import (
	"context"
	"errors"
	"fmt"

	"tqmap/engine/request"
	"tqmap/engine/threatq"
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

// recordAtFault reports whether err is about one record, so that the same would
// happen again and others may fare better.
func recordAtFault(err error) bool {
	var down *threatq.UnavailableError
	if errors.As(err, &down) { // whatever ThreatQ answered, it did not blame the object
		return false
	}
	var refused *refusedError
	var elsewhere *request.OriginError
	return errors.As(err, &refused) || errors.As(err, &elsewhere) || objectAtFault(err) ||
		errors.Is(err, request.ErrRefused) || errors.Is(err, request.ErrForbidden)
}

// exporter settles pages by sending their records to a vendor. A refused record becomes a
// dead letter; one that could not be sent keeps the cursor where it is, so that
// the next run sends it.
func (p *progress) exporter(ctx context.Context) (pageFunc, error) {
	to, err := p.run.sink(ctx, p.flow, p.report)
	return (&exporting{progress: p, sink: to}).page, err
}

type exporting struct {
	*progress
	sink   sink
	inARow int // records that found the server unavailable
}

func (e *exporting) page(ctx context.Context, t *track, b *batch) error {
	page := e.mapPage(b)
	for _, m := range page {
		if err := e.record(ctx, m); err != nil {
			return err
		}
	}
	if err := e.report.tooManyDead(e.limits); err != nil {
		return err
	}
	if at := e.follow(t, b, page); at != nil && e.settled() {
		if err := e.commit(ctx, Commit{Checkpoint: at}); err != nil {
			return err
		}
	}
	e.told()
	return e.enough(page)
}

func (e *exporting) record(ctx context.Context, m *Mapped) error {
	switch {
	case m.Dead != nil:
		return e.bury(ctx, *m.Dead)
	case m.Skipped != "":
		e.skipped(m)
		return nil
	}
	what, err := e.sink.send(ctx, m)
	e.report.Mapped++
	if err == nil {
		e.inARow = 0
		e.report.count("calls", what)
		return nil
	}
	return e.failed(ctx, m, err)
}

func (e *exporting) failed(ctx context.Context, m *Mapped, err error) error {
	var ruled *request.RuledError
	if errors.As(err, &ruled) {
		switch ruled.Action {
		case request.Skip:
			e.inARow = 0
			e.run.ignored(e.report, ruled)
			return nil
		case request.Stop:
			return err
		}
		err = asRefused(fmt.Errorf("a sink sends one record at a time, so there is nothing to %s: %v", ruled.Action, err))
	}
	switch {
	case errors.Is(err, request.ErrUnauthorized) || ctx.Err() != nil:
		return err
	case recordAtFault(err):
		e.inARow = 0 // it did answer
		m.Hash = ""
		return e.bury(ctx, *newDeadLetter("sink."+e.flow.Sink.Kind(), m.Key, undelivered(err), m.Record, e.run.Bound.Now))
	}
	e.report.Failed++
	e.inARow++
	e.run.Log.Error("not delivered, the next run tries again", "flow", e.flow.Name, "record", m.Key, "error", err)
	if e.inARow >= giveUpAfter {
		return fmt.Errorf("gave up after %d records in a row could not be sent: %w", e.inARow, err)
	}
	return nil
}

func (e *exporting) bury(ctx context.Context, letter DeadLetter) error {
	e.report.Dead++
	e.run.buried(e.flow, "refused", &letter)
	return e.run.State.Commit(context.WithoutCancel(ctx), e.flow.Name, Commit{Dead: []DeadLetter{letter}})
}
