package examples_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine"
	"tqmap/examples/threatq"
)

// faultRow is a fault and all that it does. A field that is not set is what stands
// behind its name here.
type faultRow struct {
	group, name string
	page        int           // where it is met: 1
	onward      bool          // and at all pages after
	times       int           // how many requests for that page meet it: all
	client      string        // attributes and blocks of the client: none
	source      string        // blocks of the source: none
	extract     string        // jq: .items[]
	do          func(*hit)    // what the API does: nothing unusual
	refused     bool          // nothing listens
	library     string        // fault switch of ThreatQ: none
	patience    time.Duration // timeout of the client of ThreatQ
	full        bool          // the state cannot be written, from page on

	outcome  engine.Outcome
	requests int // for the page of the fault
	waits    []time.Duration
	left     left
	says     []string // parts of the error, notes or log
	logins   int
}

// backOff stands for a wait that we choose.
const backOff = -1

var (
	thrice    = []time.Duration{backOff, backOff, backOff}
	untouched = left{}
	page1     = left{cursor: 2, delivered: 2, ledger: 2}
	all       = left{cursor: 6, delivered: 6, ledger: 6}
)

// Every fault does what its row says, and the run after it brings everything, once.
func TestFaultMatrix(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range faultRows() {
		name := fmt.Sprintf("%s/%s, page %d", row.group, row.name, row.page)
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tryFault(t, &row)
		})
	}
}

func tryFault(t *testing.T, row *faultRow) {
	tr := newTrial(t, row)
	if row.library != "" {
		f, err := threatq.ParseFault(row.library)
		if err != nil {
			t.Fatal(err)
		}
		tr.library.Inject(f)
	}
	f := tr.pull()
	tr.library.ClearFaults()
	if got := outcomeOf(f); got != row.outcome {
		t.Errorf("outcome %s, want %s", got, row.outcome)
	}
	if got := tr.left(); got != row.left {
		t.Errorf("left %+v, want %+v", got, row.left)
	}
	tr.mu.Lock()
	met, waits, logins := tr.met, slept(tr.waits, row.waits), tr.logins
	tr.mu.Unlock()
	if row.do != nil && met != row.requests {
		t.Errorf("%d requests, want %d", met, row.requests)
	}
	if want := waitsText(row.waits); waits != want {
		t.Errorf("waits %q, want %q", waits, want)
	}
	if row.logins != 0 && logins != row.logins {
		t.Errorf("%d logins, want %d", logins, row.logins)
	}
	told := f.Error + strings.Join(f.Notes, "\n")
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

// recovers runs twice without the fault: everything is there once, then nothing is to do.
func (tr *trial) recovers() {
	tr.t.Helper()
	tr.mu.Lock()
	tr.healthy = true
	tr.mu.Unlock()
	if tr.row.refused {
		tr.open()
	}
	again := tr.pull
	if tr.row.left.dead > 0 {
		again = tr.retry
	}
	if f := again(); outcomeOf(f) != engine.Ok {
		tr.t.Errorf("the run after it is %s: %s", outcomeOf(f), f.Error)
	}
	titles := tr.titles()
	slices.Sort(titles)
	if d := cmp.Diff([]string{"r1", "r2", "r3", "r4", "r5", "r6"}, titles); d != "" {
		tr.t.Errorf("after the second run:\n%s", d)
	}
	if got := tr.left(); got != all {
		tr.t.Errorf("after the second run %+v, want %+v", got, all)
	}
	if f := tr.pull(); f.Created+f.Updated > 0 || outcomeOf(f) != engine.Ok {
		tr.t.Errorf("the third run changes something: %+v", f)
	}
	if tr.strays > 0 {
		tr.t.Errorf("%d requests reached another host", tr.strays)
	}
}

func outcomeOf(f *engine.FlowReport) engine.Outcome {
	switch {
	case f.Err != nil:
		return engine.Failed
	case f.Dead > 0 || f.Failed > 0 || len(f.Notes) > 0:
		return engine.Partial
	}
	return engine.Ok
}

func waitsText(waits []time.Duration) string {
	var out []string
	for _, d := range waits {
		if d == backOff {
			out = append(out, "back-off")
			continue
		}
		out = append(out, d.String())
	}
	return strings.Join(out, ", ")
}

const faultIntro = `# What happens when something goes wrong

Written by ` + "`go test ./examples -run FaultPage -update`" + ` from the tables that the same tests try: each row is a run of
the whole engine over TCP against an API of three pages with two records each, with a state on disk and a ThreatQ that
has the fault. Where no setting is named, the mapping has the defaults. Exports have a [table of their own](#exports).

What an operator can rely on:

- After every row the next run without the fault brings all six records into ThreatQ, each exactly once, and the run
  after that has nothing to do.
- A record that ThreatQ refuses is a dead letter; for it, that next run is ` + "`" + `tqmap deadletter retry` + "`" + `.
- A run that did not read everything is **failed**, and one in which ThreatQ refused a record is **partial**; never **ok**,
  unless the mapping itself takes the answer for a good one: a rule that skips it, or an ` + "`" + `extract` + "`" + ` with ` + "`" + `?` + "`" + `. Even then
  the cursor stays, and the next run asks again.
- The cursor stands behind the last page that was delivered and written down, never behind one that was not. (This
  flow is ` + "`order = \"ascending\"`" + `; without it, the cursor moves at the end of a window.)
- A credential that is refused is renewed once where it can be, and never tried again otherwise. No other host than the
  declared one is called.
- Waits are bounded: a server that asks for more than ` + "`max_wait`" + ` ends the run, which says so.

Columns: *page* is where the fault is met; *requests* are those for that page; *cursor* is the record at which it
stands; *ThreatQ*, *ledger* and *dead* count events, entries and dead letters after the run. "…" in a message leaves
something out.
`

func faultPage() string {
	var b strings.Builder
	b.WriteString(faultIntro)
	group := ""
	for _, r := range faultRows() {
		if r.group != group {
			group = r.group
			fmt.Fprintf(&b, "\n## %s\n\n| fault | page | setting | requests | waits | outcome | cursor | ThreatQ | ledger | dead | it says |\n", group)
			b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | **%s** | %s | %d | %d | %d | %s |\n", r.name, r.page, r.setting(), number(r.requests),
			waitsText(r.waits), r.outcome, number(r.left.cursor), r.left.delivered, r.left.ledger, r.left.dead, cell(strings.Join(r.says, " … ")))
	}
	b.WriteString(itemFaultPage())
	return b.String()
}

func number(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

func (r *faultRow) setting() string {
	text := strings.TrimSpace(r.client + " " + r.source)
	if r.extract != "" {
		text += " extract = jq(\"" + r.extract + "\")"
	}
	if text = strings.Join(strings.Fields(text), " "); text == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(text, "|", `\|`) + "`"
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// FAULTS.md has the tables of TestFaultMatrix and TestItemFaultMatrix.
func TestFaultPage(t *testing.T) {
	got := faultPage()
	if *update {
		if err := os.WriteFile("FAULTS.md", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("FAULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("FAULTS.md is not that of the table; write it with -update:\n%s", d)
	}
}
