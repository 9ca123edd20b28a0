package code

import (
	"math"
	"strconv"
	"strings"
	"time"
)

var timeFunc = Func{
	Name:      "time",
	Signature: "time(text), time(text, zone), time(text, zone, layout) time",
	Summary: "Reads an instant. Alone it takes RFC 3339 with any fraction. A text that names no zone needs one: " +
		"\"UTC\", \"+02:00\" or a name such as \"Europe/Berlin\"; its layout is 2006-01-02 15:04:05 unless given in Go's way. nil stays nil.",
	Examples: []Example{
		{`time('2020-02-05T03:30:00.5+02:00')`, `"2020-02-05T01:30:00.5Z"`},
		{`time('2020-02-05 01:30:00', 'UTC')`, `"2020-02-05T01:30:00Z"`},
		{`time('05/02/2020 01:30', '+01:00', '02/01/2006 15:04')`, `"2020-02-05T00:30:00Z"`},
		{`time(nil)`, `null`},
	},
	types: []any{new(func(any) any), new(func(any, string) any), new(func(any, string, string) any)},
	call: func(args ...any) (any, error) {
		switch v := args[0].(type) {
		case nil:
			return nil, nil
		case time.Time:
			return v.UTC(), nil
		case string:
			return readTime(v, args)
		}
		return nil, wrongKind(args, 0, "text")
	},
}

var rfc3339Func = Func{
	Name:      "rfc3339",
	Signature: "rfc3339(time) string",
	Summary:   "Writes an instant as RFC 3339 in UTC, with the fraction it has. Takes such a text too. nil stays nil.",
	Examples: []Example{
		{`rfc3339(time('2020-02-05T03:30:00.500+02:00'))`, `"2020-02-05T01:30:00.5Z"`},
		{`'2020-02-05T01:30:00Z' | rfc3339()`, `"2020-02-05T01:30:00Z"`},
	},
	types: []any{new(func(any) any)},
	call: func(args ...any) (any, error) {
		switch v := args[0].(type) {
		case nil:
			return nil, nil
		case time.Time:
			return v.UTC().Format(time.RFC3339Nano), nil
		case string:
			t, err := readTime(v, nil)
			if err != nil {
				return nil, err
			}
			return t.UTC().Format(time.RFC3339Nano), nil
		}
		return nil, wrongKind(args, 0, "a time")
	},
}

var durationFunc = Func{
	Name:      "duration",
	Signature: "duration(text) duration",
	Summary:   "A length of time such as \"90m\", \"1h30m\" or, in days of 24 hours, \"7d\"; to add to a time or to compare.",
	Examples: []Example{
		{`rfc3339(time('2020-02-05T01:30:00Z') + duration('90m'))`, `"2020-02-05T03:00:00Z"`},
		{`duration('7d') == duration('168h')`, `true`},
	},
	types: []any{new(func(string) time.Duration)},
	call: func(args ...any) (any, error) {
		text, err := textArg(args, 0)
		if err != nil {
			return nil, err
		}
		if d, ok := readDuration(text); ok {
			return d, nil
		}
		return nil, faultf(`duration reads texts such as "90m" or "1h30m"`)
	},
}

// readDuration reads Go's durations, and days alone.
func readDuration(text string) (time.Duration, bool) {
	if count, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseFloat(count, 64)
		d := n * 24 * float64(time.Hour)
		return time.Duration(d), err == nil && math.Abs(d) < math.MaxInt64
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}

// readTime reads text in the zone and layout that follow it in args, if they do.
func readTime(text string, args []any) (time.Time, error) {
	if len(args) < 2 {
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return t, faultf("the text is no RFC 3339 instant such as 2006-01-02T15:04:05Z; where it names no zone, give one: time(text, 'UTC')")
		}
		return t.UTC(), nil
	}
	name, err := textArg(args, 1)
	if err != nil {
		return time.Time{}, err
	}
	zone, err := readZone(name)
	if err != nil {
		return time.Time{}, err
	}
	layout := time.DateTime
	if len(args) > 2 {
		if layout, err = textArg(args, 2); err != nil {
			return time.Time{}, err
		}
	}
	t, err := time.ParseInLocation(layout, text, zone)
	if err != nil {
		return t, faultf("the text has not the layout %q", layout)
	}
	return t.UTC(), nil
}

func readZone(name string) (*time.Location, error) {
	if name == "UTC" || name == "Z" {
		return time.UTC, nil
	}
	if t, err := time.Parse("-07:00", name); err == nil {
		return t.Location(), nil
	}
	if name == "" || name == "Local" {
		return nil, faultf(`a zone must be named, such as "UTC" or "+02:00"`)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, faultf(`unknown time zone; write "UTC", "+02:00" or a name such as "Europe/Berlin"`)
	}
	return zone, nil
}
