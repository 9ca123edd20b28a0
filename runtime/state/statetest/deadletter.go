package statetest

import (
	"slices"
	"testing"
	"time"

	"tqmap/dsl/code"
	"tqmap/engine"
	"tqmap/runtime/state"
)

// wantDead checks the keys of all dead letters, in their order.
func wantDead(t *testing.T, s engine.State, want ...string) {
	t.Helper()
	var got []string
	for _, d := range dead(t, s, state.Filter{}) {
		got = append(got, d.Key)
	}
	if !slices.Equal(got, want) {
		t.Errorf("dead letters: got %q, want %q", got, want)
	}
}

func deadLetters(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	later := noon.Add(time.Hour + 5)
	letter := engine.DeadLetter{Rule: "event.alert", Key: "a", Reason: "no title", Where: "x.hcl:3:5", Input: []byte(`{"id":"a"}`), At: noon}
	again := letter
	again.Reason, again.Where, again.Input, again.At = "status 422", "x.hcl:9:1", []byte(`{"id":"a","n":2}`), later
	again.Code, again.Field, again.Stage = "TQ0801", "title", ". + 1"
	again.Values = []code.Involved{{Name: "alert.x", Kind: "string", Text: `"ü"`}}
	other := letter
	other.Rule = ""

	commit(t, s, "alerts", engine.Commit{Dead: []engine.DeadLetter{letter, other}})
	commit(t, s, "alerts", engine.Commit{Dead: []engine.DeadLetter{again}})
	commit(t, s, "devices", engine.Commit{Dead: []engine.DeadLetter{letter}})

	all := dead(t, s, state.Filter{})
	if len(all) != 3 {
		t.Fatalf("got %d dead letters, want 3: %v", len(all), all)
	}
	got := all[0]
	if got.Flow != "alerts" || got.Reason != again.Reason || got.Where != again.Where || string(got.Input) != string(again.Input) {
		t.Errorf("the letter was not brought up to date: %+v", got)
	}
	if got.Code != again.Code || got.Field != again.Field || got.Stage != again.Stage || len(got.Values) != 1 || got.Values[0] != again.Values[0] || all[1].Code != "" {
		t.Errorf("what failed was not kept: %+v", got)
	}
	if got.Attempts != 2 || !got.First.Equal(noon) || !got.At.Equal(later) {
		t.Errorf("got %d attempts from %v to %v, want 2 from %v to %v", got.Attempts, got.First, got.At, noon, later)
	}
	for _, c := range []struct {
		filter state.Filter
		want   int
	}{
		{state.Filter{Flow: "devices"}, 1},
		{state.Filter{Flow: "alerts"}, 2},
		{state.Filter{Rule: "event.alert"}, 2},
		{state.Filter{Flow: "alerts", Rule: "event.alert"}, 1},
		{state.Filter{Key: "a"}, 3},
		{state.Filter{Key: "b"}, 0},
		{state.Filter{ID: got.ID}, 1},
		{state.Filter{ID: got.ID + 1000}, 0},
		{state.Filter{Limit: 2}, 2},
	} {
		if n := len(dead(t, s, c.filter)); n != c.want {
			t.Errorf("%+v chooses %d, want %d", c.filter, n, c.want)
		}
	}
}

func revived(t *testing.T, open func(*testing.T) engine.State) {
	s := open(t)
	letter := func(rule, key string) engine.DeadLetter {
		return engine.DeadLetter{Rule: rule, Key: key, Reason: "refused", At: noon}
	}
	commit(t, s, "alerts", engine.Commit{Dead: []engine.DeadLetter{letter("", "a"), letter("event.alert", "a"), letter("", "b")}})
	commit(t, s, "devices", engine.Commit{Dead: []engine.DeadLetter{letter("", "a")}})
	wantDead(t, s, "a", "a", "b", "a")
	commit(t, s, "alerts", engine.Commit{Revived: []string{"a", "unknown"}})
	wantDead(t, s, "b", "a")
	commit(t, s, "alerts", engine.Commit{Revived: []string{"b"}, Dead: []engine.DeadLetter{letter("event.alert", "b")}})
	wantDead(t, s, "a", "b")
}
