package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tqmap/dsl"
	"tqmap/engine/request"
)

// counts are created, updated and unchanged objects, and dead letters.
func counts(f *FlowReport) string {
	return fmt.Sprintf("+%d ~%d =%d dead %d", f.Created, f.Updated, f.Unchanged, f.Dead)
}

func wantCounts(t *testing.T, f *FlowReport, want string) {
	t.Helper()
	if got := counts(f); got != want {
		t.Errorf("flow %s: %s, want %s", f.Name, got, want)
	}
}

func TestCreateWithLinks(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00", "hosts", listOf("x.example", "y.example"), "score", 5, "formats", listOf("f1", "f2"))
	wantCounts(t, b.pull(Ok), "+3 ~0 =0 dead 0")
	wantLines(t, "objects", b.lib.names(), []string{"events Item a", "indicators x.example", "indicators y.example"})
	wantLines(t, "attributes", b.lib.attributes("Item a"), []string{"Format=f1", "Format=f2", "Item ID=a", "Score=5", "State=Open"})
	links := []int64{b.lib.named("x.example").id, b.lib.named("y.example").id}
	if got := b.lib.named("Item a").links; !slices.Equal(got, links) {
		t.Errorf("links %v, want %v", got, links)
	}
	if got := b.lib.named("x.example"); got.status != "Review" || !slices.Equal(got.sources, []string{"Feed"}) {
		t.Errorf("indicator %+v", got)
	}
	for _, typ := range []string{"OPEN", "WORK", "DONE", "DROPPED"} {
		if b.lib.types["events"][typ] == 0 {
			t.Errorf("type %s is not there to choose", typ)
		}
	}
}

// What the ledger knows unchanged costs no request.
func TestUnchangedIsFree(t *testing.T) {
	b := newBench(t, `      order   = "ascending"`, "      order = \"ascending\"\n      lookback = \"1h\"")
	b.feed.item("a", "09:00:00", "10:00:00", "hosts", listOf("x.example"))
	b.feed.item("b", "09:00:00", "10:30:00")
	b.pull(Ok)
	b.lib.calls = nil
	wantCounts(t, b.pull(Ok), "+0 ~0 =3 dead 0")
	for _, call := range b.lib.calls {
		if call != "GET /api/event/types" {
			t.Errorf("%s for records that have not changed", call)
		}
	}
}

func TestChangedIsUpdatedInPlace(t *testing.T) {
	b := newBench(t)
	it := b.feed.item("a", "09:00:00", "10:00:00", "score", 5, "first", "one", "formats", listOf("f1"), "hosts", listOf("x.example"))
	b.pull(Ok)
	id := b.lib.named("Item a").id
	b.lib.named("x.example").status = "Active" // the analyst's decision
	b.lib.addAttr(b.lib.named("Item a"), "Note", "by hand")
	it["score"], it["first"], it["formats"], it["updated"] = 9, "two", listOf("f2"), at("12:00:30").Format(time.RFC3339)
	it["hosts"] = listOf("x.example", "y.example")
	wantCounts(t, b.pull(Ok), "+1 ~1 =1 dead 0")
	event := b.lib.named("Item a")
	wantLines(t, "attributes", b.lib.attributes("Item a"), []string{"First=one", "Format=f1", "Format=f2", "Item ID=a", "Note=by hand", "Score=9", "State=Open"})
	if event.id != id || len(event.links) != 2 {
		t.Errorf("id %d, was %d; links %v", event.id, id, event.links)
	}
	if got := b.lib.named("x.example").status; got != "Active" {
		t.Errorf("status %s: it is only written at creation", got)
	}
}

// An indicator of two records keeps what only the first of them said.
func TestOneIndicatorOfTwoRecords(t *testing.T) {
	for _, size := range []string{"size  = 2", "size  = 1"} { // in one page, in two pages
		b := newBench(t, "size  = 2", size)
		b.feed.item("a", "09:00:00", "10:00:00", "hosts", listOf("x.example", "x.example"))
		b.feed.item("b", "09:00:00", "10:30:00", "hosts", listOf("x.example"))
		b.pull(Ok)
		wantLines(t, "attributes with "+size, b.lib.attributes("x.example"), []string{"Seen In=a", "Seen In=b"})
		for _, name := range []string{"Item a", "Item b"} {
			if len(b.lib.named(name).links) != 1 {
				t.Errorf("%s has links %v", name, b.lib.named(name).links)
			}
		}
	}
}

