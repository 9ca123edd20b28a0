package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tqmap/engine/request"
)

// U8 T01: ThreatQ dies in the middle of a page. What it acknowledged is in the
// ledger, the cursor stays before the page, and the next run completes it.
func TestPlatformDiesInTheMiddle(t *testing.T) {
	b := newBench(t, "size  = 2", "size  = 3")
	for i := range 6 {
		b.feed.item(fmt.Sprint("i", i), "09:00:00", fmt.Sprintf("10:00:0%d", i))
	}
	b.feed.items[4]["hosts"] = listOf("x.example")
	writes := 0
	b.lib.before = func(_ int, call string) error {
		if strings.HasSuffix(call, "/consume") {
			writes++
		}
		if writes == 3 { // events of page 1, indicators of page 2, then the events of page 2
			return status(503, "down")
		}
		return nil
	}
	f := b.pull(Failed)
	wantCounts(t, f, "+4 ~0 =0 dead 0")
	if !strings.Contains(f.Error, "503") {
		t.Errorf("error %s", f.Error)
	}
	if got := b.cursor("pull"); !got.Equal(at("10:00:02")) {
		t.Errorf("cursor %s, want that of the first page", got)
	}
	if e := b.state.flow("pull").book[EntryKey{"indicator.host", "FQDN:x.example"}]; e.RemoteID == 0 {
		t.Error("the indicator was acknowledged, and is not in the ledger")
	}
	b.lib.before = nil
	wantCounts(t, b.pull(Ok), "+3 ~0 =2 dead 0") // i2 lies on the edge
	wantOnce(t, b, 6)
}

// wantOnce checks that n items are there, each with one event.
func wantOnce(t tb, b *bench, n int) {
	t.Helper()
	seen := map[string]int{}
	for _, o := range b.lib.objs {
		if o.collection == "events" {
			seen[o.name]++
		}
	}
	for _, it := range b.feed.items {
		if got := seen[fmt.Sprint("Item ", it["id"])]; got != 1 {
			t.Errorf("item %s has %d events\n%s", it["id"], got, b.log)
		}
	}
	if len(seen) != n {
		t.Errorf("%d events, want %d", len(seen), n)
	}
}

// Objects after one whose fate is not known may have been acknowledged all the
// same: the answer lacks one of a batch, and it cannot be looked up.
func TestAcknowledgedBehindAFailure(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00")
	b.feed.item("b", "09:00:00", "10:00:01")
	b.lib.silent = map[string]bool{"Item a": true}
	written := false
	b.lib.before = func(_ int, call string) error {
		if written && call == "GET /api/events" {
			return status(500, "down")
		}
		written = written || call == "POST /api/events/consume"
		return nil
	}
	b.pull(Failed)
	if e := b.state.flow("pull").book[EntryKey{"event.item", "b"}]; e.RemoteID == 0 {
		t.Errorf("entry %+v: b was acknowledged", e)
	}
	b.lib.before, b.lib.silent = nil, nil
	wantCounts(t, b.pull(Ok), "+0 ~0 =2 dead 0")
	wantOnce(t, b, 2)
}

// Without the types of its flow nothing is read.
func TestTypesCannotBeMade(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00")
	b.lib.before = func(_ int, call string) error {
		if call == "POST /api/event/types" {
			return status(500, "down")
		}
		return nil
	}
	b.pull(Failed)
	if len(b.feed.calls) > 0 || !b.cursor("pull").IsZero() {
		t.Errorf("calls %v, cursor %s", b.feed.calls, b.cursor("pull"))
	}
}

