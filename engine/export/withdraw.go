package export

import (
	"context"
	"fmt"
)

// skipped withdraws, as the policy says, items whose records are left out by now.
func (e *Export) skipped(ctx context.Context, keys []string, known map[string]Memory) error {
	if e.Skipped == "" || e.Mirror != nil {
		return nil
	}
	var forget []Change
	for _, key := range keys {
		m, ok := known[key]
		switch {
		case !ok:
		case !m.Delivered(), e.Skipped == Expire && e.ended(m):
			forget = append(forget, Change{Key: key})
		default:
			e.withdraw(e.Skipped, key, m)
		}
	}
	return e.commit(ctx, forget)
}

// ended says that the time of an item is over: the target has let it end by itself.
func (e *Export) ended(m Memory) bool { return !m.Expires.IsZero() && !m.Expires.After(e.Now) }

func (e *Export) withdraw(op Op, key string, m Memory) {
	it := &Item{Key: key, Label: m.Label, ID: m.ID, Expires: m.Expires, Before: &m}
	if e.DryRun {
		e.watch.Event(Removed, op, it, nil)
		return
	}
	e.queue[op] = append(e.queue[op], it)
}

// Finish deals with items whose records the source has no more. It must be called only
// after everything was read.
func (e *Export) Finish(ctx context.Context) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	if e.Mirror != nil {
		return e.finishMirror(ctx)
	}
	if e.All {
		return nil
	}
	if len(e.seen) == 0 && e.Left != "" && !e.AllowEmpty {
		return e.spare(ctx)
	}
	err := e.ledger.All(ctx, func(key string, m Memory) error {
		if e.wasSeen(key) || ours(key) {
			return nil
		}
		if err := e.left(ctx, key, m); err != nil {
			return err
		}
		return e.drain(ctx, false)
	})
	if err != nil {
		return err
	}
	return e.Flush(ctx)
}

// finishMirror finds what the mirror has and is not to be given any more, because the source has
// lost it, leaves it out by now or cannot make an item of it, and gives it the rest.
func (e *Export) finishMirror(ctx context.Context) error {
	if !e.All {
		err := e.ledger.All(ctx, func(key string, m Memory) error {
			if !ours(key) && !e.seen[digest(key)] && m.Delivered() {
				e.staged.left = append(e.staged.left, key)
				if e.DryRun {
					e.watch.Event(Removed, Remove, &Item{Key: key, Label: m.Label, Before: &m}, nil)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return e.replace(ctx)
}

func (e *Export) left(ctx context.Context, key string, m Memory) error {
	switch {
	case !m.Delivered(), e.Left != Remove && e.ended(m):
		return e.commit(ctx, []Change{{Key: key}}) // the target has it no more, or never had
	case e.Left == "":
		e.watch.Event(Kept, Remove, &Item{Key: key, Label: m.Label, ID: m.ID, Before: &m}, nil)
	default:
		e.withdraw(e.Left, key, m)
	}
	return nil
}

// spare removes nothing, because a source that has lost everything is a mistake more
// often than a wish.
func (e *Export) spare(ctx context.Context) error {
	n := 0
	err := e.ledger.All(ctx, func(key string, m Memory) error {
		if m.Delivered() && !ours(key) {
			n++
		}
		return nil
	})
	if err == nil && n > 0 {
		e.watch.Note(fmt.Sprintf("the source came out empty, so none of the %d items that the target has is taken back; if that is meant, say allow_empty = true", n))
	}
	return err
}
