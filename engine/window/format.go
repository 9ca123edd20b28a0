package window

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Format is how an API writes instants. Only NewFormat makes one; it is safe for
// concurrent use.
type Format struct {
	layout string        // of text; "" for an epoch
	tick   time.Duration // the unit of an epoch
	unit   time.Duration // the precision; a day where only dates are written
	zone   *time.Location
	lax    bool // RFC 3339: fractions of any length, and what is nearly that
	naive  bool // text tells no zone, so zone holds
	named  bool // zone was declared
}

// RFC3339 is the format where none is declared.
const RFC3339 = "rfc3339"

var (
	ticks      = map[string]time.Duration{"epoch_s": time.Second, "epoch_ms": time.Millisecond, "epoch_us": time.Microsecond, "epoch_ns": 1}
	precisions = map[string]time.Duration{"s": time.Second, "ms": time.Millisecond, "us": time.Microsecond, "ns": 1}
	fractions  = map[string]string{"s": "", "ms": ".000", "us": ".000000", "ns": ".000000000", "": ".999999999"}
)

// day is the precision of a format that writes dates alone.
const day = 24 * time.Hour

// NewFormat reads a declaration. name is "rfc3339" (or empty), "epoch_s", "epoch_ms", "epoch_us",
// "epoch_ns", or a layout of Go: the moment Mon Jan 2 15:04:05 2006 as the API would write it.
// precision is "s", "ms", "us" or "ns" and goes with rfc3339 alone; empty writes
// as many digits as an instant has. zone is an IANA name such as "Europe/Berlin", in
// which text is written, and read where it says no zone itself; empty means UTC for writing
// and none for reading. A layout without an offset needs one.
func NewFormat(name, precision, zone string) (Format, error) {
	f := Format{zone: time.UTC, unit: 1, named: zone != ""}
	var err error
	if f.zone, err = LoadZone(zone); err != nil {
		return Format{}, err
	}
	switch {
	case name == "" || name == RFC3339:
		digits, known := fractions[precision]
		if !known {
			return Format{}, fmt.Errorf("%q is no precision: write s, ms, us or ns", precision)
		}
		f.layout, f.lax = "2006-01-02T15:04:05"+digits+"Z07:00", true
		f.unit = max(precisions[precision], 1)
		return f, nil
	case precision != "":
		return Format{}, fmt.Errorf("a precision goes with the format %q alone; %q has its own", RFC3339, name)
	case ticks[name] > 0:
		f.tick, f.unit = ticks[name], ticks[name]
		return f, nil
	case strings.HasPrefix(name, "epoch"):
		return Format{}, fmt.Errorf("there is no format %q: write epoch_s, epoch_ms, epoch_us or epoch_ns", name)
	}
	return f.withLayout(name)
}

// LoadZone returns the zone of an IANA name, UTC for an empty one. That of the machine is
// refused: a mapping must mean the same everywhere.
func LoadZone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, fmt.Errorf("the zone %q differs from machine to machine; write its name, such as \"Europe/Berlin\"", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("there is no time zone %q; write an IANA name such as \"UTC\" or \"Europe/Berlin\"", name)
	}
	return zone, nil
}

// withLayout finds out what a layout can express by writing instants with it.
func (f Format) withLayout(layout string) (Format, error) {
	if strings.Contains(layout, "%") {
		return Format{}, fmt.Errorf("%q looks like a format of strftime; write the moment Mon Jan 2 15:04:05 2006 the way the API would: \"2006-01-02 15:04:05\"", layout)
	}
	f.layout = layout
	if f.unit = finest(layout); f.unit == 0 {
		return Format{}, fmt.Errorf("%q is neither a known format nor a layout; write the moment Mon Jan 2 15:04:05 2006 the way the API would", layout)
	}
	probe := time.Date(2015, 11, 28, 13, 14, 15, 0, time.UTC)
	f.naive = probe.Format(layout) == time.Date(2015, 11, 28, 13, 14, 15, 0, time.FixedZone("", 4500)).Format(layout)
	if f.naive && !f.named {
		return Format{}, fmt.Errorf("%q writes times without their zone: declare the time zone of the API, e.g. \"UTC\"", layout)
	}
	for _, p := range []time.Time{probe, probe.AddDate(5, 6, 7)} { // winter, summer, another year
		if back, err := f.parse(p.In(f.zone).Format(layout)); err != nil || !back.Equal(f.Floor(p)) {
			return Format{}, fmt.Errorf("what %q writes cannot be read back: it must have year, month and day, and hours of 24 or with PM", layout)
		}
	}
	return f, nil
}

// finest is the smallest unit that makes a difference to layout, 0 for none.
func finest(layout string) time.Duration {
	var units []time.Duration
	for u := time.Duration(1); u <= time.Second; u *= 10 {
		units = append(units, u)
	}
	base := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	i := slices.IndexFunc(append(units, time.Minute, time.Hour, day), func(u time.Duration) bool {
		return base.Add(u).Format(layout) != base.Format(layout)
	})
	if i < 0 {
		return 0
	}
	return append(units, time.Minute, time.Hour, day)[i]
}

// Print writes t as requests need it: an int for an epoch, else a text. What is finer than the
// precision is cut off.
func (f Format) Print(t time.Time) any {
	if f.layout != "" {
		return f.Floor(t).In(f.zone).Format(f.layout)
	}
	t = f.Floor(t)
	perSecond := int64(time.Second / f.tick)
	return int(t.Unix()*perSecond + int64(t.Nanosecond())/int64(f.tick))
}

// Floor is the last instant not after t that the format can express.
func (f Format) Floor(t time.Time) time.Time {
	switch local := t.In(f.zone); {
	case f.unit == day:
		y, m, d := local.Date()
		return firstOf(y, m, d, f.zone).In(t.Location())
	case f.unit == time.Hour:
		return t.Add(-sinceHour(local))
	case f.unit == time.Minute:
		return t.Add(-(sinceHour(local) % time.Minute))
	}
	return t.Add(-(time.Duration(t.Nanosecond()) % f.unit))
}

// Ceil is the first instant not before t that the format can express.
func (f Format) Ceil(t time.Time) time.Time {
	floor := f.Floor(t)
	switch {
	case floor.Equal(t):
		return t
	case f.unit == day:
		return nextDay(floor.In(f.zone)).In(t.Location())
	case f.unit == time.Hour:
		return nextHour(floor.In(f.zone)).In(t.Location())
	}
	return floor.Add(f.unit)
}

// End is the end to send for s. An API whose end is inclusive (closed) gets the last
// instant before the end of s that the format can express, so that the next slice does
// not begin with what this one ended with, and no hole is left at the declared precision.
func (f Format) End(s Span, closed bool) time.Time {
	if closed {
		return f.Floor(s.End.Add(-1))
	}
	return f.Ceil(s.End)
}
