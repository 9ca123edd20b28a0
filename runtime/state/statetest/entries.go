package statetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tqmap/engine"
)

// through collects what Entries yields.
func through(t *testing.T, s engine.State, flow, rule, hash string) (got []engine.Entry) {
	t.Helper()
	if err := s.Entries(t.Context(), flow, rule, hash, func(e engine.Entry) error {
		got = append(got, e)
		return nil
	}); err != nil {
		t.Fatalf("read the ledger through: %v", err)
	}
	return got
}

func readThrough(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	device := engine.Entry{EntryKey: engine.EntryKey{Rule: "device", Key: "z"}, Hash: "1"}
	bytes := entry("\xff\x00", "1", 0)
	commit(t, s, "alerts", engine.Commit{Entries: []engine.Entry{entry("b", "2", 2), bytes, entry("", "1", 3), entry("a", "1", 1), device}})
	commit(t, s, "others", engine.Commit{Entries: []engine.Entry{entry("c", "1", 1)}})
	for _, c := range []struct {
		flow, rule, hash string
		want             []engine.Entry
	}{
		{"alerts", "", "", []engine.Entry{device, entry("", "1", 3), entry("a", "1", 1), entry("b", "2", 2), bytes}},
		{"alerts", "event.alert", "", []engine.Entry{entry("", "1", 3), entry("a", "1", 1), entry("b", "2", 2), bytes}},
		{"alerts", "event.alert", "2", []engine.Entry{entry("b", "2", 2)}},
		{"alerts", "", "1", []engine.Entry{device, entry("", "1", 3), entry("a", "1", 1), bytes}},
		{"alerts", "event", "", nil},
		{"alerts", "event.alert", "3", nil},
		{"none", "", "", nil},
	} {
		if got := through(t, s, c.flow, c.rule, c.hash); !slices.EqualFunc(got, c.want, same) {
			t.Errorf("%q %q %q:\n got %v\nwant %v", c.flow, c.rule, c.hash, got, c.want)
		}
	}
}

// readThroughMany: more than fits a page, changed while it is read.
func readThroughMany(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	const n = 3000
	var c engine.Commit
	for i := range n {
		c.Entries = append(c.Entries, entry(fmt.Sprintf("%04d", i), "open", int64(i)))
	}
	commit(t, s, "alerts", c)
	seen, closed := 0, engine.Commit{}
	err := s.Entries(t.Context(), "alerts", "event.alert", "open", func(e engine.Entry) error {
		if !same(e, c.Entries[seen]) {
			t.Fatalf("entry %d is %v", seen, e)
		}
		seen++
		e.Hash = "closed"
		if closed.Entries = append(closed.Entries, e); seen%300 != 0 {
			return nil
		}
		defer func() { closed.Entries = nil }()
		return s.Commit(t.Context(), "alerts", closed)
	})
	if err != nil || seen != n {
		t.Errorf("%d entries, %v; want %d", seen, err, n)
	}
	if left := through(t, s, "alerts", "", "open"); len(left) != 0 {
		t.Errorf("%d are still open", len(left))
	}
	stop, calls := errors.New("enough"), 0
	err = s.Entries(t.Context(), "alerts", "", "", func(engine.Entry) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%d calls, %v; want to stop at the first", calls, err)
	}
}

// whole is a checkpoint with all it can hold.
func whole() *engine.Checkpoint {
	c := at(noon, "a", "b")
	c.Token = "https://api.example.com/delta?token=\x00\xffé"
	c.Done = []engine.Span{{Start: noon.Add(time.Hour), End: noon.Add(2 * time.Hour)}, {Start: noon.Add(3 * time.Hour), End: noon.Add(3*time.Hour + 1)}}
	return c
}

func oneDocument(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	unsorted := *whole()
	slices.Reverse(unsorted.Done)
	unsorted.Done[0].Start = unsorted.Done[0].Start.In(time.FixedZone("", 3600))
	commit(t, s, "alerts", engine.Commit{Checkpoint: &unsorted})
	expect(t, s, "alerts", *whole())
	unsorted.Done[0] = engine.Span{} // the caller's is not ours
	commit(t, s, "alerts", engine.Commit{Entries: []engine.Entry{entry("a", "1", 1)}})
	expect(t, s, "alerts", *whole())

	next := at(noon.Add(time.Minute))
	commit(t, s, "alerts", engine.Commit{Checkpoint: next})
	expect(t, s, "alerts", *next)
	next = &engine.Checkpoint{Cursor: noon, Token: "second"}
	commit(t, s, "alerts", engine.Commit{Checkpoint: next})
	expect(t, s, "alerts", *next)
	next = &engine.Checkpoint{Cursor: noon, Done: whole().Done[:1]}
	commit(t, s, "alerts", engine.Commit{Checkpoint: next})
	expect(t, s, "alerts", *next)
}

// nothingWipesNothing: what says nothing replaces nothing, wherever a flow stands.
func nothingWipesNothing(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	mark := engine.Checkpoint{Token: "mark"}
	commit(t, s, "marks", engine.Commit{Checkpoint: &mark})
	commit(t, s, "times", engine.Commit{Checkpoint: whole()})
	for _, c := range []struct {
		flow string
		to   engine.Checkpoint
		kept engine.Checkpoint
	}{
		{"marks", engine.Checkpoint{}, mark},
		{"marks", engine.Checkpoint{Boundary: map[string]string{"a": "1"}, Done: whole().Done}, mark},
		{"times", engine.Checkpoint{}, *whole()},
		{"times", mark, *whole()},
	} {
		if err := s.Commit(t.Context(), c.flow, engine.Commit{Checkpoint: &c.to}); err == nil {
			t.Errorf("%s: %+v was accepted", c.flow, c.to)
		}
		expect(t, s, c.flow, c.kept)
	}
	commit(t, s, "marks", engine.Commit{Checkpoint: &engine.Checkpoint{Token: "next"}})
	expect(t, s, "marks", engine.Checkpoint{Token: "next"})
}

func tokens(t *testing.T, open func(*testing.T) engine.State) {
	s, other := open(t), open(t)
	mine, ok := s.(engine.Tokens)
	if !ok {
		t.Skip("this state keeps no tokens")
	}
	want := func(of engine.State, name, value string, version int64) {
		t.Helper()
		got, v, err := of.(engine.Tokens).Token(t.Context(), name)
		if err != nil || got != value || v != version {
			t.Errorf("token %q: %q version %d, %v; want %q version %d", name, got, v, err, value, version)
		}
	}
	set := func(value string, was int64, stale bool) {
		t.Helper()
		if err := mine.SetToken(t.Context(), "refresh", value, was); errors.Is(err, engine.ErrStale) != stale || err != nil && !stale {
			t.Errorf("set %q over version %d: %v; want stale: %v", value, was, err, stale)
		}
	}
	want(s, "refresh", "", 0)
	set("early", 1, true)
	set("first\x00\xff", 0, false)
	want(s, "refresh", "first\x00\xff", 1)
	set("again", 0, true)
	set("second", 1, false)
	set("slow", 1, true)
	want(s, "refresh", "second", 2)
	want(s, "access", "", 0)
	want(other, "refresh", "", 0)
	if err := mine.SetToken(t.Context(), "refresh", "", 2); err == nil {
		t.Error("an empty token was stored")
	}
	want(s, "refresh", "second", 2)
}
