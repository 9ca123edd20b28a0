package statetest

import (
	"fmt"
	"slices"
	"testing"

	"tqmap/engine"
)

// holding is an entry with content.
func holding(key, content string) engine.Entry {
	e := entry(key, "1", 0)
	e.Content = []byte(content)
	return e
}

func contents(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	given := []engine.Entry{
		holding("a", `{"b": 1,  "a": 12345678901234567890}`), holding("b", "{\"\":\"\\u0000 \x00\xff é '?1\"}"), entry("c", "1", 1),
	}
	commit(t, s, "alerts", engine.Commit{Entries: append(slices.Clone(given), holding("empty", ""))})
	commit(t, s, "others", engine.Commit{Entries: []engine.Entry{holding("a", "another flow's")}})
	want := append(slices.Clone(given), entry("empty", "1", 0))
	if got := through(t, s, "alerts", "", ""); !slices.EqualFunc(got, want, same) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
	for key, e := range ledger(t, s, "alerts", "a", "b", "c", "empty") {
		if n := slices.IndexFunc(want, func(w engine.Entry) bool { return w.Key == key }); !same(e, want[n]) {
			t.Errorf("%s: got %v, want %v", key, e, want[n])
		}
	}
	// It is replaced with the entry, also by none.
	commit(t, s, "alerts", engine.Commit{Entries: []engine.Entry{holding("b", "2"), entry("a", "2", 2)}})
	got := ledger(t, s, "alerts", "a", "b")
	if !same(got["a"], entry("a", "2", 2)) || !same(got["b"], holding("b", "2")) {
		t.Errorf("replaced, they are %v", got)
	}
	// What was given or returned is the caller's.
	mine := holding("mine", "before")
	commit(t, s, "alerts", engine.Commit{Entries: []engine.Entry{mine}})
	copy(mine.Content, "after!")
	for range 2 {
		e := ledger(t, s, "alerts", "mine")["mine"]
		if string(e.Content) != "before" {
			t.Fatalf("a content became %q", e.Content)
		}
		copy(e.Content, "after!")
		for _, e := range through(t, s, "alerts", "", "") {
			copy(e.Content, "after!")
		}
	}
}

func keysOf(entries []engine.Entry) (keys []string) {
	for _, e := range entries {
		keys = append(keys, e.Key)
	}
	return keys
}

func wantKeys(t *testing.T, s engine.State, flow string, want ...string) {
	t.Helper()
	if got := keysOf(through(t, s, flow, "", "")); !slices.Equal(got, want) {
		t.Errorf("the ledger of %s holds %q, want %q", flow, got, want)
	}
}

func forgotten(t *testing.T, open func(*testing.T) engine.State) {
	s, other := open(t), open(t)
	keys := []string{"", "a", "b", "c\x00'?", "d"}
	var c engine.Commit
	for _, k := range keys {
		c.Entries = append(c.Entries, holding(k, "content"))
	}
	device := engine.Entry{EntryKey: engine.EntryKey{Rule: "device", Key: "a"}, Hash: "1"}
	c.Entries = append(c.Entries, device)
	commit(t, s, "alerts", c)
	commit(t, s, "others", c)
	commit(t, other, "alerts", c)

	commit(t, s, "alerts", engine.Commit{Forgotten: []engine.EntryKey{alert("a"), alert("c\x00'?"), alert(""), alert("a"), alert("never there")}})
	wantKeys(t, s, "alerts", "a", "b", "d") // a is the device's
	got := ledger(t, s, "alerts", keys...)
	if len(got) != 2 || !same(got["b"], holding("b", "content")) || !same(got["d"], holding("d", "content")) {
		t.Errorf("left are %v", got)
	}
	wantKeys(t, s, "others", append([]string{"a"}, keys...)...)
	wantKeys(t, other, "alerts", append([]string{"a"}, keys...)...)
	commit(t, s, "alerts", engine.Commit{Forgotten: []engine.EntryKey{device.EntryKey, alert("b")}, Checkpoint: at(noon, "b")})
	wantKeys(t, s, "alerts", "d")
	expect(t, s, "alerts", *at(noon, "b"))
	commit(t, s, "new", engine.Commit{Forgotten: []engine.EntryKey{alert("a")}})
	wantKeys(t, s, "new")

	// What was forgotten may come again, and be forgotten again.
	commit(t, s, "alerts", engine.Commit{Entries: []engine.Entry{entry("a", "2", 2)}})
	wantKeys(t, s, "alerts", "a", "d")
	if got := ledger(t, s, "alerts", "a"); !same(got["a"], entry("a", "2", 2)) {
		t.Errorf("come again, it is %v", got)
	}
	commit(t, s, "alerts", engine.Commit{Forgotten: []engine.EntryKey{alert("a")}})
	wantKeys(t, s, "alerts", "d")
}

