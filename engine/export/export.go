package export

import (
	"context"
	"crypto/sha256"
	"time"
)

// Config says how items are kept in step.
type Config struct {
	// Now is the run's clock.
	Now time.Time
	// Max is how many items go into one request of each Op that the target knows; other
	// Ops must not be named by Left and Skipped.
	Max map[Op]int
	// HeldWhole: Target.Held tells all items that the target has. HeldBatch, if not 0: it is
	// asked for up to so many items that exist.
	HeldWhole bool
	HeldBatch int
	// AfterRequest: changed items go through Request first and are updated only if they exist.
	AfterRequest bool
	// Renew, where it is not nil, is how much of an item's time must be left.
	Renew *time.Duration
	// Left and Skipped are what is done with items whose record is gone from the
	// source, or is left out by now; "": nothing.
	Left, Skipped Op
	// AllowEmpty: a source without any item means it.
	AllowEmpty bool
	// Mirror, where it is not nil, is given everything at once, by Finish.
	Mirror Mirror
	// MirrorIs says what the Mirror is: another one, or one of another shape, has none of what
	// the ledger knows, and is given everything.
	MirrorIs string
	// MirrorFirst: the Mirror is given everything only where it is not known to have it all;
	// else items go there as to any other target.
	MirrorFirst bool
	// Shared: other runs may do the same at the same time, so that nobody knows whose items
	// come last. Everything is sent, by every run.
	Shared bool
	// All: everything is sent and nothing is remembered.
	All bool
	// Again: what was refused before is offered once more.
	Again bool
	// DryRun: nothing is sent and nothing is remembered.
	DryRun bool
}

// Target is where the items go.
type Target interface {
	// Send gives items to the target, as many of the first ones as go into one request, and
	// returns what became of each of those. Where it fails, taken is how many it was about.
	Send(ctx context.Context, op Op, items []*Item) (taken int, results []Result, err error)
	// Held tells what the target has of items, by key; of all, where items is nil.
	Held(ctx context.Context, items []*Item) (map[string]*Held, error)
	// Same says whether what the target has is what the item would make of it.
	Same(it *Item, h *Held) (bool, error)
	// Class sorts an error of Send.
	Class(op Op, err error) Class
}

// Class is what an error means for the items of a request.
type Class int

// The classes of errors.
const (
	Fatal       Class = iota // no further request makes sense
	Refused                  // an item among them is at fault
	Unwritable               // the same, before anything was sent: its id is not known, say
	TooMuch                  // fewer at once may work
	TooSlow                  // the same, or the target is down
	Unavailable              // the target is down
	Ignored                  // a rule of the mapping says to let it be
)

// Ledger is the memory between runs, by key.
type Ledger interface {
	Known(ctx context.Context, keys []string) (map[string]Memory, error)
	// All yields every entry in the order of keys. yield may commit.
	All(ctx context.Context, yield func(key string, m Memory) error) error
	// Commit stores all changes at once, or none.
	Commit(ctx context.Context, changes []Change) error
}

// Change of the ledger.
type Change struct {
	Key string
	// Memory replaces what is there; nil forgets it.
	Memory *Memory
	// Refused is why Item became a dead letter, nil if it was delivered.
	Refused error
	Item    *Item
}

// Event is what happens to an item.
type Event int

// The events, which in a dry run would happen.
const (
	Created       Event = iota // it is new to the target
	Updated                    // it was changed there, or renewed
	Unchanged                  // the target has it as it is
	Removed                    // it was taken back
	Kept                       // it is left at the target, though the source has it no more
	Repeated                   // another record of the run has its key
	RefusedBefore              // it is as it was when the target refused it
	Failed                     // it could not be sent; the next run tries again
	Dead                       // it was refused
	Ignoring                   // a rule let it be
)

// Watcher is told what happens.
type Watcher interface {
	// Event is one of one item; why is the error of Failed and Dead, and in a dry run
	// the reason of what would happen, if it is not plain.
	Event(what Event, op Op, it *Item, why error)
	// Note is a problem that does not stop the flow.
	Note(text string)
}

