package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"tqmap/engine/request"
	"tqmap/engine/window"
)

// What a rule about an answer does to the reading of a window.
var (
	errReset = errors.New("the server wants us to begin again at the start")
	errStop  = errors.New("stop")
	// errEnough ends a walk whose further pages hold nothing of the window.
	errEnough = errors.New("the rest is older than the window")
)

// slices reads the slices of the window, at once where the mapping allows it. The cursor moves
// behind a slice when it, and all before it, are delivered.
func (p *progress) slices(ctx context.Context) error {
	var err error
	if p.window.parallel > 1 {
		err = p.together(ctx)
	} else {
		err = p.inTurn(ctx)
	}
	switch {
	case errors.Is(err, errReset):
		return err
	case err == nil:
		if err = p.flushed(ctx); err == nil {
			err = p.finish(ctx)
		}
	case errors.Is(err, errStop):
		err = nil
	}
	return errors.Join(err, p.pin(ctx))
}

// pin keeps the start of a first window of which something was read and not all, so that
// what is left does not slide out of the next one.
func (p *progress) pin(ctx context.Context) error {
	at := p.track.pin()
	if at == nil || !p.answered {
		return nil
	}
	return p.commit(ctx, Commit{Checkpoint: at})
}

// inTurn reads one slice after the other.
func (p *progress) inTurn(ctx context.Context) error {
	for slice := range p.window.slices(p.at.Done) {
		if err := p.slice(ctx, slice, p.track, p.page); err != nil || p.track.heldBack {
			return err // finish knows how far that is
		}
		if !slice.End.Before(p.window.End) {
			continue // finish does it
		}
		if err := p.flushed(ctx); err != nil {
			return err
		}
		if !p.settled() {
			continue
		}
		if at := p.track.sliceDone(slice); at != nil {
			if err := p.commit(ctx, Commit{Checkpoint: at}); err != nil {
				return err
			}
		}
	}
	return nil
}

// together reads several slices at once; their pages are settled one by one. A slice that
// fails does not keep the others from ending, but no further one begins.
func (p *progress) together(ctx context.Context) error {
	var failed []error
	stopped := false
	one := func(ctx context.Context, t *track, b *batch) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.page(ctx, t, b)
	}
	var group sync.WaitGroup
	places := make(chan struct{}, p.window.parallel)
	for slice := range p.window.slices(p.at.Done) {
		places <- struct{}{}
		p.mu.Lock()
		stop := stopped || len(failed) > 0
		p.mu.Unlock()
		if stop {
			break
		}
		group.Go(func() {
			defer func() { <-places }()
			t := newTrack(slice, Checkpoint{}, p.follows())
			err := p.slice(ctx, slice, t, one)
			p.mu.Lock()
			defer p.mu.Unlock()
			if err == nil {
				err = p.sliceDone(ctx, slice, t)
			}
			switch {
			case errors.Is(err, errStop):
				stopped = true
			case err != nil:
				failed = append(failed, fmt.Errorf("the part from %v to %v: %w", slice.Vars()["start"], slice.Vars()["end"], err))
			}
		})
	}
	group.Wait()
	if stopped && len(failed) == 0 {
		return errStop
	}
	return errors.Join(failed...)
}

// sliceDone notes that a slice read beside others is delivered.
func (p *progress) sliceDone(ctx context.Context, slice Window, t *track) error {
	if err := p.flushed(ctx); err != nil {
		return err
	}
	at := p.track.absorb(t)
	if at == nil || !p.settled() {
		return nil
	}
	return p.commit(ctx, Commit{Checkpoint: at})
}

// settled says that nothing failed which the next run must do again, and that not every
// answer was skipped: then nothing is known of the window.
func (p *progress) settled() bool {
	return p.report.Failed == p.failed && (p.answered || !p.passed)
}

// slice reads one slice, in halves where the server says that it is too much.
func (p *progress) slice(ctx context.Context, slice Window, t *track, page pageFunc) error {
	todo := []Window{slice}
	for len(todo) > 0 && !t.heldBack {
		w := todo[0]
		todo = todo[1:]
		t.reading(w.End)
		var delivery error // which says nothing of the window, even where it is by a rule
		err := p.source.read(ctx, w, func(b *batch) error {
			delivery = page(ctx, t, b)
			return delivery
		})
		var ruled *request.RuledError
		switch {
		case errors.Is(err, errEnough):
			err = nil
		case errors.As(err, &ruled) && (delivery == nil || ruled.Action == request.Stop):
			var halves []Window
			halves, err = p.obey(err, ruled, w, t)
			todo = append(halves, todo...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// obey does what a rule says about an answer, which err names: it returns the windows to read in
// place of w.
func (p *progress) obey(err error, ruled *request.RuledError, w Window, t *track) ([]Window, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ruled.Action {
	case request.Skip:
		p.run.ignored(p.report, ruled)
		p.run.Log.Warn("answer skipped", "flow", p.name, "status", ruled.Status, "rule", ruled.Where, "says", ruled.Message)
		p.passed = true
		if t.pages > 0 {
			t.heldBack = true
			p.note(fmt.Sprintf("page %d was skipped by the rule at %s, so those behind it were not asked for; the cursor stays before it. If it is the end of the pages, say do = ok", t.pages+1, ruled.Where))
		}
		return nil, nil
	case request.Split:
		if w.Start.IsZero() {
			return nil, fmt.Errorf("%w; the window has no start, so it cannot be halved: give it initial or from", err)
		}
		first, second, tooSmall := window.Halve(w.Span, w.smallest)
		if tooSmall != nil {
			return nil, fmt.Errorf("%w (smallest = %s): %w", tooSmall, w.smallest, err)
		}
		one, two := w, w
		one.Span, two.Span = first, second
		p.run.Log.Info("the window is halved", "flow", p.name, "says", ruled.Message)
		return []Window{one, two}, nil
	case request.Reset:
		p.run.Log.Warn("the state of this flow is of no use to the server any more: it is read again from the start", "flow", p.name, "rule", ruled.Where, "says", ruled.Message)
		return nil, fmt.Errorf("%w: %w", errReset, err)
	case request.Stop:
		p.note(fmt.Sprintf("stopped early: %s", err))
		return nil, errStop
	}
	return nil, err
}

// finish commits the cursor of a window that was read to its end.
func (p *progress) finish(ctx context.Context) error {
	if !p.settled() {
		return nil
	}
	at := p.track.finish()
	if at == nil {
		return nil
	}
	return p.commit(ctx, Commit{Checkpoint: at})
}