// T05: a crash between the write and the commit. The next run writes the page
// again, and nothing in ThreatQ changes.
func TestCommitFails(t *testing.T) {
	for n := 1; ; n++ {
		b := newBench(t)
		for i := range 5 {
			b.feed.item(fmt.Sprint("i", i), "09:00:00", fmt.Sprintf("10:00:0%d", i), "hosts", listOf(fmt.Sprintf("h%d.example", i%3)), "score", i)
		}
		failed := false
		b.state.fail = func(commit int, _ Commit) error {
			if failed = commit == n; failed {
				return errCrash
			}
			return nil
		}
		first := b.run("pull").Flows[0]
		if !errors.Is(first.Err, errCrash) {
			if n < 5 {
				t.Fatalf("only %d commits for three pages", n)
			}
			return
		}
		b.state.fail = nil
		b.pull(Ok)
		wantOnce(t, b, 5)
		if got := len(b.lib.names()); got != 8 {
			t.Errorf("crash at commit %d: %v", n, b.lib.names())
		}
		for i := range 5 {
			if got := b.lib.attributes(fmt.Sprint("Item i", i)); len(got) != 3 {
				t.Errorf("crash at commit %d: attributes %v of i%d", n, got, i)
			}
		}
		wantCounts(t, b.pull(Ok), "+0 ~0 =2 dead 0") // i4 and its host lie on the edge
	}
}

// The commit that fails is told with what that means.
func TestCommitErrorText(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00")
	b.state.fail = func(_ int, c Commit) error {
		if c.Checkpoint != nil {
			return errCrash
		}
		return nil
	}
	if f := b.pull(Failed); !strings.Contains(f.Error, "the next run reads this page again") || !b.cursor("pull").IsZero() {
		t.Errorf("error %q, cursor %s", f.Error, b.cursor("pull"))
	}
}

// A run that is cancelled in the middle of a page keeps what was acknowledged.
func TestCancelledInAPage(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00", "hosts", listOf("x.example"))
	ctx, cancel := context.WithCancel(context.Background())
	b.lib.after = func(call string) error {
		if call == "POST /api/indicators/consume" {
			cancel()
		}
		return nil
	}
	f := b.runWith(ctx, "pull").Flows[0]
	if !errors.Is(f.Err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", f.Err)
	}
	if e := b.state.flow("pull").book[EntryKey{"indicator.host", "FQDN:x.example"}]; e.RemoteID == 0 || !b.cursor("pull").IsZero() {
		t.Errorf("entry %+v, cursor %s: acknowledged work is kept, the page is not done", e, b.cursor("pull"))
	}
	b.lib.after = nil
	wantCounts(t, b.pull(Ok), "+1 ~0 =1 dead 0")
}

// T03: a page that cannot be read keeps the cursor before it. U34: the pages
// before it are not read again.
func TestPageFails(t *testing.T) {
	b := newBench(t)
	for i := range 6 {
		b.feed.item(fmt.Sprint("i", i), "09:00:00", fmt.Sprintf("10:00:0%d", i))
	}
	b.feed.before = func(n int, _ string) (*request.Response, error) {
		if n == 2 {
			return nil, status(500, "down")
		}
		return nil, nil
	}
	f := b.pull(Failed)
	if !strings.HasPrefix(f.Error, "page 2: ") || f.Fetched != 2 {
		t.Errorf("error %q, fetched %d", f.Error, f.Fetched)
	}
	if got := b.cursor("pull"); !got.Equal(at("10:00:01")) {
		t.Errorf("cursor %s, want that of page 1", got)
	}
	b.feed.before, b.feed.calls = nil, nil
	b.pull(Ok)
	if want := "/list 2026-03-01T10:00:01Z 2026-03-01T12:01:00Z 0"; b.feed.calls[0] != want {
		t.Errorf("the next run asks %s, want %s", b.feed.calls[0], want)
	}
	wantOnce(t, b, 6)
}

