package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

func (s *scenario) report(report *Report) {
	f := report.Flows[0]
	text := fmt.Sprintf("%s: fetched %d", report.Outcome, f.Fetched)
	for _, c := range []struct {
		what string
		n    int
		by   map[string]int
	}{
		{"created", f.Created, nil}, {"updated", f.Updated, nil}, {"unchanged", f.Unchanged, nil}, {"removed", f.Removed, nil}, {"kept", f.Kept, nil},
		{"skipped", f.Skipped, f.SkippedBy}, {"ignored", f.Ignored, f.IgnoredBy}, {"dead", f.Dead, nil}, {"failed", f.Failed, nil},
	} {
		if c.n > 0 {
			text += fmt.Sprintf(", %s %d", c.what, c.n)
		}
		for _, why := range slices.Sorted(maps.Keys(c.by)) {
			text += fmt.Sprintf(" (%s)", why)
		}
	}
	s.lines("", []string{text})
	s.lines("", f.Plan)
	s.lines("note: ", f.Notes)
	if f.Error != "" {
		s.lines("error: ", []string{f.Error})
	}
	if !report.DryRun {
		for _, d := range s.state.flow("f").dead {
			s.lines("dead: ", []string{strings.TrimSpace(d.Rule+" "+d.Key) + ": " + d.Reason})
		}
	}
}

func (s *scenario) preview(run *Run) {
	run.State, run.Platform = nil, nil
	var keys []string
	err := run.Preview(context.Background(), run.Bound.Flows[0], func(m Mapped) bool {
		keys = append(keys, m.Key)
		return true
	})
	s.lines("shown ", []string{listed(keys)})
	if err != nil {
		s.lines("error: ", []string{err.Error()})
	}
}

// moves are the checkpoints that were committed since the last time. Where parts are read
// at once, any of them may be first: then only where that ended is told.
func (s *scenario) moves(before map[string]Checkpoint) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(s.state.flows)) {
		k := s.state.flows[name]
		moved := k.moved
		k.moved = nil
		if s.sorted && len(moved) > 0 {
			moved = moved[len(moved)-1:]
			if (&track{saved: before[name]}).same(moved[0]) {
				moved = nil
			}
		}
		for _, c := range moved {
			out = append(out, strings.TrimSpace(strings.TrimPrefix(name, "f")+" "+showCheckpoint(c)))
		}
	}
	return out
}

func (s *scenario) checkpoints() map[string]Checkpoint {
	out := map[string]Checkpoint{}
	for name, k := range s.state.flows {
		out[name] = k.at
	}
	return out
}

func showCheckpoint(c Checkpoint) string {
	text := shortTime(c.Cursor)
	if len(c.Boundary) > 0 {
		text += " at " + listed(slices.Sorted(maps.Keys(c.Boundary)))
	}
	if c.Token != "" {
		text += " token " + c.Token
	}
	for _, d := range c.Done {
		text += fmt.Sprintf(" done [%s, %s)", shortTime(d.Start), shortTime(d.End))
	}
	return text
}

// shortTime leaves out the day of noon, "-" for none.
func shortTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return cmp.Or(strings.TrimSuffix(strings.TrimPrefix(t.UTC().Format(time.RFC3339Nano), "2026-03-01T"), "Z"), "-")
}
