package engine

import (
	"fmt"
	"runtime"
	"testing"

	"tqmap/dsl"
	"tqmap/engine/threatq"
)

// costly is a plain HCL value that takes tens of thousands of allocations to compute
// and comes out as the text "x".
const costly = `(length([for a in split("", join("", [for i in split(",", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20") : "abcdefghijklmnopqrstuvwxyz"])) : upper(lower(a))]) > 0 ? "x" : "y")`

// plainEverywhere puts value wherever a mapping may write a plain value beside those
// of a record.
func plainEverywhere(b *bench, value string) {
	b.edit(
		`"Score"   = expr("item?.score")`, `"Score" = expr("item?.score")
      "Plain" = `+value+`
      "Kept"  = fixed(`+value+`)`,
		`    identity    = "Item ID"`, `    identity    = "Item ID"
    description = `+value+`
    tags        = [`+value+`, expr("item.id")]`,
		`attributes = { "Seen In" = add(expr("item.id")) }`, `attributes = { "Seen In" = add(expr("item.id")), "Plain" = `+value+` }`,
		`size  = 2`, `size  = 1000`,
		`page_size = 2`, `page_size = 1000`,
		`headers = { "X-Reason" = "sync" }`, `headers = { "X-Reason" = `+value+` }`,
		`by = "ThreatQ"`, `by = `+value,
		`      method  = "POST"
`, `      method  = `+value+` == "x" ? "POST" : "PUT"
`,
		`    acknowledge {`, `    on {
      status = `+value+` == "x" ? [409] : [410]
      do     = skip
    }
    acknowledge {`,
		`      attributes = { "State" = expr(`, `      attributes = { "Plain" = `+value+`, "State" = expr(`,
	)
}

// perRecord is how many allocations a run of a flow makes for each record beyond
// those that it makes for a page.
func perRecord(t *testing.T, flow, value string) float64 {
	t.Helper()
	run := func(n int) uint64 {
		b := newBench(t)
		plainEverywhere(b, value)
		for i := range n {
			b.feed.item(fmt.Sprintf("a%d", i), "10:00:00", "11:00:00", "hosts", []any{fmt.Sprintf("h%d.example", i)})
		}
		report := b.pull(Ok)
		if flow == "push" {
			for i := range n {
				b.lib.setType(fmt.Sprintf("Item a%d", i), "WORK")
			}
		}
		r := b.newRun()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		again := r.Report(t.Context(), []*dsl.Flow{r.Bound.Flow(flow)}).Flows[0]
		runtime.ReadMemStats(&after)
		if report.Fetched != n || again.Fetched != n || again.Err != nil {
			t.Fatalf("%d records, then %+v\n%s", report.Fetched, again, b.log)
		}
		return after.Mallocs - before.Mallocs
	}
	const few, many = 20, 60
	return float64(int64(run(many))-int64(run(few))) / (many - few)
}

// HCL is evaluated for a run, a window or a page, never for a record: however much a
// plain value takes, records cost the same.
func TestHCLIsNotEvaluatedForEachRecord(t *testing.T) {
	for _, flow := range []string{"pull", "push"} {
		t.Run(flow, func(t *testing.T) {
			cheap, dear := perRecord(t, flow, `"x"`), perRecord(t, flow, costly)
			if dear > cheap+200 {
				t.Errorf("a record makes %.0f allocations, and %.0f where plain values take much to compute", cheap, dear)
			}
		})
	}
}

// An object is encoded once, for its hash: the ledger compares that, and what did not
// change is not encoded again to be sent.
func TestObjectsAreEncodedOnce(t *testing.T) {
	b := newBench(t)
	b.feed.item("a1", "10:00:00", "11:00:00", "hosts", []any{"a.example", "b.example"})
	b.feed.item("a2", "10:00:00", "11:05:00", "hosts", []any{"b.example"})
	for run, want := range []int{5, 2} { // a host for each mention; then the edge of the window again
		r, report, hashed := b.newRun(), &FlowReport{Name: "pull"}, 0
		p, err := r.begin(t.Context(), r.Bound.Flow("pull"), report)
		if err != nil {
			t.Fatal(err)
		}
		p.mapper.hash = func(o *threatq.Object) string { hashed++; return threatq.Hash(o) }
		if err := p.read(t.Context()); err != nil {
			t.Fatal(err)
		}
		if hashed != want {
			t.Errorf("run %d: %d objects were encoded, want %d", run, hashed, want)
		}
		if wrote := b.lib.writes(); run > 0 && len(wrote) > 0 {
			t.Errorf("nothing has changed, but %v", wrote)
		}
		b.lib.calls = nil
	}
}

type countedJSON struct{ times *int }

func (c countedJSON) MarshalJSON() ([]byte, error) { *c.times++; return []byte(`"x"`), nil }

func TestRecordIsEncodedOnce(t *testing.T) {
	b, times := newBench(t), 0
	m := b.mapper("pull").Map(map[string]any{
		"id": "a1", "state": "ST_OPEN", "created": "2026-03-01T10:00:00Z", "updated": "2026-03-01T10:00:00Z", "hosts": []any{"a.example"}, "big": countedJSON{&times},
	})
	if m.Dead != nil || len(m.Objects) != 2 {
		t.Fatalf("%+v", m)
	}
	for _, g := range group([]*Mapped{&m}) {
		for _, w := range g {
			if hashWanted(w) == "" { // of the event, which is kept in step, the record counts
				t.Error("no hash")
			}
		}
	}
	if times != 1 {
		t.Errorf("the record was encoded %d times", times)
	}
}
