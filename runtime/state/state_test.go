package state_test

import (
	"strconv"
	"testing"
	"time"

	"tqmap/engine"
	"tqmap/runtime/state"
	"tqmap/runtime/state/statetest"
)

func open(t *testing.T, dir string, options ...state.Option) *state.Store {
	t.Helper()
	s, err := state.Open(t.Context(), dir, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func openDatabase(t *testing.T, address string) *state.Store {
	t.Helper()
	s, err := state.OpenDatabase(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *state.Store{
		"sqlite":   func(t *testing.T) *state.Store { return open(t, t.TempDir()) },
		"postgres": func(t *testing.T) *state.Store { return openDatabase(t, statetest.Postgres(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			s, n := open(t), 0
			statetest.Run(t, func(*testing.T) engine.State {
				n++
				return s.Instance(strconv.Itoa(n))
			})
		})
		t.Run("shared "+name, func(t *testing.T) {
			s, n := open(t), 0
			statetest.Run(t, func(t *testing.T) engine.State {
				n++
				i, err := s.Share(t.Context(), strconv.Itoa(n))
				if err != nil {
					t.Fatal(err)
				}
				return i
			})
		})
		t.Run("locked "+name, func(t *testing.T) {
			s, n := open(t), 0
			statetest.Run(t, func(t *testing.T) engine.State {
				n++
				l, err := s.Lock(t.Context(), strconv.Itoa(n), state.Owner{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := l.Release(); err != nil {
						t.Error(err)
					}
				})
				return l.Instance()
			})
		})
	}
	t.Run("memory", func(t *testing.T) {
		statetest.Run(t, func(*testing.T) engine.State { return state.NewMemory() })
	})
	t.Run("overlay", func(t *testing.T) {
		s, n := open(t, t.TempDir()), 0
		statetest.Run(t, func(*testing.T) engine.State {
			n++
			return state.NewOverlay(s.Instance(strconv.Itoa(n)))
		})
		if flows, err := s.Flows(t.Context()); err != nil || len(flows) != 0 {
			t.Errorf("the overlays wrote to their base: %v, %v", flows, err)
		}
	})
}

func TestOverlayReadsThroughAndKeepsToItself(t *testing.T) {
	ctx, noon := t.Context(), time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	key := func(k string) engine.EntryKey { return engine.EntryKey{Rule: "event.alert", Key: k} }
	base := open(t, t.TempDir()).Instance("x")
	err := base.Commit(ctx, "alerts", engine.Commit{
		Checkpoint: &engine.Checkpoint{Cursor: noon, Boundary: map[string]string{"a": "1"}},
		Entries:    []engine.Entry{{EntryKey: key("a"), Hash: "base", RemoteID: 1}, {EntryKey: key("b"), Hash: "base", RemoteID: 2}},
		Dead:       []engine.DeadLetter{{Key: "d", Reason: "refused", At: noon}},
	})
	if err != nil {
		t.Fatal(err)
	}
	over := state.NewOverlay(base)
	if at, err := over.Checkpoint(ctx, "alerts"); err != nil || !at.Cursor.Equal(noon) || at.Boundary["a"] != "1" {
		t.Errorf("read through: %v, %v", at, err)
	}
	if err := over.Commit(ctx, "alerts", engine.Commit{Checkpoint: &engine.Checkpoint{}}); err == nil {
		t.Error("the cursor of the base was given up")
	}
	err = over.Commit(ctx, "alerts", engine.Commit{
		Checkpoint: &engine.Checkpoint{Cursor: noon.Add(time.Hour)},
		Entries:    []engine.Entry{{EntryKey: key("b"), Hash: "own", RemoteID: 2}, {EntryKey: key("c"), Hash: "own"}},
		Revived:    []string{"d"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		state  engine.State
		hashes map[string]string
		cursor time.Time
	}{
		{over, map[string]string{"a": "base", "b": "own", "c": "own", "d": ""}, noon.Add(time.Hour)},
		{base, map[string]string{"a": "base", "b": "base", "c": "", "d": ""}, noon},
	} {
		got, err := c.state.Ledger(ctx, "alerts", []engine.EntryKey{key("a"), key("b"), key("c"), key("d")})
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range c.hashes {
			if got[key(k)].Hash != want {
				t.Errorf("%T: %s is %q, want %q", c.state, k, got[key(k)].Hash, want)
			}
		}
		if at, err := c.state.Checkpoint(ctx, "alerts"); err != nil || !at.Cursor.Equal(c.cursor) {
			t.Errorf("%T: %v, %v; want %v", c.state, at, err, c.cursor)
		}
	}
	if left, err := base.DeadLetters(ctx, state.Filter{}); err != nil || len(left) != 1 {
		t.Errorf("dead letters of the base: %v, %v; want 1", left, err)
	}
}
