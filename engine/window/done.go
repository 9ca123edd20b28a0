package window

import (
	"slices"
	"time"
)

// Merge adds spans to those of done: ordered, none of them empty, overlapping or
// touching, so that a long row of slices done one after the other stays one span. It changes
// neither.
func Merge(done []Span, more ...Span) []Span {
	all := slices.DeleteFunc(slices.Concat(done, more), Span.Empty)
	slices.SortFunc(all, func(a, b Span) int { return a.Start.Compare(b.Start) })
	var out []Span
	for _, s := range all {
		last := len(out) - 1
		switch {
		case last < 0 || s.Start.After(out[last].End):
			out = append(out, s)
		case s.End.After(out[last].End):
			out[last].End = s.End
		}
	}
	return out
}

// Gaps are the parts of whole that done does not cover, in order.
func Gaps(whole Span, done []Span) []Span {
	var out []Span
	at := whole.Start
	for _, s := range Merge(done) {
		if gap := (Span{at, earlier(s.Start, whole.End)}); !gap.Empty() {
			out = append(out, gap)
		}
		at = later(at, s.End)
	}
	if rest := (Span{at, whole.End}); !rest.Empty() {
		out = append(out, rest)
	}
	return out
}

// Contiguous is the end of what done covers from from on without a hole, from itself
// if there is nothing. A cursor may not move beyond it, whatever was done behind the hole.
func Contiguous(from time.Time, done []Span) time.Time {
	for _, s := range Merge(done) {
		if s.Start.After(from) {
			break
		}
		from = later(from, s.End)
	}
	return from
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
