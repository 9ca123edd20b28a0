package export

import (
	"context"
	"errors"
)

const (
	// smallest is the number of items below which a target that gives no answer is
	// down, and not overcharged.
	smallest = 10
	// giveUpAfter is how many requests in a row may find the target down.
	giveUpAfter = 3
)

var errUndecided = errors.New("the target says that it exists, and that there is nothing to update; its index may lag behind")

// drain sends what fills batches, or everything. What one request brings to light may
// fill the queue of another.
func (e *Export) drain(ctx context.Context, all bool) error {
	for {
		op, items := e.next(all)
		if items == nil {
			return nil
		}
		if err := e.push(ctx, op, items); err != nil {
			return err
		}
	}
}

// next takes a batch from a queue.
func (e *Export) next(all bool) (Op, []*Item) {
	for _, op := range []Op{Request, Update, Remove, Expire} {
		q := e.queue[op]
		n := min(len(q), e.limit[op])
		if n == 0 || n < e.limit[op] && !all {
			continue
		}
		e.queue[op] = q[n:]
		if len(q) == n {
			e.queue[op] = nil
		}
		return op, q[:n]
	}
	return "", nil
}

// push sends items in as many requests as it takes.
func (e *Export) push(ctx context.Context, op Op, items []*Item) error {
	for len(items) > 0 {
		if err := e.doubt(ctx, items); err != nil {
			return err
		}
		n, results, err := e.target.Send(ctx, op, items[:min(len(items), e.limit[op])])
		if err != nil {
			err = e.trouble(ctx, op, items[:n], err)
		} else {
			e.wentWell(op, n)
			err = e.settle(ctx, op, items[:n], results)
		}
		if err != nil {
			return err
		}
		items = items[n:]
	}
	return nil
}

// doubt takes back what the ledger says the target has, before that is changed: if the
// answer is lost, nobody knows what it has. Where items are taken back, new ones are
// noted, too.
func (e *Export) doubt(ctx context.Context, items []*Item) error {
	var changes []Change
	for _, it := range items {
		switch {
		case it.Before == nil && (e.Left != "" || e.Skipped != ""):
			changes = append(changes, Change{Key: it.Key, Memory: &Memory{Sent: it.Sent, Label: it.Label, Expires: it.Expires}, Item: it})
		case it.Before != nil && it.Before.Hash != "":
			m := *it.Before
			m.Hash = ""
			it.Before = &m
			changes = append(changes, Change{Key: it.Key, Memory: &m, Item: it})
		}
	}
	return e.commit(ctx, changes)
}

// trouble deals with a request that failed as a whole.
func (e *Export) trouble(ctx context.Context, op Op, items []*Item, err error) error {
	class := e.target.Class(op, err)
	switch {
	case ctx.Err() != nil || class == Fatal:
		return err
	case len(items) > 1 && (class == Refused || class == Unwritable || class == TooMuch), class == TooSlow && (len(items) > smallest || len(items) > 1 && e.isolating):
		return e.halve(ctx, op, items, class)
	case class == Ignored:
		return e.let(ctx, op, items, err)
	case class == Unwritable && op.withdraws() && !items[0].Before.confirmed():
		return e.commit(ctx, []Change{{Key: items[0].Key, Item: items[0]}}) // it may never have been there
	case class == Refused || class == Unwritable || class == TooMuch:
		return e.settle(ctx, op, items, []Result{{Err: err}})
	}
	s := suspect{op, items, err}
	if len(items) == 1 {
		e.fail(s)
	} else {
		e.suspects = append(e.suspects, s)
	}
	if e.inARow++; class == Unavailable && len(items) > 1 || e.inARow >= giveUpAfter {
		return e.giveUp(err)
	}
	return nil
}

// halve sends the halves of items. Where fewer at once are what helps, the requests to come are
// smaller, too.
func (e *Export) halve(ctx context.Context, op Op, items []*Item, class Class) error {
	half := (len(items) + 1) / 2
	switch {
	case class == TooMuch:
		e.limit[op] = min(e.limit[op], half)
		delete(e.slow, op)
	case class == TooSlow && !e.isolating:
		e.limit[op], e.slow[op] = min(e.limit[op], half), 0
	}
	if err := e.push(ctx, op, items[:half]); err != nil {
		return err
	}
	return e.push(ctx, op, items[half:])
}

