package code

import "time"

var addFunc = Func{
	Name:      "add",
	Signature: "add(time, duration) time",
	Summary:   "The instant a length of time later; earlier where it is negative. The length is one of duration(), or its text. nil stays nil.",
	Examples: []Example{
		{`add('2020-02-05T01:30:00Z', '90m')`, `"2020-02-05T03:00:00Z"`},
		{`add('2020-02-05T01:30:00Z', duration('-1d'))`, `"2020-02-04T01:30:00Z"`},
	},
	types: []any{new(func(any, string) any), new(func(any, time.Duration) any)},
	call: func(args ...any) (any, error) {
		return onTime(args, func(t time.Time) (any, error) {
			d, err := durationArg("add", args, 1)
			if err != nil {
				return nil, err
			}
			t = t.Add(d)
			return t, inCalendar("add", t)
		})
	},
}

var ageFunc = Func{
	Name:      "age",
	Signature: "age(time, now) duration",
	Summary:   "How long before now an instant is, to compare with duration(). Negative in the future. nil stays nil.",
	Examples: []Example{
		{`age('2020-02-05T01:30:00Z', time('2020-02-12T01:30:00Z')) >= duration('7d')`, `true`},
		{`string(age('2020-02-05T01:30:00Z', '2020-02-05T01:00:00Z'))`, `"-30m0s"`},
	},
	types: []any{new(func(any, any) any)},
	call: func(args ...any) (any, error) {
		return onTime(args, func(t time.Time) (any, error) {
			now, err := timeArg(args, 1)
			return now.Sub(t), err
		})
	},
}

var truncateFunc = Func{
	Name:      "truncate",
	Signature: "truncate(time, unit[, zone]) time",
	Summary:   "The start of the second, minute, hour, day, month or year that an instant is in: of those of UTC, unless a zone is named. nil stays nil.",
	Examples: []Example{
		{`truncate('2020-02-05T01:30:00Z', 'day')`, `"2020-02-05T00:00:00Z"`},
		{`truncate('2020-02-05T01:30:00Z', 'day', '-05:00')`, `"2020-02-04T05:00:00Z"`},
	},
	types: []any{new(func(any, string) any), new(func(any, string, string) any)},
	call: func(args ...any) (any, error) {
		return onTime(args, func(t time.Time) (any, error) {
			unit, err := textArg(args, 1)
			if err != nil {
				return nil, err
			}
			if t, err = inZone(t, args, 2); err != nil {
				return nil, err
			}
			start, ok := startOf(t, unit)
			if !ok {
				return nil, faultf("truncate takes second, minute, hour, day, month or year")
			}
			return start.UTC(), inCalendar("truncate", start.UTC())
		})
	},
}

// onTime calls f with the instant of the first argument; null stays null.
func onTime(args []any, f func(time.Time) (any, error)) (any, error) {
	if args[0] == nil {
		return nil, nil
	}
	t, err := timeArg(args, 0)
	if err != nil {
		return nil, err
	}
	return f(t)
}

// inZone is t in the zone that argument i names, if there is one.
func inZone(t time.Time, args []any, i int) (time.Time, error) {
	if len(args) <= i {
		return t, nil
	}
	name, err := textArg(args, i)
	if err != nil {
		return t, err
	}
	zone, err := readZone(name)
	if err != nil {
		return t, err
	}
	return t.In(zone), nil
}

func durationArg(name string, args []any, i int) (time.Duration, error) {
	switch v := args[i].(type) {
	case time.Duration:
		return v, nil
	case string:
		if d, ok := readDuration(v); ok {
			return d, nil
		}
		return 0, faultf(`%s reads lengths of time such as "90m" or "7d"`, name)
	}
	return 0, wrongKind(args, i, "a duration")
}

func startOf(t time.Time, unit string) (time.Time, bool) {
	year, month, day := t.Date()
	switch unit {
	case "second":
		return t.Truncate(time.Second), true
	case "minute":
		return t.Truncate(time.Second).Add(-time.Duration(t.Second()) * time.Second), true
	case "hour":
		return t.Truncate(time.Second).Add(-time.Duration(t.Minute()*60+t.Second()) * time.Second), true
	case "day":
		return time.Date(year, month, day, 0, 0, 0, 0, t.Location()), true
	case "month":
		return time.Date(year, month, 1, 0, 0, 0, 0, t.Location()), true
	case "year":
		return time.Date(year, 1, 1, 0, 0, 0, 0, t.Location()), true
	}
	return t, false
}

// inCalendar refuses what RFC 3339 cannot write.
func inCalendar(name string, t time.Time) error {
	if s := t.Unix(); s < firstSecond || s > lastSecond {
		return faultf("%s: the instant is not in the years 1 to 9999", name)
	}
	return nil
}
