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
	errWhole   = errors.New("everything is sent: the target is another one, has another shape, or may have missed something")
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
	if e.DryRun {
		e.seen[digest(it.Key)] = true // where nothing is staged
	}
	if e.heldRead {
		it.Held = e.held[it.Key]
		return e.decideHeld(it)
	}
	switch {
	case it.Before == nil:
		return e.want(Request, it, nil)
	case m.Hash == it.Hash:
		_, change := e.keepUp(it, m.Expires, false)
		return change
	case m.Hash == "":
		return e.change(it, m.Expires, errDoubt)
	}
	return e.change(it, m.Expires, nil)
}

// decideHeld goes by what the target says it has, which nobody need have told us.
func (e *Export) decideHeld(it *Item) *Change {
	h, m := it.Held, it.Before
	if h == nil {
		var why error
		if m != nil {
			why = errMissing
		}
		return e.want(Request, it, why)
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
		return e.change(it, has, errDoubt)
	case m != nil && m.Hash != it.Hash:
		return e.change(it, has, nil)
	case !same:
		return e.change(it, has, errDiffers)
	}
	if h.Tells || m != nil {
		if renews, change := e.keepUp(it, has, h.Tells); renews || m != nil {
			return change
		}
	}
	return e.adopt(it)
}

// change wants an item sent that the target has, until the instant has.
func (e *Export) change(it *Item, has time.Time, why error) *Change {
	it.keepTime(has, e.Now)
	return e.want(e.changed(), it, why)
}

// keepUp counts an item that has not changed, or wants it renewed where its time runs out, which
// at the target is at expires; it returns whether it does. Where the target tells,
// it may say never, where we want an end.
func (e *Export) keepUp(it *Item, expires time.Time, tells bool) (renews bool, _ *Change) {
	due := e.Renew != nil && !it.Expires.IsZero() && it.Expires.After(expires) &&
		(!expires.IsZero() && !expires.After(e.Now.Add(*e.Renew)) || expires.IsZero() && tells)
	if due {
		return true, e.want(e.changed(), it, renewal{expires, it.Expires})
	}
	switch {
	case it.Before == nil:
		return false, nil
	case e.Mirror != nil && !e.DryRun:
		it.keepTime(expires, e.Now)
		return false, e.stage(it, Unchanged)
	}
	if e.Mirror != nil && e.staged.doubt {
		e.watch.Event(Updated, Request, it, errWhole)
		return false, nil
	}
	e.watch.Event(Unchanged, Request, it, nil)
	return false, nil
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

// want puts it into the queue of op, or among what a mirror will be given. In a dry run it is
// only told. It returns what to remember of an item that cannot be sent.
func (e *Export) want(op Op, it *Item, why error) *Change {
	what := Updated
	if it.Before == nil && it.Held == nil || errors.Is(why, errMissing) {
		what = Created
	}
	switch {
	case e.DryRun:
		e.watch.Event(what, op, it, why)
	case e.Mirror != nil:
		return e.stage(it, what)
	default:
		e.queue[op] = append(e.queue[op], it)
	}
	return nil
}

// memory is what to remember of an item that was delivered now.
func (e *Export) memory(it *Item) *Memory {
	hash := it.Hash
	if e.Shared && e.Mirror == nil {
		hash = ""
	}
	m := &Memory{Hash: hash, Sent: it.Sent, ID: it.ID, Label: it.Label, Expires: it.Expires, Since: e.Now}
	if it.Before != nil && !it.Before.Since.IsZero() {
		m.Since = it.Before.Since
	}
	return m
}
