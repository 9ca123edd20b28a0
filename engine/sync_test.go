package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tqmap/engine/request"
)

// agreed is a bench in which one item was brought in as OPEN.
func agreed(t *testing.T) *bench {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00")
	b.pull(Ok)
	return b
}

// setBase sets the attribute that remembers the last agreement; "" takes it away.
func (b *bench) setBase(value string) {
	o := b.lib.named("Item a")
	o.attrs = slices.DeleteFunc(o.attrs, func(a attr) bool { return a.name == "State" })
	if value != "" {
		b.lib.addAttr(o, "State", value)
	}
}

// The whole truth table of the three-way merge: what ingest makes of a type in
// ThreatQ, the agreed value, and what the vendor says (U32).
func TestThreeWayMerge(t *testing.T) {
	const words, warns = "both sides changed", "has no word for"
	for _, tc := range []struct {
		name               string
		typ, base          string
		remote             any
		wantType, wantBase string
		warning            string
	}{
		{"nobody changed", "OPEN", "Open", "ST_OPEN", "OPEN", "Open", ""},
		{"the vendor changed", "OPEN", "Open", "ST_WORK", "WORK", "Work", ""},
		{"the vendor changed to what has two words", "OPEN", "Open", "ST_DONE", "DONE", "Done", ""},
		{"ThreatQ changed", "WORK", "Open", "ST_OPEN", "WORK", "Open", ""},
		{"both changed to the same", "WORK", "Open", "ST_WORK", "WORK", "Work", ""},
		{"both changed to the same, in another word", "DROPPED", "Open", "ST_DONE", "DROPPED", "Done", ""},
		{"both changed apart", "WORK", "Open", "ST_DONE", "WORK", "Open", words},
		{"another word for the same is kept", "DROPPED", "Done", "ST_DONE", "DROPPED", "Done", ""},
		{"from another word to something else", "DROPPED", "Done", "ST_OPEN", "OPEN", "Open", ""},
		{"no base, and they agree", "OPEN", "", "ST_OPEN", "OPEN", "Open", ""},
		{"no base, and they differ", "WORK", "", "ST_OPEN", "WORK", "", words},
		{"a type of the analyst's own", "OTHER", "Open", "ST_WORK", "OTHER", "Work", ""},
		{"a type of the analyst's own, without base", "OTHER", "", "ST_WORK", "OTHER", "Work", ""},
		{"the vendor says what ThreatQ has no word for", "WORK", "Work", "ST_ODD", "WORK", "Work", warns},
		{"the vendor says so and ThreatQ changed", "DONE", "Work", "ST_ODD", "DONE", "Work", words},
		{"the vendor says nothing", "WORK", "Work", nil, "WORK", "Work", ""},
		{"the vendor says nothing and ThreatQ changed", "DONE", "Work", nil, "DONE", "Work", ""},
		{"the vendor says nothing, and there is no base", "WORK", "", nil, "WORK", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := agreed(t)
			b.lib.setType("Item a", tc.typ)
			b.setBase(tc.base)
			b.feed.set("a", tc.remote)
			b.feed.byID("a")["score"] = 77
			b.log.Reset()
			b.pull(Ok)
			if got, base := b.lib.named("Item a").typ, b.lib.value("Item a", "State"); got != tc.wantType || base != tc.wantBase {
				t.Errorf("type %q, agreed %q; want %q, %q", got, base, tc.wantType, tc.wantBase)
			}
			if b.lib.value("Item a", "Score") != "77" {
				t.Error("the other attributes must arrive whatever becomes of the type")
			}
			if got := b.log.String(); tc.warning != "" && !strings.Contains(got, tc.warning) || tc.warning == "" && strings.Contains(got, "level=WARN") {
				t.Errorf("log, which should hold %q:\n%s", tc.warning, got)
			}
			// The merge alone is stable: without the other flow it changes nothing more.
			b.feed.set("a", tc.remote)
			if f := b.pull(Ok); f.Updated > 0 {
				t.Errorf("a second run updated: %s", counts(f))
			}
		})
	}
}

// A new event's attribute says what its type stands for, so that the next run
// does not send back a change that nobody made.
func TestNewEventIsNotSentBack(t *testing.T) {
	for _, state := range []any{"ST_OPEN", "ST_DONE", "ST_ODD", "", nil} {
		b := newBench(t)
		b.feed.item("a", "09:00:00", "10:00:00", "state", state)
		b.run()
		b.run()
		if got := b.feed.sends(); len(got) > 0 {
			t.Errorf("state %v: sent %v for an event that nobody has changed", state, got)
		}
	}
}

// Where the merge held something back, the record is looked at again, although
// it has not changed: the analyst may have taken his change back.
func TestHeldBackIsLookedAtAgain(t *testing.T) {
	b := agreed(t)
	b.lib.setType("Item a", "WORK")
	b.feed.set("a", "ST_DONE")
	b.pull(Ok)
	b.lib.setType("Item a", "OPEN") // as it was agreed
	b.pull(Ok)
	if got := b.lib.named("Item a").typ; got != "DONE" {
		t.Errorf("type %s, want DONE: only the vendor's change is left", got)
	}
}

