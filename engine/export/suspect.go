package export

import (
	"context"
	"fmt"
)

// suspect is a small batch that found the target down. If the target was up afterwards, it may be the
// fault of one of its items.
type suspect struct {
	op    Op
	items []*Item
	err   error
}

// trustAfter is how many requests must go well before larger ones are tried again that were
// too slow.
const trustAfter = 8

// wentWell takes note of a good answer about n items.
func (e *Export) wentWell(op Op, n int) {
	e.inARow = 0
	good, reduced := e.slow[op]
	if !reduced || n < e.limit[op] || e.isolating {
		return
	}
	if e.slow[op] = good + 1; e.slow[op] < trustAfter {
		return
	}
	e.limit[op], e.slow[op] = min(2*e.limit[op], e.Max[op]), 0
	if e.limit[op] == e.Max[op] {
		delete(e.slow, op)
	}
}

// isolate sends the halves of suspect batches down to the single item, if the target was up after them.
func (e *Export) isolate(ctx context.Context) error {
	some := e.suspects
	switch {
	case len(some) == 0:
		return nil
	case e.inARow > 0:
		return e.giveUp(some[len(some)-1].err)
	}
	e.suspects, e.isolating = nil, true
	defer func() { e.isolating = false }()
	for i, s := range some {
		if err := e.halve(ctx, s.op, s.items, TooSlow); err != nil {
			e.suspects = append(e.suspects, some[i+1:]...)
			e.failSuspects()
			return err
		}
	}
	return e.drain(ctx, true) // what they brought to light
}

// giveUp leaves suspect batches to the next run.
func (e *Export) giveUp(err error) error {
	e.failSuspects()
	return fmt.Errorf("gave up, and the next run goes on: %w", err)
}

func (e *Export) failSuspects() {
	for _, s := range e.suspects {
		e.fail(s)
	}
	e.suspects = nil
}

func (e *Export) fail(s suspect) {
	for _, it := range s.items {
		e.watch.Event(Failed, s.op, it, s.err)
	}
}
