package examples_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tqmap/engine"
	"tqmap/examples/threatq"
)

// itemRow is a fault of an export and all that it does. A field that is not set is what stands behind
// its name here.
type itemRow struct {
	group, name string
	news        string // what changed in ThreatQ since a first run: all is new
	at          string // requests that meet the fault, by their beginning
	from        int    // the first of them that does: 1
	times       int    // how many do: all
	do          func(*shot)
	library     string // fault switch of ThreatQ: none
	full        int    // the state takes one commit less than that: all
	client      string // attributes and blocks of the client: none
	sink        string // those of the sink: none
	outcomes    string // what the sink reads of answers: itemOutcome
	collections string // `["Blocked"]`
	lost        string // what the target lost by itself before the fault: nothing
	repair      func(*itemTrial)

	outcome  engine.Outcome
	requests int // that met the fault
	waits    []time.Duration
	target   string // what it has then
	ledger   string // what is known to be there; "?": may be
	dead     string
	next     string   // what the next run sends
	keeps    string   // what the target has in the end beside the source: nothing
	says     []string // parts of the error, notes or log
}

// Every fault does what its row says; after the run that follows, the target is equal to the source, and the
// one after that sends nothing.
func TestItemFaultMatrix(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range itemFaultRows() {
		name := fmt.Sprintf("%s/%s", row.group, row.name)
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tryItemFault(t, &row)
		})
	}
}

func tryItemFault(t *testing.T, row *itemRow) {
	tr := newItemTrial(t, row)
	tr.prepare()
	tr.goBad(true)
	f := tr.push()
	tr.goBad(false)
	tr.library.ClearFaults()
	told := f.Error + strings.Join(f.Notes, "\n")
	tr.mu.Lock()
	met, waits := tr.met, slept(tr.waits, row.waits)
	tr.mu.Unlock()
	same(t, "outcome", string(outcomeOf(f)), string(row.outcome))
	same(t, "requests", met, row.requests)
	same(t, "waits", waits, waitsText(row.waits))
	same(t, "target", tr.shelf(), row.target)
	same(t, "ledger", tr.ledger(), row.ledger)
	same(t, "dead", tr.dead(), row.dead)
	for _, part := range row.says {
		if !strings.Contains(told, part) && !strings.Contains(tr.log.String(), part) {
			t.Errorf("nobody says %q, but: %s", part, told)
		}
	}
	if (f.Error == "") != (row.outcome != engine.Failed) {
		t.Errorf("%s with error %q", row.outcome, f.Error)
	}
	tr.recovers()
	if t.Failed() {
		t.Logf("error: %s\nnotes: %q\n%s", f.Error, f.Notes, tr.log)
	}
}

func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s %v, want %v", what, got, want)
	}
}

// prepare brings about what is there before the fault.
func (tr *itemTrial) prepare() {
	tr.t.Helper()
	if tr.row.news != "" || tr.row.lost != "" {
		if f := tr.push(); f.Err != nil || f.Created != 6 {
			tr.t.Fatalf("the first run: %+v", f)
		}
		for _, what := range strings.Fields(tr.row.news) {
			if what == "run" {
				tr.push()
				continue
			}
			tr.change(what)
		}
		tr.mu.Lock()
		delete(tr.items, tr.row.lost)
		tr.mu.Unlock()
	}
	if tr.row.library != "" {
		f, err := threatq.ParseFault(tr.row.library)
		if err != nil {
			tr.t.Fatal(err)
		}
		tr.library.Inject(f)
	}
	tr.changes()
	tr.mu.Lock()
	tr.waits = nil
	tr.mu.Unlock()
}

func (tr *itemTrial) goBad(bad bool) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.faulty = bad
}

// recovers runs twice without the fault: everything is as it should be, then nothing is to do.
func (tr *itemTrial) recovers() {
	tr.t.Helper()
	if tr.row.repair != nil {
		tr.row.repair(tr)
	}
	tr.changes()
	again := tr.push
	if tr.row.dead != "" {
		again = tr.retry
	}
	if f := again(); outcomeOf(f) != engine.Ok {
		tr.t.Errorf("the run after it is %s: %s %v", outcomeOf(f), f.Error, f.Notes)
	}
	same(tr.t, "next", tr.changes(), tr.row.next)
	want := tr.source(strings.Fields(tr.row.keeps)...)
	same(tr.t, "target in the end", tr.shelf(), want)
	if f := tr.push(); outcomeOf(f) != engine.Ok {
		tr.t.Errorf("the third run is %s: %s %v", outcomeOf(f), f.Error, f.Notes)
	}
	same(tr.t, "the third run sends", tr.changes(), "")
	same(tr.t, "target after the third run", tr.shelf(), want)
	same(tr.t, "dead letters in the end", tr.dead(), "")
}

const itemFaultIntro = `
# Exports

The same for a sink with items: a ThreatQ with a data collection of six indicators, r1 to r6, read three at a time, and
a target over HTTP that takes three at once. What it has by a name stays as it is until it is updated by its id.

What an operator can rely on:

- After every row, once the fault is over, the next run makes the target equal to ThreatQ, and the run after that sends
  nothing. For an item that the target refuses, that next run is ` + "`" + `tqmap deadletter retry` + "`" + `; without it, the item is not
  sent again until it changes.
- Only what is known to be at the target is not sent again. Where an answer is lost, the ledger has an item in doubt
  ("?") or not at all, and the next run brings it up to date.
- Nothing is taken back from the target that ThreatQ still has, nor after a run that did not see the whole collection.
- A refusal costs the refused item, not the others of its batch.

Columns: *news* is what changed in ThreatQ since a first run without a fault (~ changed, - deleted, + came back, *run* a
run between), all six are new where it is empty; *requests* are those that met the fault; *target*, *ledger* and *dead*
are what is there after the run, "=2" with its change; *next run* is what the next run sends.
`

func itemFaultPage() string {
	var b strings.Builder
	b.WriteString(itemFaultIntro)
	group := ""
	for _, r := range itemFaultRows() {
		if r.group != group {
			group = r.group
			fmt.Fprintf(&b, "\n## %s\n\n| fault | news | setting | requests | waits | outcome | target | ledger | dead | next run | it says |\n", group)
			b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | **%s** | %s | %s | %s | %s | %s |\n", r.name, r.news, r.setting(), number(r.requests),
			waitsText(r.waits), r.outcome, dash(r.target), dash(r.ledger), dash(r.dead), dash(r.next), cell(strings.Join(r.says, " … ")))
	}
	return b.String()
}

func dash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// setting is what the row's mapping says beside the rest.
func (r *itemRow) setting() string {
	text := strings.Join(strings.Fields(r.client+" "+r.sink+" "+r.outcomes), " ")
	if r.collections != "" {
		text = strings.TrimSpace("collections = " + r.collections + " " + text)
	}
	if text == "" {
		return ""
	}
	return "`" + cell(text) + "`"
}
