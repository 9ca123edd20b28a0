package engine

import (
	"encoding/json"
	"slices"
	"testing"

	"tqmap/dsl/code"
)

// lettersOf are the records of a flow's dead letters, as they are stored.
func (b *bench) lettersOf(flow string) []any {
	b.t.Helper()
	var records []any
	for _, d := range b.state.flow(flow).dead {
		record, err := code.Decode(d.Input)
		if err != nil {
			b.t.Fatal(err)
		}
		records = append(records, record)
	}
	return records
}

func (b *bench) retry(flow string, records []any) *FlowReport {
	b.t.Helper()
	r := b.newRun()
	return r.Retry(b.t.(*testing.T).Context(), r.Bound.Flow(flow), records)
}

func checkpointText(t *testing.T, b *bench, flow string) string {
	t.Helper()
	text, err := json.Marshal(b.state.flow(flow).at)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An object that was refused is delivered with its links when it is tried again; no
// cursor moves, also not to what the records say, and nothing is doubled.
func TestRetryOfObjects(t *testing.T) {
	b := newBench(t)
	b.lib.poison["x.example"] = true
	b.feed.item("a", "09:00:00", "10:00:00", "hosts", listOf("x.example", "y.example"))
	b.feed.item("b", "09:00:00", "11:00:00")
	b.pull(Partial)
	before, records := checkpointText(t, b, "pull"), b.lettersOf("pull")

	f := b.retry("pull", records)
	wantCounts(t, f, "+0 ~0 =2 dead 1")
	wantLines(t, "dead letters", b.letters("pull"), []string{"indicator.host FQDN:x.example"})

	delete(b.lib.poison, "x.example")
	f = b.retry("pull", records)
	wantCounts(t, f, "+1 ~1 =1 dead 0")
	if f.Fetched != 1 || f.Err != nil {
		t.Errorf("fetched %d, %v; want the one record", f.Fetched, f.Err)
	}
	wantLines(t, "dead letters", b.letters("pull"), nil)
	if got := b.lib.named("Item a").links; !slices.Contains(got, b.lib.named("x.example").id) {
		t.Errorf("links %v of Item a, want the indicator that was refused before", got)
	}
	wantCounts(t, b.retry("pull", records), "+0 ~0 =3 dead 0")
	if after := checkpointText(t, b, "pull"); after != before {
		t.Errorf("the checkpoint moved from %s to %s", before, after)
	}
}

// A record that could not be mapped is, once the mapping can.
func TestRetryWithAnotherMapping(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00")
	b.feed.items[0]["created"] = "yesterday"
	b.pull(Partial)
	before, records := checkpointText(t, b, "pull"), b.lettersOf("pull")
	wantCounts(t, b.retry("pull", records), "+0 ~0 =0 dead 1")
	b.edit("item.created", "item.updated")
	wantCounts(t, b.retry("pull", records), "+1 ~0 =0 dead 0")
	wantLines(t, "dead letters", b.letters("pull"), nil)
	if after := checkpointText(t, b, "pull"); after != before {
		t.Errorf("the checkpoint moved from %s to %s", before, after)
	}
}

// What a sink was refused goes through the sink again, as an event with instants.
func TestRetryOfASink(t *testing.T) {
	b := changedItems(t, []string{"a", "b"}, `change = {`, `at = expr("event.touched_at.Year()")
        change = {`)
	b.feed.fails(1, 400)
	b.push(Partial)
	before, records := checkpointText(t, b, "push"), b.lettersOf("push")
	b.feed.calls = nil
	f := b.retry("push", records)
	wantCounts(t, f, "+0 ~1 =0 dead 0")
	if len(b.feed.sends()) != 1 || f.Err != nil {
		t.Errorf("sent %v, %v; want the one that was refused", b.feed.sends(), f.Err)
	}
	wantLines(t, "dead letters", b.letters("push"), nil)
	if after := checkpointText(t, b, "push"); after != before {
		t.Errorf("the checkpoint moved from %s to %s", before, after)
	}
}

// A server that is down leaves the letters as they are.
func TestRetryUnavailable(t *testing.T) {
	b := changedItems(t, []string{"a"})
	b.feed.fails(1, 400)
	b.push(Partial)
	records := b.lettersOf("push")
	b.feed.fails(99, 503)
	f := b.retry("push", records)
	if f.Failed != 1 || f.Dead != 0 || len(b.letters("push")) != 1 {
		t.Errorf("failed %d, dead %d, letters %v; want the letter to stay", f.Failed, f.Dead, b.letters("push"))
	}
}
