package code

import (
	"strings"
	"time"
)

var addDateFunc = Func{
	Name:      "add_date",
	Signature: "add_date(time, amount, unit) time",
	Summary: "The same time of day some days, weeks, months or years of the calendar later, in UTC; earlier where the amount is negative. " +
		"A day that the month does not have is its last one. nil stays nil.",
	Examples: []Example{
		{`add_date('2026-01-31T12:00:00Z', 1, 'month')`, `"2026-02-28T12:00:00Z"`},
		{`add_date('2028-02-29T00:00:00Z', 1, 'year')`, `"2029-02-28T00:00:00Z"`},
		{`add_date(time('2026-03-31T00:00:00Z'), -1, 'months')`, `"2026-02-28T00:00:00Z"`},
		{`add_date('2026-12-28T00:00:00Z', 2, 'weeks')`, `"2027-01-11T00:00:00Z"`},
	},
	types: []any{new(func(any, any, string) any)},
	call: func(args ...any) (any, error) {
		return onTime(args, func(t time.Time) (any, error) {
			if args[1] == nil {
				return nil, nil
			}
			n, err := intArg(args, 1)
			if err != nil {
				return nil, err
			}
			unit, err := textArg(args, 2)
			if err != nil {
				return nil, err
			}
			later, ok := addDate(t, n, unit)
			if !ok {
				return nil, faultf("add_date takes day, week, month or year, and no more than 10000 years of them")
			}
			return later, inCalendar("add_date", later)
		})
	},
}

// mostDays bounds what is added: time.Date takes any number, and gives nonsense for large ones.
const mostDays = 3_660_000

func addDate(t time.Time, n int, unit string) (time.Time, bool) {
	t = t.UTC()
	if n < -mostDays || n > mostDays {
		return t, false
	}
	year, month, day := t.Date()
	switch strings.TrimSuffix(unit, "s") {
	case "day":
		return t.AddDate(0, 0, n), true
	case "week":
		return t.AddDate(0, 0, 7*n), true
	case "year":
		return onDay(t, year+n, month, day), true
	case "month":
		return onDay(t, year, month+time.Month(n), day), true
	}
	return t, false
}

// onDay is t on a day, or on the last one of that month.
func onDay(t time.Time, year int, month time.Month, day int) time.Time {
	last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return time.Date(year, month, min(day, last), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

var rfc3339MilliFunc = Func{
	Name:      "rfc3339_ms",
	Signature: "rfc3339_ms(time) string",
	Summary:   "Writes an instant as RFC 3339 in UTC with three digits of a second, for APIs that insist on them; what is finer is cut off. nil stays nil.",
	Examples: []Example{
		{`rfc3339_ms(time('2026-01-31T13:00:00+01:00'))`, `"2026-01-31T12:00:00.000Z"`},
		{`rfc3339_ms('2026-01-31T12:00:00.1239Z')`, `"2026-01-31T12:00:00.123Z"`},
	},
	types: []any{new(func(any) any)},
	call: func(args ...any) (any, error) {
		return onTime(args, func(t time.Time) (any, error) {
			return t.UTC().Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z"), nil
		})
	},
}