// Whatever fails whenever, a run without faults afterwards has every item in ThreatQ
// exactly once and up to date, and one more writes nothing.
func TestAnyFaultLosesAndDoublesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		edits := []string{"size  = 2", fmt.Sprintf("size  = %d", rapid.IntRange(1, 4).Draw(rt, "size"))}
		if rapid.Bool().Draw(rt, "unordered") {
			edits = append(edits, "      order   = \"ascending\"\n", "")
		}
		b := newBench(t, edits...)
		b.t = rt
		for range rapid.IntRange(1, 6).Draw(rt, "runs") {
			for range rapid.IntRange(0, 4).Draw(rt, "changes") {
				b.someChange(rt)
			}
			b.someFault(rt)
			b.run("pull")
			b.lib.before, b.lib.after, b.feed.before, b.state.fail = nil, nil, nil, nil
		}
		b.pull(Ok)
		wantOnce(rt, b, len(b.feed.items))
		for _, it := range b.feed.items {
			if got, want := b.lib.value("Item "+it["id"].(string), "Score"), fmt.Sprint(it["score"]); got != want {
				rt.Errorf("item %s has the score %s, want %s", it["id"], got, want)
			}
		}
		b.lib.calls = nil
		b.pull(Ok)
		if got := b.lib.writes(); len(got) > 0 {
			rt.Errorf("the last run wrote %v", got)
		}
	})
}

// someChange adds an item or changes one, at the present time.
func (b *bench) someChange(rt *rapid.T) {
	id := fmt.Sprint("i", rapid.IntRange(0, 7).Draw(rt, "item"))
	it := b.feed.byID(id)
	if it == nil {
		it = b.feed.item(id, "09:00:00", "10:00:00")
	}
	it["score"] = rapid.IntRange(0, 99).Draw(rt, "score")
	it["hosts"] = listOf(rapid.SampledFrom([]string{"x.example", "y.example"}).Draw(rt, "host"))
	b.feed.set(id, "ST_OPEN")
}

// someFault breaks the nth call or commit of a run, before or after its work is done.
func (b *bench) someFault(rt *rapid.T) {
	n := rapid.IntRange(1, 12).Draw(rt, "nth")
	breaks := func() error {
		if n--; n == 0 {
			return status(500, "broken")
		}
		return nil
	}
	switch rapid.SampledFrom([]string{"none", "library", "library after", "feed", "state"}).Draw(rt, "fault") {
	case "library":
		b.lib.before = func(int, string) error { return breaks() }
	case "library after":
		b.lib.after = func(string) error { return breaks() }
	case "feed":
		b.feed.before = func(int, string) (*request.Response, error) { return nil, breaks() }
	case "state":
		b.state.fail = func(int, Commit) error { return breaks() }
	}
}

// There and back again, with the answer lost in between: ThreatQ holds what the
// ledger never heard of.
func TestBackToWhatTheLedgerKnows(t *testing.T) {
	b := newBench(t)
	it := b.feed.item("a", "09:00:00", "10:00:00", "score", 1)
	b.pull(Ok)
	it["score"], it["updated"] = 2, at("12:00:30").Format(time.RFC3339)
	b.lib.after = func(call string) error {
		if strings.HasPrefix(call, "PUT ") {
			return status(500, "gone")
		}
		return nil
	}
	b.pull(Failed)
	b.lib.after = nil
	it["score"], it["updated"] = 1, at("12:01:30").Format(time.RFC3339)
	b.pull(Ok)
	if got := b.lib.value("Item a", "Score"); got != "1" {
		t.Errorf("score %s, want 1: the update whose answer was lost did arrive", got)
	}
}

// The ledger's own entries are committed before a write, so that a write whose
// answer is lost is looked for.
func TestPendingIsNotedBeforeTheWrite(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00")
	b.lib.before = func(_ int, call string) error {
		if call == "POST /api/events/consume" {
			if e := b.state.flow("pull").book[EntryKey{"event.item", "a"}]; e.Hash != pendingHash {
				t.Errorf("entry %+v while the event is written", e)
			}
		}
		return nil
	}
	b.pull(Ok)
	if !slices.Contains(b.lib.calls, "POST /api/events/consume") {
		t.Fatal("no event was written")
	}
	for _, call := range b.lib.calls[slices.Index(b.lib.calls, "POST /api/events/consume"):] {
		if strings.HasPrefix(call, "GET /api/events") {
			t.Errorf("%s: a new object costs no search", call)
		}
	}
}