// The vendor goes back to what it said before, after ThreatQ's choice was sent
// and before that was read: not unchanged, although the ledger knows it.
func TestVendorGoesBack(t *testing.T) {
	b := agreed(t)
	b.lib.setType("Item a", "WORK")
	b.now = b.now.Add(time.Minute)
	b.push(Ok)
	b.feed.set("a", "ST_OPEN")
	b.pull(Ok)
	if got := b.lib.named("Item a").typ; got != "OPEN" {
		t.Errorf("type %s, want OPEN: the vendor's change is the last", got)
	}
}

// A merge that fails makes a dead letter, and the event stays as it was.
func TestMergeFails(t *testing.T) {
	b := agreed(t)
	b.edit("lookup(current.type), 'ST_'", "lookup(current.nothing.at.all), 'ST_'")
	b.feed.set("a", "ST_WORK")
	wantCounts(t, b.pull(Partial), "+0 ~0 =0 dead 1")
	if d := b.state.flow("pull").dead[0]; d.Rule != "event.item" || !strings.HasPrefix(d.Where, "m.hcl:") || b.lib.named("Item a").typ != "OPEN" {
		t.Errorf("%+v, type %s", d, b.lib.named("Item a").typ)
	}
}

// No echo. Analyst and vendor change what they like, calls and commits fail.
// Once changes and faults stop, one run may send what is open; the next send
// nothing and write nothing, and both sides agree.
func TestNoEcho(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(rt)
		items := []string{"a", "b", "c"}[:rapid.IntRange(1, 3).Draw(rt, "items")]
		for _, id := range items {
			b.feed.item(id, "09:00:00", "10:00:00", "state", rapid.SampledFrom(states).Draw(rt, "first"))
		}
		b.run()
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			b.step(rt, items)
		}
		b.lib.before, b.feed.before, b.state.fail = nil, nil, nil
		b.run()
		sent := len(b.feed.sends())
		b.run() // takes in what the vendor made of it
		b.lib.calls = nil
		for range 3 {
			b.run()
		}
		if got := b.feed.sends(); len(got) > sent {
			rt.Fatalf("after the last change %v, then %v was sent\n%s", got[:sent], got[sent:], b.log)
		}
		if got := b.lib.writes(); len(got) > 0 {
			rt.Fatalf("it never comes to rest: %v", got)
		}
		// What a merge held back is looked at again only while its record lies in the
		// window: an analyst who then takes the change back keeps what was agreed before.
		clashed := strings.Contains(b.log.String(), "both sides changed")
		for _, id := range items {
			typ, state := b.lib.named("Item "+id).typ, b.feed.byID(id)["state"]
			if want, ours := stands[typ]; ours && !clashed && slices.Contains(states[:3], state) && want != state {
				rt.Errorf("item %s is %s in ThreatQ and %v at the vendor", id, typ, state)
			}
		}
	})
}

// states of the vendor, of which ThreatQ has a word for the first three.
var states = []any{"ST_OPEN", "ST_WORK", "ST_DONE", "ST_ODD", nil}

// stands says which state a type stands for.
var stands = map[string]any{"OPEN": "ST_OPEN", "WORK": "ST_WORK", "DONE": "ST_DONE", "DROPPED": "ST_DONE"}

// step is a change by one side, or a run that goes well or badly.
func (b *bench) step(rt *rapid.T, items []string) {
	id := rapid.SampledFrom(items).Draw(rt, "item")
	n := rapid.IntRange(1, 8).Draw(rt, "nth")
	broken := func() error {
		if n--; n == 0 {
			return status(500, "broken")
		}
		return nil
	}
	switch rapid.SampledFrom([]string{"analyst", "analyst", "vendor", "vendor", "run", "no push", "no state", "no library"}).Draw(rt, "step") {
	case "analyst":
		if typ := rapid.SampledFrom([]string{"OPEN", "WORK", "DONE", "DROPPED", "OTHER"}).Draw(rt, "type"); b.lib.named("Item "+id).id != 0 {
			b.lib.setType("Item "+id, typ)
		}
		b.now = b.now.Add(time.Minute)
		return
	case "vendor":
		b.feed.set(id, rapid.SampledFrom(states).Draw(rt, "state"))
		b.now = b.now.Add(time.Minute)
		return
	case "no push":
		b.feed.before = func(_ int, call string) (*request.Response, error) {
			if strings.HasPrefix(call, "/set") {
				return nil, status(500, "down")
			}
			return nil, nil
		}
	case "no state":
		b.state.fail = func(int, Commit) error { return broken() }
	case "no library":
		b.lib.before = func(int, string) error { return broken() }
	}
	b.run()
	b.lib.before, b.feed.before, b.state.fail = nil, nil, nil
}

func TestThreeWayMergeNeedsNoState(t *testing.T) {
	b := agreed(t)
	b.lib.setType("Item a", "WORK")
	b.state = &memory{}
	b.run()
	if got := fmt.Sprint(b.feed.sends()); got != "[a ST_WORK]" {
		t.Errorf("sent %s: what was agreed is in ThreatQ, not in the state", got)
	}
	if typ := b.lib.named("Item a").typ; typ != "WORK" || b.lib.value("Item a", "State") != "Work" {
		t.Errorf("type %s, agreed %s", typ, b.lib.value("Item a", "State"))
	}
}
