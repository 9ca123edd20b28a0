package window

import (
	"fmt"
	"iter"
	"time"

	"tqmap/dsl"
)

// Step is how long a slice of a window is. The zero Step does not cut at all.
type Step struct {
	fixed time.Duration
	unit  unit // where fixed is 0
	zone  *time.Location
}

// unit is a part of the calendar: it knows the first instant of the unit after the one that
// t, which is in its zone, lies in.
type unit func(t time.Time) time.Time

// ParseStep reads a fixed length such as "12h" or "7d" (a day is 24 hours), counted from the
// start of the window; or "hour", "day", "week" (from Monday) or "month", which are cut
// where the calendar of zone (nil: UTC) does, whatever its clock changes make of them.
func ParseStep(text string, zone *time.Location) (Step, error) {
	if zone == nil {
		zone = time.UTC
	}
	calendar := map[string]unit{"hour": nextHour, "day": nextDay, "week": nextWeek, "month": nextMonth}
	if u, ok := calendar[text]; ok {
		return Step{unit: u, zone: zone}, nil
	}
	d, err := dsl.ParseDuration(text)
	if err != nil || d <= 0 {
		return Step{}, fmt.Errorf("%q is not a length of time: write a number and a unit, such as \"30m\", \"12h\" or \"7d\", or one of hour, day, week, month", text)
	}
	return Step{fixed: d}, nil
}

// Slices cuts s: the first one begins and the last one ends with s, each begins where
// the one before ends, none is empty. An empty s has none.
func (p Step) Slices(s Span) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		for at := s.Start; at.Before(s.End); {
			end := p.next(at)
			if !end.After(at) || end.After(s.End) {
				end = s.End
			}
			if !yield(Span{at, end}) {
				return
			}
			at = end
		}
	}
}

// next is the cut after t; the zero time for none.
func (p Step) next(t time.Time) time.Time {
	switch {
	case p.unit != nil:
		return p.unit(t.In(p.zone)).In(t.Location())
	case p.fixed > 0:
		return t.Add(p.fixed)
	}
	return time.Time{}
}