// let is what a rule of the mapping wants done: there is nothing to update, or to
// withdraw any more, or the target need not have the items.
func (e *Export) let(ctx context.Context, op Op, items []*Item, err error) error {
	results := make([]Result, len(items))
	switch {
	case op == Request:
		for _, it := range items {
			e.watch.Event(Ignoring, op, it, err)
		}
		return nil
	case op == Update:
		for i := range results {
			results[i].Missing = true
		}
	}
	return e.settle(ctx, op, items, results)
}

// settle takes note of what became of items.
func (e *Export) settle(ctx context.Context, op Op, items []*Item, results []Result) error {
	if len(results) != len(items) {
		return errors.New("the target's results are not those of its items") // a mistake of ours
	}
	var changes []Change
	var existing []*Item
	for i, it := range items {
		r := &results[i]
		if r.ID != "" {
			it.ID = r.ID
		}
		switch {
		case r.Err != nil && (r.Retry || op.withdraws()):
			e.watch.Event(Failed, op, it, r.Err)
		case r.Err != nil:
			changes = append(changes, *e.refuse(it, r.Err))
		case r.Missing && op == Update && it.resent:
			e.watch.Event(Failed, op, it, errUndecided)
		case r.Missing && op == Update:
			it.resent = true
			it.Before, it.Held, it.ID = nil, nil, ""
			e.queue[Request] = append(e.queue[Request], it)
		case r.Exists && op == Request && (e.HeldBatch > 0 || e.Max[Update] > 0):
			existing = append(existing, it)
		default:
			changes = append(changes, e.done(op, it))
		}
	}
	if err := e.commit(ctx, changes); err != nil {
		return err
	}
	return e.exist(ctx, existing)
}

func (e *Export) refuse(it *Item, err error) *Change {
	e.watch.Event(Dead, Request, it, err)
	var m Memory
	switch {
	case it.Before != nil:
		m = *it.Before
	case it.unsure != nil:
		m = *it.unsure
	}
	m.Refused = it.Hash
	return &Change{Key: it.Key, Memory: &m, Refused: err, Item: it}
}

func (e *Export) done(op Op, it *Item) Change {
	switch {
	case op.withdraws():
		e.watch.Event(Removed, op, it, nil)
		return Change{Key: it.Key, Item: it}
	case op == Request && it.Held == nil && (it.Before == nil || e.heldRead):
		e.watch.Event(Created, op, it, nil)
	default:
		e.watch.Event(Updated, op, it, nil)
	}
	return Change{Key: it.Key, Memory: e.memory(it), Item: it}
}

// exist compares items that the target has with what it has of them, where it can be asked, and
// wants those updated that differ.
func (e *Export) exist(ctx context.Context, items []*Item) error {
	var adopted []Change
	for len(items) > 0 {
		some := items
		if e.HeldBatch > 0 {
			some = items[:min(len(items), e.HeldBatch)]
			held, err := e.target.Held(ctx, some)
			if err != nil {
				return err
			}
			for _, it := range some {
				it.Held = held[it.Key]
			}
		}
		items = items[len(some):]
		for _, it := range some {
			if change := e.compare(it); change != nil {
				adopted = append(adopted, *change)
			}
		}
	}
	return e.commit(ctx, adopted)
}

// compare is about an item that the target has and left as it was.
func (e *Export) compare(it *Item) *Change {
	if it.Held == nil {
		it.Held = &Held{ID: it.ID}
	}
	if e.HeldBatch > 0 && !e.All {
		same, err := e.target.Same(it, it.Held)
		switch {
		case err != nil:
			return e.refuse(it, err)
		case same:
			return e.adopt(it)
		}
	}
	it.keepTime(it.Held.Expires, e.Now)
	if e.Max[Update] > 0 {
		e.queue[Update] = append(e.queue[Update], it)
		return nil
	}
	done := e.done(Update, it)
	return &done
}
