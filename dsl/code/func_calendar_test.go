package code

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTimeFunctions(t *testing.T) {
	at := time.Date(2020, 2, 5, 1, 30, 45, 678900000, time.UTC)
	summer := time.Date(2020, 10, 25, 0, 30, 0, 0, time.UTC) // 02:30 in Berlin, for the first time that night
	testEdges(t, []edge{
		{`unix(v)`, 0, time.Unix(0, 0).UTC()},
		{`unix(v)`, -1, time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC)},
		{`unix(v)`, -0.5, time.Date(1969, 12, 31, 23, 59, 59, 5e8, time.UTC)},
		{`unix(v)`, 1580866245.6789, at},
		{`unix(v)`, "1580866245.6789", at},
		{`unix_ms(v)`, 1580866245678.9, at},
		{`unix_us(v)`, -1, time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC)},
		{`unix(v)`, math.MaxInt, "error is the number of another unit? There are unix (seconds), unix_ms and unix_us."},
		{`unix(v)`, math.MinInt, "error There are unix (seconds), unix_ms and unix_us."},
		{`unix_us(v)`, math.MaxInt, "error There are unix (seconds), unix_ms and unix_us."},
		{`unix(v)`, math.Inf(1), "error Unix: the number is too large."},
		{`unix(v)`, math.NaN(), "error Unix: the number is too large."},
		{`unix(v)`, "", "error Unix: the text is no decimal number."},
		{`unix(v)`, "Inf", "error Unix: the text is no decimal number."},
		{`unix(v)`, "1e3", "error Unix: the text is no decimal number."},
		{`unix(v)`, " 5", "error Unix: the text is no decimal number."},
		{`unix(v)`, true, "error v is a bool, but a number is needed."},
		{`epoch(v)`, time.Unix(-1, 5e8), -1},
		{`epoch_ms(v)`, at, 1580866245678},
		{`epoch(v)`, "yesterday", "error give one: time(text, 'UTC')."},
		{`epoch(v)`, 5, "error v is an int, but a time is needed."},
		{`format(v, 'rfc3339')`, at, "2020-02-05T01:30:45.6789Z"},
		{`format(v, 'rfc3339', 'Asia/Kathmandu')`, at, "2020-02-05T07:15:45.6789+05:45"},
		{`format(v, 'rfc1123')`, at, "Wed, 05 Feb 2020 01:30:45 UTC"},
		{`format(v, 'date', '-02:00')`, at, "2020-02-04"},
		{`format(v, '')`, at, "error such as 2006, 01, 02, 15, 04 and 05."},
		{`format(v, 'yyyy-MM-dd')`, at, "error such as 2006, 01, 02, 15, 04 and 05."},
		{`format(v, 'date', 'Local')`, at, `error A zone must be named, such as "UTC" or "+02:00".`},
		{`format(v, 'date', '../../etc/passwd')`, at, `error or a name such as "Europe/Berlin".`},
		{`format(v, repeat('2006', 65))`, at, "error Format takes a layout of at most 256 bytes."},
		{`format(v, 'date')`, nil, nil},
		{`add(v, '0s')`, at, at},
		{`add(v, '1.5d')`, at, at.Add(36 * time.Hour)},
		{`add(v, duration('-1h'))`, at, at.Add(-time.Hour)},
		{`add(v, '9d')`, time.Date(9999, 12, 25, 0, 0, 0, 0, time.UTC), "error Add: the instant is not in the years 1 to 9999."},
		{`add(v, 'NaNd')`, at, `error Add reads lengths of time such as "90m" or "7d".`},
		{`add(v, '999999d')`, at, `error Add reads lengths of time such as "90m" or "7d".`},
		{`age(v, '2020-02-05T01:30:45.6789Z') == duration('0s')`, at, true},
		{`age(v, nil)`, at, "error nil is null (absent in this record); use ?? to give a fallback, or ?. to read a field of what may be absent."},
		{`age(v, '2020-02-05T01:30:45Z')`, nil, nil},
		{`truncate(v, 'second')`, at, time.Date(2020, 2, 5, 1, 30, 45, 0, time.UTC)},
		{`truncate(v, 'minute')`, at, time.Date(2020, 2, 5, 1, 30, 0, 0, time.UTC)},
		{`truncate(v, 'hour', '+05:45')`, at, time.Date(2020, 2, 5, 1, 15, 0, 0, time.UTC)},
		{`truncate(v, 'hour', 'Europe/Berlin')`, summer, time.Date(2020, 10, 25, 0, 0, 0, 0, time.UTC)},
		{`truncate(v, 'month')`, at, time.Date(2020, 2, 1, 0, 0, 0, 0, time.UTC)},
		{`truncate(v, 'year', '+02:00')`, at, time.Date(2019, 12, 31, 22, 0, 0, 0, time.UTC)},
		{`truncate(v, 'week')`, at, "error Truncate takes second, minute, hour, day, month or year."},
	})
}

func TestEpochProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(firstSecond, lastSecond).Draw(t, "n")
		at, err := unixFunc.call(n)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := epochFunc.call(at); back != n || err != nil {
			t.Fatalf("%d became %v and then %v (%v)", n, at, back, err)
		}
		for _, unit := range []string{"second", "minute", "hour", "day", "month", "year"} {
			start, ok := startOf(at.(time.Time), unit)
			if again, _ := startOf(start, unit); !ok || start.After(at.(time.Time)) || !again.Equal(start) {
				t.Fatalf("the %s of %v starts at %v, and that of this at %v", unit, at, start, again)
			}
		}
	})
}