// Of two states of one record in a page the newer one counts, whole.
func TestDuplicateRecordInAPage(t *testing.T) {
	for _, order := range []string{"older first", "newer first"} {
		b := newBench(t, "size  = 2", "size  = 9", `      order   = "ascending"`+"\n", "")
		b.feed.item("a", "09:00:00", "10:00:00", "score", 1, "formats", listOf("old"))
		b.feed.item("a", "09:00:00", "10:30:00", "score", 2)
		if order == "newer first" {
			b.feed.items[0]["updated"], b.feed.items[1]["updated"] = b.feed.items[1]["updated"], b.feed.items[0]["updated"]
			b.feed.items[0]["score"], b.feed.items[0]["formats"], b.feed.items[1]["score"], b.feed.items[1]["formats"] = 2, nil, 1, listOf("old")
			b.feed.before = func(n int, call string) (*request.Response, error) {
				return answerJSON(map[string]any{"total": 2, "items": b.feed.items})
			}
		}
		b.pull(Ok)
		wantLines(t, order, b.lib.attributes("Item a"), []string{"Item ID=a", "Score=2", "State=Open"})
	}
}

// A lost state costs one reading of ThreatQ, not duplicates.
func TestLostState(t *testing.T) {
	b := newBench(t)
	it := b.feed.item("a", "09:00:00", "10:00:00", "score", 5, "hosts", listOf("x.example"))
	b.pull(Ok)
	id := b.lib.named("Item a").id
	b.state = &memory{}
	wantCounts(t, b.pull(Ok), "+0 ~0 =2 dead 0")
	b.state = &memory{}
	it["score"] = 6
	b.edit("'Item '", "'Thing '") // and found under its old title
	wantCounts(t, b.pull(Ok), "+0 ~1 =1 dead 0")
	if got := b.lib.named("Thing a"); got.id != id || b.lib.value("Thing a", "Score") != "6" {
		t.Errorf("event %+v, want %d under its new title with its new score", got, id)
	}
}

// U33: what ThreatQ says it has already is brought up to date, not given a second value.
func TestExistingObjectWithoutIdentity(t *testing.T) {
	b := newBench(t, "    identity    = \"Item ID\"\n", "", `"Seen In" = add(expr("item.id"))`, `"Last Seen In" = expr("item.id")`)
	it := b.feed.item("a", "09:00:00", "10:00:00", "score", 5, "hosts", listOf("x.example"))
	b.pull(Ok)
	b.state = &memory{}
	it["score"], it["id"] = 6, "A"
	wantCounts(t, b.pull(Ok), "+0 ~2 =0 dead 0")
	wantLines(t, "attributes", b.lib.attributes("x.example"), []string{"Last Seen In=A"})
	if got := b.lib.value("Item A", "Score"); got != "6" || len(b.lib.objs) != 2 {
		t.Errorf("score %s of %v", got, b.lib.names())
	}
}

func TestGoneObjectIsCreatedAgain(t *testing.T) {
	b := newBench(t)
	it := b.feed.item("a", "09:00:00", "10:00:00")
	b.pull(Ok)
	b.lib.objs = nil // an analyst deleted it
	it["score"], it["updated"] = 7, at("12:00:30").Format(time.RFC3339)
	wantCounts(t, b.pull(Ok), "+1 ~0 =0 dead 0")
	entry := b.state.flow("pull").book[EntryKey{"event.item", "a"}]
	if entry.RemoteID != b.lib.named("Item a").id {
		t.Errorf("the ledger has %d, ThreatQ %d", entry.RemoteID, b.lib.named("Item a").id)
	}
}

