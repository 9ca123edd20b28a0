package runtime

import (
	"context"
	"slices"

	"tqmap/engine"
)

func (j *Job) redact(text string) string {
	if j.Redact == nil {
		return text
	}
	return j.Redact(text)
}

// masked is st with the reasons of dead letters redacted: servers quote what they were
// sent. The record of a letter stays as it is, so that it can be tried again.
func (j *Job) masked(st engine.State) engine.State {
	if st == nil || j.Redact == nil {
		return st
	}
	return &maskedState{st, j.Redact}
}

type maskedState struct {
	engine.State
	redact func(string) string
}

func (s *maskedState) Commit(ctx context.Context, flow string, c engine.Commit) error {
	c.Dead = slices.Clone(c.Dead)
	for i := range c.Dead {
		c.Dead[i].Reason = s.redact(c.Dead[i].Reason)
	}
	return s.State.Commit(ctx, flow, c)
}
