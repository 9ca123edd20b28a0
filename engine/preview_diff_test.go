package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// compared previews the flow and compares what comes out with the library, as lines.
func compared(t *testing.T, b *bench) []string {
	t.Helper()
	b.dry = true
	r := b.newRun()
	r.State = &memory{}
	f := r.Bound.Flow("pull")
	var records []Mapped
	if err := r.Preview(context.Background(), f, func(m Mapped) bool { records = append(records, m); return true }); err != nil {
		t.Fatal(err)
	}
	r = b.newRun()
	r.State = &memory{}
	found, err := r.Compare(context.Background(), f, records)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i := range records {
		for j := range records[i].Objects {
			o := &records[i].Objects[j]
			d, ok := found.Of(o)
			if !ok {
				t.Fatalf("%s %q was not compared", o.Rule.ID(), o.Name)
			}
			if (d.ID == 0) != (d.Op == "+") {
				t.Errorf("%s %q has the id %d", d.Op, o.Name, d.ID)
			}
			out = append(out, fmt.Sprintf("%s %s %s", d.Op, o.Rule.Type, o.Name))
			for _, c := range d.Changes {
				out = append(out, "  "+c.String())
			}
			if d.Note != "" {
				out = append(out, "  "+d.Note)
			}
		}
	}
	b.dry = false
	return out
}

// What ThreatQ holds decides, whoever has written it: the ledger is not asked.
func TestCompare(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00", "score", 5, "hosts", []any{"one.example"})
	wantLines(t, "an empty ThreatQ", compared(t, b), []string{"+ event Item a", "+ indicator one.example"})
	b.run("pull")
	wantLines(t, "after a run", compared(t, b), []string{"= event Item a", "= indicator one.example"})

	b.feed.byID("a")["score"] = 7
	b.feed.byID("a")["hosts"] = []any{"one.example", "two.example"}
	b.feed.item("b", "09:00:00", "11:00:00", "hosts", []any{"two.example"})
	writes := len(b.lib.writes())
	want := []string{
		"~ event Item a", "  ~ Score: 5 -> 7", `  + related indicators "two.example" (FQDN), new`, "= indicator one.example", "+ indicator two.example",
		"+ event Item b", "+ indicator two.example",
	}
	wantLines(t, "after changes of the source", compared(t, b), want)
	if n := len(b.lib.writes()); n != writes {
		t.Errorf("%d writes", n-writes)
	}

	b.lib.setType("Item a", "DONE") // an analyst
	b.feed.byID("a")["state"] = "ST_WORK"
	got := compared(t, b)
	wantLines(t, "where both have chosen", got[:4], []string{want[0], want[1], want[2], `  both sides changed type: ThreatQ stands for "Done", the source says "Work"; ThreatQ's choice will be sent`})
}

// What cannot be delivered is told, and a ThreatQ that cannot be asked is an error.
func TestCompareFails(t *testing.T) {
	b := newBench(t)
	b.feed.item("a", "09:00:00", "10:00:00")
	b.dry = true
	r := b.newRun()
	var records []Mapped
	if err := r.PreviewRecords(r.Bound.Flow("pull"), []any{map[string]any(b.feed.items[0])}, func(m Mapped) bool { records = append(records, m); return true }); err != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	b.lib.before = func(int, string) error { return errCrash }
	if _, err := r.Compare(context.Background(), r.Bound.Flow("pull"), records); !errors.Is(err, errCrash) {
		t.Errorf("error %v", err)
	}
}
