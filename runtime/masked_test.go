package runtime

import (
	"context"
	"strings"
	"testing"

	"tqmap/engine"
	"tqmap/runtime/state"
)

// T07: what a server says of a letter may quote the secret; the record is kept whole.
func TestReasonsOfDeadLettersAreMasked(t *testing.T) {
	j := &Job{Redact: func(s string) string { return strings.ReplaceAll(s, "s3cr3t", "***") }}
	in := &spy{}
	letter := engine.DeadLetter{Key: "a", Reason: "no right for s3cr3t", Input: []byte(`{"a":"s3cr3t"}`)}
	c := engine.Commit{Dead: []engine.DeadLetter{letter}}
	if err := j.masked(in).Commit(t.Context(), "f", c); err != nil {
		t.Fatal(err)
	}
	if got := in.last.Dead[0]; got.Reason != "no right for ***" || string(got.Input) != string(letter.Input) {
		t.Errorf("%s %s", got.Reason, got.Input)
	}
	if c.Dead[0].Reason != letter.Reason {
		t.Error("the commit of the caller was changed")
	}
	if st := state.NewMemory(); (&Job{}).masked(st) != engine.State(st) || j.masked(nil) != nil {
		t.Error("a job without secrets, or without a state, needs no mask")
	}
}

// spy is a State that only takes commits.
type spy struct {
	engine.State
	last engine.Commit
}

func (s *spy) Commit(_ context.Context, _ string, c engine.Commit) error {
	s.last = c
	return nil
}
