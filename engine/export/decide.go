package export

import (
	"errors"
	"fmt"
	"time"
)

// Why an item is sent that is new to neither the ledger nor, perhaps, the target.
var (
	errMissing = errors.New("the target has it no more")
	errDoubt   = errors.New("an answer about it was lost")
	errDiffers = errors.New("the target has it otherwise")
)

// renewal is why an item is sent again that has not changed.
type renewal struct{ from, to time.Time }

func (r renewal) Error() string {
	if r.from.IsZero() {
		return fmt.Sprintf("expires: never -> %s", r.to.Format(time.RFC3339))
	}
	return fmt.Sprintf("expires: %s -> %s", r.from.Format(time.RFC3339), r.to.Format(time.RFC3339))
}

// decide compares it with what is known of it, and puts it into a queue if it must be
// sent. It returns what to remember of an item that is found at the target.
func (e *Export) decide(it *Item, m Memory, known bool) *Change {
	switch {
	case m.confirmed():
		it.Before, it.ID = &m, m.ID
	case m.Delivered():
		it.unsure = &m
	}
	if known && m.Refused == it.Hash && !e.Again {
		e.watch.Event(RefusedBefore, Request, it, nil)
		return nil
	}
	if e.heldRead {
		it.Held = e.held[it.Key]
		return e.decideHeld(it)
	}
	switch {
	case it.Before == nil:
		e.want(Request, it, nil)
	case m.Hash == it.Hash:
		e.keepUp(it, m.Expires, false)
	case m.Hash == "":
		e.change(it, m.Expires, errDoubt)
	default:
		e.change(it, m.Expires, nil)
	}
	return nil
}

// decideHeld goes by what the target says it has, which nobody need have told us.
func (e *Export) decideHeld(it *Item) *Change {
	h, m := it.Held, it.Before
	if h == nil {
		var why error
		if m != nil {
			why = errMissing
		}
		e.want(Request, it, why)
		return nil
	}
	if it.ID == "" {
		it.ID = h.ID
	}
	has := h.Expires
	if !h.Tells && m != nil {
		has = m.Expires
	}
	same, err := e.target.Same(it, h)
	switch {
	case err != nil:
		return e.refuse(it, err)
	case m != nil && m.Hash == "":
		e.change(it, has, errDoubt)
	case m != nil && m.Hash != it.Hash:
		e.change(it, has, nil)
	case !same:
		e.change(it, has, errDiffers)
	case (h.Tells || m != nil) && e.keepUp(it, has, h.Tells):
	case m == nil:
		return e.adopt(it)
	}
	return nil
}

// change wants an item sent that the target has, until the instant has.
func (e *Export) change(it *Item, has time.Time, why error) {
	it.keepTime(has, e.Now)
	e.want(e.changed(), it, why)
}

// keepUp counts an item that has not changed, or wants it renewed where its time runs out, which
// at the target is at expires; it returns whether it does. Where the target tells,
// it may say never, where we want an end.
func (e *Export) keepUp(it *Item, expires time.Time, tells bool) (renews bool) {
	due := e.Renew != nil && !it.Expires.IsZero() && it.Expires.After(expires) &&
		(!expires.IsZero() && !expires.After(e.Now.Add(*e.Renew)) || expires.IsZero() && tells)
	if due {
		e.want(e.changed(), it, renewal{expires, it.Expires})
		return true
	}
	if it.Before != nil {
		e.watch.Event(Unchanged, Request, it, nil)
	}
	return false
}

// adopt remembers an item that the target has already as it should be.
func (e *Export) adopt(it *Item) *Change {
	e.watch.Event(Unchanged, Request, it, nil)
	m := e.memory(it)
	if it.Held != nil && it.Held.Tells {
		m.Expires = it.Held.Expires
	}
	return &Change{Key: it.Key, Memory: m, Item: it}
}

// changed is how an item that the target has is changed there.
func (e *Export) changed() Op {
	if e.Max[Update] == 0 || e.AfterRequest {
		return Request
	}
	return Update
}

// want puts it into the queue of op. In a dry run it is only told.
func (e *Export) want(op Op, it *Item, why error) {
	if e.DryRun {
		what := Updated
		if it.Before == nil && it.Held == nil || errors.Is(why, errMissing) {
			what = Created
		}
		e.watch.Event(what, op, it, why)
		return
	}
	e.queue[op] = append(e.queue[op], it)
}

// memory is what to remember of an item that was delivered now.
func (e *Export) memory(it *Item) *Memory {
	m := &Memory{Hash: it.Hash, Sent: it.Sent, ID: it.ID, Label: it.Label, Expires: it.Expires, Since: e.Now}
	if it.Before != nil && !it.Before.Since.IsZero() {
		m.Since = it.Before.Since
	}
	return m
}
