package statetest

import (
	"fmt"
	"testing"

	"tqmap/engine"
)

func ledgerReplaced(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	commit(t, s, "alerts", engine.Commit{Entries: []engine.Entry{entry("a", "1", 10), entry("b", "1", 1<<62)}})
	commit(t, s, "alerts", engine.Commit{Entries: []engine.Entry{entry("a", "2", 0), entry("c", "1", -1), entry("c", "2", 12)}})
	got := ledger(t, s, "alerts", "a", "b", "c", "d", "a")
	for key, want := range map[string]engine.Entry{
		"a": entry("a", "2", 0), "b": entry("b", "1", 1<<62), "c": entry("c", "2", 12),
	} {
		if !same(got[key], want) {
			t.Errorf("%s: got %v, want %v", key, got[key], want)
		}
	}
	if len(got) != 3 {
		t.Errorf("got %d entries, want 3: %v", len(got), got)
	}
	other, err := s.Ledger(t.Context(), "alerts", []engine.EntryKey{{Rule: "indicator.ioc", Key: "a"}})
	if err != nil || len(other) != 0 {
		t.Errorf("another rule has the same key: %v, %v", other, err)
	}
}

func manyKeys(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	const n = 2500
	var c engine.Commit
	var keys []string
	for i := range n {
		key := fmt.Sprintf("record %04d", i)
		keys = append(keys, key)
		if i%2 == 0 {
			c.Entries = append(c.Entries, entry(key, fmt.Sprint(i), int64(i)))
		}
	}
	commit(t, s, "alerts", c)
	got := ledger(t, s, "alerts", keys...)
	if len(got) != n/2 {
		t.Errorf("got %d entries, want %d", len(got), n/2)
	}
	for _, want := range c.Entries {
		if !same(got[want.Key], want) {
			t.Fatalf("%s: got %v, want %v", want.Key, got[want.Key], want)
		}
	}
}

// anyText: keys are the vendor's, and vendors are inventive.
func anyText(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	keys := []string{"", " ", "'", `"`, `\`, "%", "_", "?1", "NULL", "1", "01", "1.0", "a", "A", "é", "e\u0301", "a\x00b", "a\x00c", "\xff\xfe", "\u2028", "x\ny"}
	c := engine.Commit{Checkpoint: at(noon, keys...)}
	for n, k := range keys {
		c.Entries = append(c.Entries, entry(k, k, int64(n)))
	}
	commit(t, s, "alerts '\"?%", c)
	expect(t, s, "alerts '\"?%", *c.Checkpoint)
	got := ledger(t, s, "alerts '\"?%", keys...)
	if len(got) != len(keys) {
		t.Errorf("got %d entries, want %d", len(got), len(keys))
	}
	for n, k := range keys {
		if !same(got[k], entry(k, k, int64(n))) {
			t.Errorf("%q: got %v", k, got[k])
		}
	}
}

func isolatedFlows(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	commit(t, s, "alerts", engine.Commit{Checkpoint: at(noon, "a"), Entries: []engine.Entry{entry("a", "1", 1)}})
	expect(t, s, "Alerts", engine.Checkpoint{})
	if got := ledger(t, s, "Alerts", "a"); len(got) != 0 {
		t.Errorf("another flow sees %v", got)
	}
	commit(t, s, "Alerts", engine.Commit{Checkpoint: at(noon.AddDate(0, 0, 1)), Entries: []engine.Entry{entry("a", "2", 2)}})
	expect(t, s, "alerts", *at(noon, "a"))
	if got := ledger(t, s, "alerts", "a"); !same(got["a"], entry("a", "1", 1)) {
		t.Errorf("another flow changed it to %v", got)
	}
}

func isolatedInstances(t *testing.T, open func(*testing.T) engine.State) {
	one, two := open(t), open(t)
	commit(t, one, "alerts", everything(t, one, noon))
	expect(t, two, "alerts", engine.Checkpoint{})
	if got := ledger(t, two, "alerts", "a", "b"); len(got) != 0 {
		t.Errorf("another instance sees %v", got)
	}
	commit(t, two, "alerts", engine.Commit{Revived: []string{"new"}})
	if _, ok := two.(graveyard); ok {
		wantDead(t, two)
		wantDead(t, one, "new")
	}
}
