package statetest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"tqmap/engine"
)

var noon = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func at(cursor time.Time, keys ...string) *engine.Checkpoint {
	c := engine.Checkpoint{Cursor: cursor, Boundary: make(map[string]string)}
	for _, k := range keys {
		c.Boundary[k] = "hash of " + k
	}
	return &c
}

func expect(t *testing.T, s engine.State, flow string, want engine.Checkpoint) {
	t.Helper()
	got, err := s.Checkpoint(t.Context(), flow)
	if err != nil {
		t.Fatalf("read the checkpoint: %v", err)
	}
	if !got.Cursor.Equal(want.Cursor) || !maps.Equal(got.Boundary, want.Boundary) || got.Token != want.Token || !slices.Equal(got.Done, want.Done) {
		t.Errorf("checkpoint of %q\n got %v\nwant %v", flow, got, want)
	}
}

func neverRan(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	expect(t, s, "alerts", engine.Checkpoint{})
	if got := ledger(t, s, "alerts", "a"); len(got) != 0 {
		t.Errorf("ledger holds %v", got)
	}
	if got := ledger(t, s, "alerts"); len(got) != 0 {
		t.Errorf("no keys found %v", got)
	}
}

func sameInstant(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	for name, cursor := range map[string]time.Time{
		"nanoseconds":     noon.Add(123456789),
		"one nanosecond":  noon.Add(1),
		"whole seconds":   noon,
		"half past seven": time.Date(2024, 1, 1, 7, 30, 0, 500, time.FixedZone("", 7*3600+1800)),
		"west":            time.Date(2024, 1, 1, 23, 0, 0, 0, time.FixedZone("", -9*3600)),
		"long ago":        time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC),
		"before 1970":     time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC),
		"far ahead":       time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
	} {
		commit(t, s, name, engine.Commit{Checkpoint: at(cursor, "x")})
		expect(t, s, name, *at(cursor, "x"))
		if got, _ := s.Checkpoint(t.Context(), name); got.Cursor.Location() != time.UTC {
			t.Errorf("%s: the cursor is in %v, want UTC", name, got.Cursor.Location())
		}
	}
}

// threeRuns is the state after each of three runs: five records, a second
// batch that moves on, and nothing new.
func threeRuns(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	first, second := at(noon.Add(3*time.Second), "c", "d", "e"), at(noon.Add(4*time.Second), "g")
	for _, run := range []struct {
		commit engine.Commit
		want   engine.Checkpoint
	}{
		{engine.Commit{Checkpoint: first}, *first},
		{engine.Commit{Checkpoint: second}, *second},
		{engine.Commit{}, *second},
		{engine.Commit{Checkpoint: at(second.Cursor)}, engine.Checkpoint{Cursor: second.Cursor}},
	} {
		commit(t, s, "alerts", run.commit)
		expect(t, s, "alerts", run.want)
	}
}

func emptyCommit(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	commit(t, s, "alerts", engine.Commit{})
	expect(t, s, "alerts", engine.Checkpoint{})
	commit(t, s, "alerts", engine.Commit{Checkpoint: at(noon, "a"), Entries: []engine.Entry{entry("a", "1", 7)}})
	commit(t, s, "alerts", engine.Commit{})
	expect(t, s, "alerts", *at(noon, "a"))
	if got := ledger(t, s, "alerts", "a"); !same(got["a"], entry("a", "1", 7)) {
		t.Errorf("ledger holds %v", got)
	}
}

func moveBack(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	commit(t, s, "alerts", engine.Commit{Checkpoint: at(noon, "a")})
	commit(t, s, "alerts", engine.Commit{Checkpoint: at(noon.Add(-time.Hour))})
	expect(t, s, "alerts", *at(noon.Add(-time.Hour)))
}

func noCursor(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	commit(t, s, "alerts", engine.Commit{Checkpoint: &engine.Checkpoint{}})
	expect(t, s, "alerts", engine.Checkpoint{})
	commit(t, s, "alerts", engine.Commit{Checkpoint: at(noon, "a")})
	if err := s.Commit(t.Context(), "alerts", engine.Commit{Checkpoint: &engine.Checkpoint{}}); err == nil {
		t.Error("the cursor was given up without an error")
	}
	expect(t, s, "alerts", *at(noon, "a"))
}

// everything is a commit that changes all there is to change, after before.
func everything(t *testing.T, s engine.State, cursor time.Time) engine.Commit {
	t.Helper()
	commit(t, s, "alerts", engine.Commit{
		Checkpoint: at(noon, "a"),
		Entries:    []engine.Entry{entry("a", "1", 1)},
		Dead:       []engine.DeadLetter{{Key: "old", Reason: "refused", At: noon}},
	})
	return engine.Commit{
		Checkpoint: &engine.Checkpoint{Cursor: cursor, Boundary: map[string]string{"b": "2"}},
		Entries:    []engine.Entry{entry("a", "2", 2), entry("b", "2", 2)},
		Dead:       []engine.DeadLetter{{Key: "new", Reason: "refused", At: noon}},
		Revived:    []string{"old"},
	}
}

func unchanged(t *testing.T, s engine.State) {
	t.Helper()
	expect(t, s, "alerts", *at(noon, "a"))
	got := ledger(t, s, "alerts", "a", "b")
	if len(got) != 1 || !same(got["a"], entry("a", "1", 1)) {
		t.Errorf("ledger holds %v", got)
	}
	if _, ok := s.(graveyard); ok {
		wantDead(t, s, "old")
	}
}

func failedCommit(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	if err := s.Commit(t.Context(), "alerts", everything(t, s, time.Time{})); err == nil {
		t.Fatal("a commit without cursor succeeded")
	}
	unchanged(t, s)
}

func cancelledCommit(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	c := everything(t, s, noon.Add(time.Hour))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Commit(ctx, "alerts", c); err == nil {
		t.Fatal("a cancelled commit succeeded")
	}
	unchanged(t, s)
}

func notShared(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	given := at(noon, "a")
	commit(t, s, "alerts", engine.Commit{Checkpoint: given})
	given.Boundary["b"] = "added by the caller"
	expect(t, s, "alerts", *at(noon, "a"))
	got, err := s.Checkpoint(t.Context(), "alerts")
	if err != nil {
		t.Fatal(err)
	}
	got.Boundary["c"] = "added by a reader"
	expect(t, s, "alerts", *at(noon, "a"))
}

func concurrent(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	var all sync.WaitGroup
	keys := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	for _, k := range keys {
		all.Go(func() {
			if err := s.Commit(t.Context(), "alerts", engine.Commit{Checkpoint: at(noon, k), Entries: []engine.Entry{entry(k, k, 1)}}); err != nil {
				t.Errorf("commit of %s: %v", k, err)
			}
			if c, err := s.Checkpoint(t.Context(), "alerts"); err != nil || len(c.Boundary) != 1 {
				t.Errorf("read %v, %v; want one record on the boundary", c, err)
			}
		})
	}
	all.Wait()
	if got := ledger(t, s, "alerts", keys...); len(got) != len(keys) {
		t.Errorf("ledger holds %d entries, want %d", len(got), len(keys))
	}
}
