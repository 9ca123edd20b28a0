package code

import (
	"math"
	"strconv"
	"strings"
	"time"
)

var unixFunc = Func{
	Name:      "unix",
	Signature: "unix(number) time",
	Summary:   "The instant that is a number of seconds after 1970 in UTC: an int, a float, or a text of digits. A fraction counts to the microsecond. nil stays nil.",
	Examples: []Example{
		{`unix(1580866200)`, `"2020-02-05T01:30:00Z"`},
		{`unix('1580866200.25')`, `"2020-02-05T01:30:00.25Z"`},
		{`unix(nil)`, `null`},
	},
	types: []any{new(func(any) any)},
	call:  fromEpoch("unix", time.Second),
}

var unixMilliFunc = Func{
	Name:      "unix_ms",
	Signature: "unix_ms(number) time",
	Summary:   "Like unix, of milliseconds.",
	Examples:  []Example{{`unix_ms(1580866200250)`, `"2020-02-05T01:30:00.25Z"`}},
	types:     []any{new(func(any) any)},
	call:      fromEpoch("unix_ms", time.Millisecond),
}

var unixMicroFunc = Func{
	Name:      "unix_us",
	Signature: "unix_us(number) time",
	Summary:   "Like unix, of microseconds.",
	Examples:  []Example{{`unix_us(1580866200000001)`, `"2020-02-05T01:30:00.000001Z"`}},
	types:     []any{new(func(any) any)},
	call:      fromEpoch("unix_us", time.Microsecond),
}

var epochFunc = Func{
	Name:      "epoch",
	Signature: "epoch(time) int",
	Summary:   "The whole seconds from 1970 in UTC to an instant. Takes an RFC 3339 text too. nil stays nil.",
	Examples: []Example{
		{`epoch('2020-02-05T01:30:00.9Z')`, `1580866200`},
		{`epoch(nil)`, `null`},
	},
	types: []any{new(func(any) any)},
	call:  toEpoch(time.Time.Unix),
}

var epochMilliFunc = Func{
	Name:      "epoch_ms",
	Signature: "epoch_ms(time) int",
	Summary:   "Like epoch, in milliseconds.",
	Examples:  []Example{{`epoch_ms(unix(1580866200))`, `1580866200000`}},
	types:     []any{new(func(any) any)},
	call:      toEpoch(time.Time.UnixMilli),
}

// The seconds from 1970 that RFC 3339 can write: the years 1 to 9999, less a day
// at the ends for zones and fractions.
const (
	firstSecond = -62_135_596_800 + 86_400
	lastSecond  = 253_402_300_799 - 86_400
)

func toEpoch(count func(time.Time) int64) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		t, err := timeArg(args, 0)
		return int(count(t)), err
	}
}

func fromEpoch(name string, unit time.Duration) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		whole, fraction, err := epochArg(name, args)
		if err != nil {
			return nil, err
		}
		perSecond := int(time.Second / unit)
		if second := whole / perSecond; second < firstSecond || second > lastSecond {
			return nil, faultf("%s: the instant is not in the years 1 to 9999; is the number of another unit? There are unix (seconds), unix_ms and unix_us", name)
		}
		part := time.Duration(whole%perSecond)*unit + time.Duration(fraction*float64(unit)).Round(time.Microsecond)
		return time.Unix(int64(whole/perSecond), int64(part)).UTC(), nil
	}
}

// epochArg is the number of the first argument, apart at the point.
func epochArg(name string, args []any) (whole int, fraction float64, err error) {
	n := 0.0
	switch v := args[0].(type) {
	case int:
		return v, 0, nil
	case float64:
		n = v
	case string:
		if whole, err := strconv.Atoi(v); err == nil {
			return whole, 0, nil
		}
		n, err = strconv.ParseFloat(v, 64)
		if err != nil || strings.Trim(v, "0123456789.-") != "" {
			return 0, 0, faultf("%s: the text is no decimal number", name)
		}
	default:
		return 0, 0, wrongKind(args, 0, "a number")
	}
	if !(math.Abs(n) < 1<<62) {
		return 0, 0, faultf("%s: the number is too large", name)
	}
	i, f := math.Modf(n)
	return int(i), f, nil
}