// Two records may claim one identity. Neither may be lost.
func TestSameIdentityTwice(t *testing.T) {
	b := newBench(t, `"Item ID" = fixed(expr("item.id"))`, `"Item ID" = fixed(expr("item.case"))`)
	b.feed.item("a", "09:00:00", "10:00:00", "case", "7")
	b.feed.item("b", "09:00:00", "10:30:00", "case", "7")
	b.lib.after = func(call string) error { // ThreatQ writes, but nobody hears of it
		if call == "POST /api/events/consume" {
			return status(500, "gone")
		}
		return nil
	}
	b.pull(Failed)
	b.lib.after = nil
	b.pull(Ok)
	wantLines(t, "objects", b.lib.names(), []string{"events Item a", "events Item b"})
	for _, key := range []string{"a", "b"} {
		if e := b.state.flow("pull").book[EntryKey{"event.item", key}]; e.RemoteID == 0 {
			t.Errorf("record %s has no entry in the ledger: %+v", key, e)
		}
	}
}

// One refused object is a dead letter; the others of the page, and what links
// to it, are delivered.
func TestRefusedObject(t *testing.T) {
	b := newBench(t)
	b.lib.poison["x.example"] = true
	b.feed.item("a", "09:00:00", "10:00:00", "hosts", listOf("x.example", "y.example"))
	b.feed.item("b", "09:00:00", "10:00:00", "hosts", listOf("x.example"))
	f := b.pull(Partial)
	wantCounts(t, f, "+3 ~0 =0 dead 1")
	wantLines(t, "dead letters", b.letters("pull"), []string{"indicator.host FQDN:x.example"})
	d := b.state.flow("pull").dead[0]
	if !strings.Contains(d.Reason, "x.example is not wanted") || !strings.Contains(string(d.Input), `"hosts"`) {
		t.Errorf("reason %q, input %s", d.Reason, d.Input)
	}
	if got := b.cursor("pull"); !got.Equal(at("10:00:00")) {
		t.Errorf("cursor %s: a dead letter does not hold up the others", got)
	}

	// Both records lie on the edge of the next window. As one of their objects is
	// missing they are looked at again, and the link is made now.
	wantCounts(t, b.pull(Partial), "+0 ~0 =3 dead 1")
	delete(b.lib.poison, "x.example")
	wantCounts(t, b.pull(Ok), "+1 ~2 =1 dead 0")
	wantLines(t, "dead letters", b.letters("pull"), nil)
	if got := b.lib.named("Item b").links; !slices.Equal(got, []int64{b.lib.named("x.example").id}) {
		t.Errorf("links %v of Item b, want the indicator that was refused before", got)
	}
	wantCounts(t, b.pull(Ok), "+0 ~0 =5 dead 0")
}

// A type that ThreatQ does not have is the object's fault.
func TestUnknownIndicatorType(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00", "hosts", listOf("a-very-long-host-name.example"))
	wantCounts(t, b.pull(Partial), "+1 ~0 =0 dead 1")
	wantLines(t, "dead letters", b.letters("pull"), []string{"indicator.host Long:a-very-long-host-name.example"})
}

// A record that was dead is taken back once all of it is delivered, also where
// the ledger says that nothing has changed.
func TestDeadRecordIsTakenBack(t *testing.T) {
	b := newBench(t)
	it := b.feed.item("a", "09:00:00", "10:00:00", "hosts", listOf("x.example"))
	b.pull(Ok)
	it["created"], it["updated"] = "yesterday", at("12:00:30").Format(time.RFC3339)
	wantCounts(t, b.pull(Partial), "+0 ~0 =0 dead 1")
	wantLines(t, "dead letters", b.letters("pull"), []string{"event.item a"})
	it["created"], it["updated"] = at("09:00:00").Format(time.RFC3339), at("12:01:30").Format(time.RFC3339)
	wantCounts(t, b.pull(Ok), "+0 ~0 =2 dead 0")
	wantLines(t, "dead letters", b.letters("pull"), nil)
}

