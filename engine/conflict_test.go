package engine

import (
	"testing"

	"tqmap/engine/request"
)

// conflict is a bench in which both sides changed an item, ThreatQ's choice could
// not be sent, and the record lies behind the window by now.
func conflict(t *testing.T) *bench {
	b := agreed(t)
	b.lib.setType("Item a", "WORK")
	b.feed.set("a", "ST_DONE")
	b.pull(Ok)
	b.feed.fails(1, 503)
	b.run("push")
	b.feed.before = nil
	b.feed.item("b", "09:00:00", "12:02:30") // moves the window on
	b.pull(Ok)
	b.feed.calls = nil
	b.feed.before = func(_ int, call string) (*request.Response, error) { return nil, nil }
	return b
}

func (b *bench) sides() [2]string {
	return [2]string{b.lib.named("Item a").typ, b.lib.value("Item a", "State")}
}

func (b *bench) waits() string {
	return b.state.flow("pull").book[waitingKey(EntryKey{Rule: "event.item", Key: "a"})].Hash
}

// The vendor's change is taken once the analyst goes back to what was agreed,
// although its record does not come again.
func TestConflictTakenBack(t *testing.T) {
	b := conflict(t)
	if got := b.sides(); got != [2]string{"WORK", "Open"} || b.waits() != waitingHash {
		t.Fatalf("%v, waiting %q", got, b.waits())
	}
	b.pull(Ok) // still apart
	if got := b.sides(); got != [2]string{"WORK", "Open"} || b.waits() != waitingHash {
		t.Errorf("while both differ: %v, waiting %q", got, b.waits())
	}
	b.lib.setType("Item a", "OPEN")
	f := b.pull(Ok)
	if got := b.sides(); got != [2]string{"DONE", "Done"} || f.Updated != 1 || b.waits() != metHash {
		t.Errorf("%v, updated %d, waiting %q", got, f.Updated, b.waits())
	}
	if f := b.pull(Ok); f.Updated != 0 {
		t.Errorf("updated again: %s", counts(f))
	}
	if push := b.push(Ok); push.Updated != 0 {
		t.Errorf("sent what came from there: %v", b.feed.sends())
	}
}

// The analyst comes to the vendor's word by himself: both sides agree.
func TestConflictSettledByHand(t *testing.T) {
	b := conflict(t)
	b.lib.setType("Item a", "DROPPED") // another word for the same
	b.pull(Ok)
	if got := b.sides(); got != [2]string{"DROPPED", "Done"} || b.waits() != metHash {
		t.Errorf("%v, waiting %q", got, b.waits())
	}
}

// Once ThreatQ's choice was sent, the vendor's older one is history, whatever the
// analyst does next.
func TestConflictSentAfterAll(t *testing.T) {
	b := conflict(t)
	b.push(Ok)
	if got := b.sides(); got != [2]string{"WORK", "Work"} || len(b.feed.sends()) != 1 {
		t.Fatalf("%v, sent %v", got, b.feed.sends())
	}
	b.feed.items = b.feed.items[1:] // nothing more is heard of it
	b.pull(Ok)
	if got := b.sides(); got != [2]string{"WORK", "Work"} || b.waits() != metHash {
		t.Errorf("%v, waiting %q: the vendor's older state came back", got, b.waits())
	}
}

// A kept record goes when its event is deleted, or is of a type of the analyst's own
// for as long as it is.
func TestConflictWithoutEvent(t *testing.T) {
	b := conflict(t)
	b.lib.setType("Item a", "OTHER")
	b.pull(Ok)
	if got := b.sides(); got != [2]string{"OTHER", "Open"} || b.waits() != waitingHash {
		t.Errorf("%v, waiting %q", got, b.waits())
	}
	b.lib.objs = b.lib.objs[1:]
	b.feed.items = b.feed.items[1:]
	b.pull(Ok)
	if b.waits() != metHash || b.lib.named("Item a").id != 0 {
		t.Errorf("waiting %q, objects %v", b.waits(), b.lib.names())
	}
}

// When the record does come again, that decides.
func TestConflictRecordComesAgain(t *testing.T) {
	b := conflict(t)
	b.feed.set("a", "ST_WORK") // the vendor comes to ThreatQ's choice
	b.pull(Ok)
	if got := b.sides(); got != [2]string{"WORK", "Work"} || b.waits() != metHash {
		t.Errorf("%v, waiting %q", got, b.waits())
	}
}
