package engine

import (
	"fmt"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/dsl/prose"
)

// skip notes why the mapping leaves the record out, if it does.
func (m *mapper) skip(out *Mapped) error {
	for i := range m.flow.Record.Skips {
		s := &m.flow.Record.Skips[i]
		yes, err := s.When.Eval(out.vars)
		if err != nil {
			return err
		}
		if yes != true {
			continue
		}
		m.bound.Seen.Decided(s.Val, true)
		out.Skipped, out.skip = s.Reason, s
		if s.By == nil {
			return nil
		}
		word, err := s.By.Eval(out.vars)
		if err != nil {
			return err
		}
		if text, ok := code.Text(word); ok {
			out.Skipped += ": " + prose.Cut(text, longWord+1)
		}
		return nil
	}
	return nil
}

const (
	// longWord is how much of a word is counted, in characters.
	longWord = 100
	// manyWords is how many words of one reason are counted by themselves, so that the report
	// stays one that people read, whatever a mapping counts by.
	manyWords = 200
)

// skips tells of the records that a flow leaves out.
type skips struct {
	words  map[*dsl.Skip]map[string]bool
	report *FlowReport
}

// count accounts for m, and says whether it is the first of its reason and word.
func (s *skips) count(m *Mapped) (first bool) {
	if m.skip == nil || m.skip.By == nil {
		s.report.skip(m.Skipped)
		return true
	}
	known := s.words[m.skip]
	if known == nil {
		known = map[string]bool{}
		if s.words == nil {
			s.words = map[*dsl.Skip]map[string]bool{}
		}
		s.words[m.skip] = known
	}
	first = !known[m.Skipped]
	if first && len(known) >= manyWords {
		s.report.skip(fmt.Sprintf("%s: (others than the first %d)", m.skip.Reason, manyWords))
		return false
	}
	known[m.Skipped] = true
	s.report.skip(m.Skipped)
	return first
}