// The dead letter of a refused object stays while other objects of its record are delivered.
func TestLetterOfRefusedObjectStays(t *testing.T) {
	b := newBench(t)
	b.lib.poison["Item a"] = true
	it := b.feed.item("a", "09:00:00", "10:00:00", "hosts", listOf("x.example"))
	b.pull(Partial)
	revived := 0
	b.state.fail = func(_ int, c Commit) error {
		if slices.Contains(c.Revived, "a") {
			revived++
		}
		return nil
	}
	it["hosts"], it["updated"] = listOf("x.example", "y.example"), at("12:00:30").Format(time.RFC3339)
	b.pull(Partial)
	wantLines(t, "dead letters", b.letters("pull"), []string{"event.item a"})
	if revived > 0 {
		t.Error("the letter was taken back although its event is still refused")
	}
}

// Related events are linked, although both are new.
func TestEventsOfOneRecordAreLinked(t *testing.T) {
	b := newBench(t, `  indicator "host" {`, `  event "note" {
    type        = "Sighting"
    title       = expr("'Note ' + item.id")
    happened_at = expr("item.created")
    related     = [event.item]
  }
  indicator "host" {`)
	b.feed.item("a", "09:00:00", "10:00:00")
	b.pull(Ok)
	if got, want := b.lib.named("Note a").links, b.lib.named("Item a").id; !slices.Equal(got, []int64{want}) {
		t.Errorf("links %v, want [%d]", got, want)
	}
}

func TestDryRun(t *testing.T) {
	b := newBench(t)
	it := b.feed.item("a", "09:00:00", "10:00:00", "score", 5)
	b.pull(Ok)
	it["score"], it["updated"] = 6, at("12:00:30").Format(time.RFC3339)
	b.feed.item("b", "09:00:00", "12:00:40", "hosts", listOf("x.example"))
	b.lib.setType("Item a", "WORK")
	before := fmt.Sprint(b.lib.names(), b.lib.attributes("Item a"))
	b.lib.calls, b.feed.calls, b.dry = nil, nil, true
	report := b.run()
	if len(b.lib.writes()) > 0 || len(b.feed.sends()) > 0 {
		t.Errorf("a dry run wrote %v and sent %v", b.lib.writes(), b.feed.sends())
	}
	if after := fmt.Sprint(b.lib.names(), b.lib.attributes("Item a")); after != before || !report.DryRun {
		t.Errorf("from %s to %s", before, after)
	}
	push, pull := report.Flows[0], report.Flows[1]
	wantLines(t, "plan of push", push.Plan, []string{`> POST /set {"change":{"by":"ThreatQ","notify":[true,"WORK"],"state":"ST_WORK"},"id":"a"}`})
	wantCounts(t, pull, "+2 ~1 =0 dead 0")
	wantLines(t, "plan of pull", pull.Plan, []string{`+ indicator "x.example" (FQDN)`, "~ event \"Item a\"\n    ~ Score: 5 -> 6", `+ event "Item b" (OPEN)`})
}

func TestDryRunPlanIsBounded(t *testing.T) {
	b := newBench(t, "size  = 2", "size  = 500")
	for i := range planLimit + 50 {
		b.feed.item(fmt.Sprint(i), "09:00:00", "10:00:00")
	}
	b.dry = true
	if f := b.pull(Ok); len(f.Plan) != planLimit || f.Created != planLimit+50 {
		t.Errorf("%d lines for %d objects", len(f.Plan), f.Created)
	}
}

// A history run delivers, but leaves the cursor where it is.
func TestHistoryWithAGap(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00")
	b.pull(Ok)
	b.feed.item("b", "09:00:00", "10:10:00")
	b.feed.item("c", "09:00:00", "11:00:00")
	b.given["since"] = dsl.Text("2026-03-01T10:30:00", "test")
	b.pull(Ok)
	if got := b.cursor("pull"); !got.Equal(at("10:00:00")) {
		t.Errorf("cursor %s: b would never be read", got)
	}
	delete(b.given, "since")
	b.pull(Ok)
	wantLines(t, "objects", b.lib.names(), []string{"events Item a", "events Item b", "events Item c"})
}
