package state

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine"
)

func deadOf(keys ...string) (dead []engine.DeadLetter) {
	for _, k := range keys {
		dead = append(dead, engine.DeadLetter{Key: k, Reason: "refused", Input: []byte("{}")})
	}
	return dead
}

func TestRunHistory(t *testing.T) {
	c := newClock()
	s := openTest(t, t.TempDir(), c.Now)
	start := func(instance string) int64 {
		id, err := s.StartRun(t.Context(), instance)
		if err != nil {
			t.Fatal(err)
		}
		c.advance(time.Minute)
		return id
	}
	one, other, two := start("x"), start("y"), start("x")
	counts := json.RawMessage(`{"alerts":{"fetched":3}}`)
	if err := s.FinishRun(t.Context(), one, "partial", counts, "one page failed"); err != nil {
		t.Fatal(err)
	}
	runs, err := s.Runs(t.Context(), "x", 10)
	if err != nil || len(runs) != 2 || runs[0].ID != two || runs[1].ID != one {
		t.Fatalf("runs %+v, %v; want %d and %d", runs, err, two, one)
	}
	if r := runs[0]; r.Outcome != "" || !r.Finished.IsZero() || r.Counts != nil {
		t.Errorf("running: %+v", r)
	}
	r, begin := runs[1], newClock().now
	if r.Instance != "x" || r.Outcome != "partial" || string(r.Counts) != string(counts) || r.Error != "one page failed" ||
		!r.Started.Equal(begin) || !r.Finished.Equal(begin.Add(3*time.Minute)) {
		t.Errorf("finished: %+v", r)
	}
	if all, err := s.Runs(t.Context(), "", 2); err != nil || len(all) != 2 || all[0].ID != two || all[1].ID != other {
		t.Errorf("last two of all: %+v, %v", all, err)
	}
	if none, err := s.Runs(t.Context(), "x", -1); err != nil || len(none) != 0 {
		t.Errorf("minus one run: %+v, %v", none, err)
	}
}

func TestFinishRunFails(t *testing.T) {
	s := openTest(t, t.TempDir(), time.Now)
	if err := s.FinishRun(t.Context(), 99, "ok", nil, ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown run: %v, want ErrNotFound", err)
	}
	id, err := s.StartRun(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.FinishRun(t.Context(), id, "ok", json.RawMessage(`{"a"`), ""); err == nil {
		t.Error("half a JSON text was accepted")
	}
}

func TestRunHistoryIsBounded(t *testing.T) {
	s := openTest(t, t.TempDir(), time.Now)
	if _, err := s.StartRun(t.Context(), "y"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO run (instance, started) SELECT 'x', '' FROM n`, keepRuns+5); err != nil {
		t.Fatal(err)
	}
	id, err := s.StartRun(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	runs, err := s.Runs(t.Context(), "x", 2*keepRuns)
	if err != nil || len(runs) != keepRuns || runs[0].ID != id {
		t.Errorf("%d runs of x, %v; want the last %d", len(runs), err, keepRuns)
	}
	if runs, err := s.Runs(t.Context(), "y", 10); err != nil || len(runs) != 1 {
		t.Errorf("%d runs of y, %v; want 1", len(runs), err)
	}
}

func TestDropDeadLetter(t *testing.T) {
	s := openTest(t, t.TempDir(), time.Now)
	i := s.Instance("x")
	c := step(1)
	c.Dead = deadOf("a", "b")
	if err := i.Commit(t.Context(), "alerts", c); err != nil {
		t.Fatal(err)
	}
	all, err := i.DeadLetters(t.Context(), Filter{})
	if err != nil || len(all) != 2 || all[0].At.IsZero() {
		t.Fatalf("dead letters %+v, %v; want two with a time", all, err)
	}
	if err := s.Instance("y").DropDeadLetter(t.Context(), all[0].ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("of another instance: %v, want ErrNotFound", err)
	}
	if err := i.DropDeadLetter(t.Context(), all[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := i.DropDeadLetter(t.Context(), all[0].ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("again: %v, want ErrNotFound", err)
	}
	if left, err := i.DeadLetters(t.Context(), Filter{}); err != nil || len(left) != 1 || left[0].Key != "b" {
		t.Errorf("left: %+v, %v; want b", left, err)
	}
}

func TestForget(t *testing.T) {
	s := openTest(t, t.TempDir(), time.Now)
	i := s.Instance("x")
	c := step(1)
	c.Dead = deadOf("a")
	for _, flow := range []string{"alerts", "devices"} {
		if err := i.Commit(t.Context(), flow, c); err != nil {
			t.Fatal(err)
		}
	}
	want := Flow{Instance: "x", Name: "alerts", Cursor: c.Checkpoint.Cursor, Boundary: 1, Ledger: 50, Dead: 1}
	if flows, err := s.Flows(t.Context()); err != nil || len(flows) != 2 || cmp.Diff(want, flows[0]) != "" {
		t.Fatalf("flows %+v, %v; want %+v first", flows, err, want)
	}
	if err := i.Forget(t.Context(), "alerts"); err != nil {
		t.Fatal(err)
	}
	if err := i.Forget(t.Context(), "alerts"); !errors.Is(err, ErrNotFound) {
		t.Errorf("again: %v, want ErrNotFound", err)
	}
	if flows, err := s.Flows(t.Context()); err != nil || len(flows) != 1 || flows[0].Name != "devices" {
		t.Errorf("left: %+v, %v; want devices", flows, err)
	}
	if err := i.Commit(t.Context(), "alerts", engine.Commit{}); err != nil {
		t.Fatal(err)
	}
	if flows, err := s.Flows(t.Context()); err != nil || cmp.Diff(Flow{Instance: "x", Name: "alerts"}, flows[0]) != "" {
		t.Errorf("begun again: %+v, %v; want nothing remembered", flows, err)
	}
}

func TestInstancesRulesAndTokens(t *testing.T) {
	s := openTest(t, t.TempDir(), time.Now)
	in := s.Instance("b")
	if err := errors.Join(in.Commit(t.Context(), "alerts", step(3)), in.Commit(t.Context(), "alerts", step(4)),
		s.Instance("a").SetToken(t.Context(), "refresh", "1", 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.StartRun(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	mustLock(t, s, "d", Owner{})
	if names, err := s.Instances(t.Context()); err != nil || cmp.Diff([]string{"a", "b", "c", "d"}, names) != "" {
		t.Errorf("instances %v, %v", names, err)
	}
	if rules, err := in.Rules(t.Context(), "alerts"); err != nil || cmp.Diff([]RuleCount{{"3", 50}, {"4", 50}}, rules) != "" {
		t.Errorf("rules %v, %v", rules, err)
	}
	if flows, err := in.Flows(t.Context()); err != nil || len(flows) != 1 || flows[0].Ledger != 100 || flows[0].Token {
		t.Errorf("flows %+v, %v", flows, err)
	}
	a := s.Instance("a")
	if names, err := a.TokenNames(t.Context()); err != nil || cmp.Diff([]string{"refresh"}, names) != "" {
		t.Errorf("tokens %v, %v", names, err)
	}
	if err := a.ForgetTokens(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names, err := a.TokenNames(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("tokens left: %v, %v", names, err)
	}
}
