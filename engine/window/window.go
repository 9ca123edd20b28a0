// Package window plans which part of time a run reads: where it begins, how it is cut
// into slices, what is done of it and what is not, and how instants are written in
// requests and read from records. It computes only: no clock, no I/O.
//
// Spans are half-open and slices follow on without a gap, so that an instant belongs to
// exactly one of them; only what an API is sent may be a closed interval (Format.End).
// All instants are compared as such, whatever zone they are written in.
package window

import (
	"errors"
	"fmt"
	"time"
)

// Span is the part of time from Start, inclusive, to End, exclusive.
type Span struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Empty says that no instant lies in s; one that ends before it begins is empty, too.
func (s Span) Empty() bool { return !s.Start.Before(s.End) }

// String is s in RFC 3339 and UTC, for messages.
func (s Span) String() string {
	return fmt.Sprintf("[%s, %s)", s.Start.UTC().Format(time.RFC3339Nano), s.End.UTC().Format(time.RFC3339Nano))
}

// Bounds are what limits the part of time that a run reads. Zero instants do not limit.
type Bounds struct {
	// Start is the configured beginning, before which nothing is ever read.
	Start time.Time
	// Cursor is how far the runs before came.
	Cursor time.Time
	// Lookback is how far before the cursor to read again, for servers that index late.
	Lookback time.Duration
	// Until is the configured end, exclusive.
	Until time.Time
	// Now is the beginning of the run; never zero.
	Now time.Time
}

// Span is what to read: from the cursor less the lookback, but not before the
// configured start, up to now or the configured end. Its Start is zero where nothing
// limits it. It may be Empty; the caller says so, as the settings or a clock are wrong then.
func (b Bounds) Span() Span {
	s := Span{Start: b.Start, End: b.Now}
	if !b.Cursor.IsZero() {
		if from := b.Cursor.Add(-b.Lookback); from.After(s.Start) {
			s.Start = from
		}
	}
	if !b.Until.IsZero() && b.Until.Before(s.End) {
		s.End = b.Until
	}
	return s
}

// ErrFloor says that a span cannot be halved any more.
var ErrFloor = errors.New("the window cannot be made smaller")

// Halve cuts s into two parts that follow on, each at least as long as floor (1ns where that is
// not positive). The cut lies a whole number of floors behind the start, so that what begins
// on a precision that an API knows is cut on it. Where a part would be
// too short the error is ErrFloor.
func Halve(s Span, floor time.Duration) (first, second Span, err error) {
	floor = max(floor, 1)
	length := s.End.Sub(s.Start)
	half := (length / 2).Truncate(floor)
	if half < floor {
		return Span{}, Span{}, fmt.Errorf("%w: %s is shorter than twice %s", ErrFloor, s, floor)
	}
	cut := s.Start.Add(half)
	return Span{s.Start, cut}, Span{cut, s.End}, nil
}