// Export is one flow of items to a target. It is used by one goroutine.
type Export struct {
	Config
	target Target
	ledger Ledger
	watch  Watcher

	seen     map[[16]byte]bool // keys of this run, true where a mirror is to be given the item
	queue    map[Op][]*Item
	limit    map[Op]int // of items at once, as the target takes them
	held     map[string]*Held
	heldRead bool
	inARow   int // requests that found the target down
	staged   staged
	begun    bool
	failed   error // of staging

	slow      map[Op]int // requests that went well since one of more items was too slow; absent: none was
	suspects  []suspect
	isolating bool // suspects are sent in halves
}

// New returns an Export that has seen nothing yet.
func New(c Config, t Target, l Ledger, w Watcher) *Export {
	e := &Export{Config: c, target: t, ledger: l, watch: w, seen: map[[16]byte]bool{}, queue: map[Op][]*Item{}, limit: map[Op]int{}, slow: map[Op]int{}}
	for op, n := range c.Max {
		e.limit[op] = max(1, n)
	}
	return e
}

// Take takes the items of one page of records, and the keys of its records that make none:
// the left out ones and the dead ones, of which those in out are withdrawn as Skipped says.
// What does not fill a batch waits for Flush.
func (e *Export) Take(ctx context.Context, items []*Item, out, dead []string) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	for _, key := range dead {
		e.see(key)
	}
	items, out = e.unseen(items), e.unseenKeys(out)
	known, err := e.known(ctx, items, out)
	if err != nil {
		return err
	}
	if err := e.readHeld(ctx, items); err != nil {
		return err
	}
	var adopted []Change
	for _, it := range items {
		m, ok := known[it.Key]
		if change := e.decide(it, m, ok); change != nil {
			adopted = append(adopted, *change)
		}
	}
	if err := e.commit(ctx, adopted); err != nil {
		return err
	}
	if err := e.skipped(ctx, out, known); err != nil {
		return err
	}
	return e.drain(ctx, false)
}

// Flush sends what is waiting.
func (e *Export) Flush(ctx context.Context) error {
	if err := e.drain(ctx, true); err != nil {
		return err
	}
	return e.isolate(ctx)
}

func digest(key string) [16]byte {
	sum := sha256.Sum256([]byte(key))
	return [16]byte(sum[:16])
}

func (e *Export) see(key string) (before bool) {
	id := digest(key)
	if _, before = e.seen[id]; !before {
		e.seen[id] = false
	}
	return before
}

func (e *Export) wasSeen(key string) bool {
	_, ok := e.seen[digest(key)]
	return ok
}

// unseen leaves out items whose key came before in this run: the first record wins.
func (e *Export) unseen(items []*Item) []*Item {
	var out []*Item
	for _, it := range items {
		if e.see(it.Key) {
			e.watch.Event(Repeated, Request, it, nil)
			continue
		}
		out = append(out, it)
	}
	return out
}

func (e *Export) unseenKeys(keys []string) []string {
	var out []string
	for _, key := range keys {
		if !e.see(key) {
			out = append(out, key)
		}
	}
	return out
}

func (e *Export) known(ctx context.Context, items []*Item, keys []string) (map[string]Memory, error) {
	if e.All {
		return nil, nil
	}
	if e.Skipped == "" {
		keys = nil
	}
	all := append([]string(nil), keys...)
	for _, it := range items {
		all = append(all, it.Key)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return e.ledger.Known(ctx, all)
}

// readHeld asks the target what it has, once, when the first item comes.
func (e *Export) readHeld(ctx context.Context, items []*Item) error {
	if !e.HeldWhole || e.heldRead || e.All || len(items) == 0 {
		return nil
	}
	var err error
	e.held, err = e.target.Held(ctx, nil)
	e.heldRead = err == nil
	return err
}

func (e *Export) commit(ctx context.Context, changes []Change) error {
	if e.DryRun || e.All || len(changes) == 0 {
		return nil
	}
	return e.ledger.Commit(context.WithoutCancel(ctx), changes) // what is acknowledged is remembered even then
}