func forgottenAndStored(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	both := engine.Commit{
		Entries:   []engine.Entry{holding("there", "new"), holding("not there", "new")},
		Forgotten: []engine.EntryKey{alert("there"), alert("not there"), alert("gone")},
	}
	commit(t, s, "alerts", engine.Commit{Entries: []engine.Entry{holding("there", "old"), entry("gone", "1", 1)}})
	for range 2 {
		commit(t, s, "alerts", both)
		wantKeys(t, s, "alerts", "not there", "there")
		if got := ledger(t, s, "alerts", "there", "gone"); len(got) != 1 || !same(got["there"], both.Entries[0]) {
			t.Errorf("got %v", got)
		}
	}
}

func forgottenMany(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	var stored, gone engine.Commit
	for i := range 2500 {
		stored.Entries = append(stored.Entries, holding(fmt.Sprintf("%04d", i), "content"))
		if i%5 != 0 {
			gone.Forgotten = append(gone.Forgotten, alert(fmt.Sprintf("%04d", i)))
		}
	}
	commit(t, s, "alerts", stored)
	commit(t, s, "alerts", gone)
	left := through(t, s, "alerts", "", "")
	if len(left) != 500 || left[499].Key != "2495" {
		t.Errorf("%d are left, want 500", len(left))
	}
}

// forgottenMeanwhile: yield forgets what it has just seen and what lies behind. All that it
// has not forgotten comes, in order and once.
func forgottenMeanwhile(t *testing.T, open func(*testing.T) engine.State) {
	for _, at := range []struct {
		name   string
		commit int // entries forgotten at once
		ahead  int // how far ahead one more is forgotten
	}{{"each by itself", 1, 0}, {"some", 300, 0}, {"one ahead, too", 7, 3}, {"one far ahead, too", 500, 1700}} {
		t.Run(at.name, func(t *testing.T) {
			s := open(t)
			n := 2200
			if at.commit == 1 {
				n = 1050 // more than is read at once
			}
			var c engine.Commit
			for i := range n {
				c.Entries = append(c.Entries, entry(fmt.Sprintf("%05d", i), "1", 0))
			}
			commit(t, s, "alerts", c)
			var seen []string
			gone := map[string]bool{}
			var pending []engine.EntryKey
			err := s.Entries(t.Context(), "alerts", "", "", func(e engine.Entry) error {
				seen = append(seen, e.Key)
				if pending = append(pending, e.EntryKey); len(pending) < at.commit {
					return nil
				}
				if i := len(seen) + at.ahead; at.ahead > 0 && i < n {
					pending = append(pending, c.Entries[i].EntryKey)
					gone[c.Entries[i].Key] = true
				}
				defer func() { pending = nil }()
				return s.Commit(t.Context(), "alerts", engine.Commit{Forgotten: pending})
			})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != len(seen) {
				t.Error("they did not come in order, or not once")
			}
			for _, e := range c.Entries {
				if _, found := slices.BinarySearch(seen, e.Key); !found && !gone[e.Key] {
					t.Errorf("%s was left out", e.Key)
				}
			}
			commit(t, s, "alerts", engine.Commit{Forgotten: pending})
			wantKeys(t, s, "alerts")
		})
	}
}
