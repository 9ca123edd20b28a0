package window_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tqmap/engine/window"
)

func format(t testing.TB, name, precision, zone string) window.Format {
	t.Helper()
	f, err := window.NewFormat(name, precision, zone)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPrint(t *testing.T) {
	const instant = "2021-07-01T12:34:56.987654321Z"
	for _, tc := range []struct {
		name, format, precision, zone string
		want                          any
	}{
		{"every digit there is", "", "", "", "2021-07-01T12:34:56.987654321Z"},
		{"seconds", "rfc3339", "s", "", "2021-07-01T12:34:56Z"},
		{"U41 milliseconds", "rfc3339", "ms", "", "2021-07-01T12:34:56.987Z"},
		{"microseconds", "rfc3339", "us", "", "2021-07-01T12:34:56.987654Z"},
		{"nanoseconds", "rfc3339", "ns", "", "2021-07-01T12:34:56.987654321Z"},
		{"U39 in a zone", "rfc3339", "s", "Europe/Berlin", "2021-07-01T14:34:56+02:00"},
		{"epoch_s", "epoch_s", "", "", 1625142896},
		{"epoch_ms", "epoch_ms", "", "", 1625142896987},
		{"epoch_us", "epoch_us", "", "", 1625142896987654},
		{"epoch_ns", "epoch_ns", "", "", 1625142896987654321},
		{"U39 layout without an offset", "2006-01-02 15:04:05", "", "America/New_York", "2021-07-01 08:34:56"},
		{"layout with milliseconds", "2006/01/02 15:04:05.000", "", "UTC", "2021/07/01 12:34:56.987"},
		{"layout with an offset", "20060102T150405-0700", "", "Asia/Kolkata", "20210701T180456+0530"},
		{"layout of minutes", "02.01.2006 15:04", "", "UTC", "01.07.2021 12:34"},
		{"layout of days", "2006-01-02", "", "Pacific/Kiritimati", "2021-07-02"},
		{"layout with PM", "Jan 2, 2006 3:04 PM", "", "UTC", "Jul 1, 2021 12:34 PM"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := format(t, tc.format, tc.precision, tc.zone)
			got := f.Print(at(instant))
			if got != tc.want {
				t.Errorf("%#v, want %#v", got, tc.want)
			}
			back, err := f.Parse(got)
			if err != nil || !back.Equal(f.Floor(at(instant))) {
				t.Errorf("read back as %s, %v", back, err)
			}
		})
	}
	t.Run("before 1970 it is cut off downwards, too", func(t *testing.T) {
		if got := format(t, "epoch_s", "", "").Print(at("1969-12-31T23:59:58.5Z")); got != -2 {
			t.Errorf("%v", got)
		}
	})
}

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		name, format, zone string
		value              any
		want, err          string
	}{
		{"M03 U41 milliseconds are kept", "", "", "2024-01-01T00:00:00.123Z", "2024-01-01T00:00:00.123Z", ""},
		{"U41 nanoseconds are kept", "rfc3339", "", "2024-01-01T00:00:00.123456789Z", "2024-01-01T00:00:00.123456789Z", ""},
		{"C27 U40 an offset", "", "", "2024-01-01T07:00:00+07:00", "2024-01-01", ""},
		{"C27 U40 UTC", "", "", "2024-01-01T00:00:00Z", "2024-01-01", ""},
		{"an offset without a colon", "", "", "2024-01-01T07:00:00.5+0700", "2024-01-01T00:00:00.5Z", ""},
		{"an offset of hours", "", "", "2024-01-01T07:00:00+07", "2024-01-01", ""},
		{"a blank and small letters", "", "", " 2024-01-01 00:00:00z", "2024-01-01", ""},
		{"no seconds", "", "", "2024-01-01T00:00Z", "2024-01-01", ""},
		{"U39 no zone", "", "", "2024-01-01T00:00:00", "", `"9999-99-99a99:99:99" has no zone: declare the time zone`},
		{"U39 a date has no zone", "", "", "2024-01-01", "", "has no zone"},
		{"U39 no zone, declared", "", "America/New_York", "2024-01-01 00:00:00.25", "2024-01-01T05:00:00.25Z", ""},
		{"U39 a date, declared", "", "UTC", "2024-01-01", "2024-01-01", ""},
		{"U39 a zone in the text wins", "", "America/New_York", "2024-01-01T00:00:00Z", "2024-01-01", ""},
		{"U39 what the clock shows twice is the earlier", "", "Europe/Berlin", "2021-10-31T02:30:00", "2021-10-31T00:30:00Z", ""},
		{"a number in place of text", "", "", 1704067200, "", "declare epoch_s or epoch_ms"},
		{"a word", "", "", "s3cr3t", "", `the form "a9aa9a"`},
		{"null", "", "", nil, "", "null"},
		{"a list", "", "", []any{1}, "", "neither"},
		{"an instant", "", "", time.Date(2024, 1, 1, 1, 0, 0, 5, time.FixedZone("", 3600)), "2024-01-01T00:00:00.000000005Z", ""},
		{"an instant where an epoch is declared", "epoch_s", "", at("2024-01-01"), "2024-01-01", ""},
		{"seconds", "epoch_s", "", 1704067200, "2024-01-01", ""},
		{"seconds as int64", "epoch_s", "", int64(1704067200), "2024-01-01", ""},
		{"seconds as text", "epoch_s", "", " 1704067200 ", "2024-01-01", ""},
		{"seconds with a fraction", "epoch_s", "", 1704067200.125, "2024-01-01T00:00:00.125Z", ""},
		{"U41 a fraction that no float has", "epoch_s", "", "1704067200.123456789", "2024-01-01T00:00:00.123456789Z", ""},
		{"seconds, small", "epoch_s", "", 3, "1970-01-01T00:00:03Z", ""},
		{"U41 milliseconds", "epoch_ms", "", 1704067200123, "2024-01-01T00:00:00.123Z", ""},
		{"milliseconds as a float", "epoch_ms", "", 1.704067200123e12, "2024-01-01T00:00:00.123Z", ""},
		{"microseconds", "epoch_us", "", 1704067200123456, "2024-01-01T00:00:00.123456Z", ""},
		{"nanoseconds", "epoch_ns", "", "1704067200123456789", "2024-01-01T00:00:00.123456789Z", ""},
		{"zero", "epoch_ms", "", 0, "1970-01-01", ""},
		{"U41 milliseconds taken for seconds", "epoch_s", "", 1704067200123, "", "is it seconds, milliseconds or microseconds?"},
		{"U41 seconds taken for milliseconds", "epoch_ms", "", 1704067200, "", "makes no sense as a count of 1ms"},
		{"a word in place of a number", "epoch_s", "", "2024-01-01", "", `a number is expected, this has the form "9999-99-99"`},
		{"an exponent", "epoch_s", "", "1e999999999", "", "a number is expected"},
		{"a huge float", "epoch_s", "", 1e300, "", "a number is expected"},
		{"a number beyond all times", "epoch_s", "", "99999999999999999999", "", "makes no sense"},
		{"U39 layout in its zone", "2006-01-02 15:04:05", "America/New_York", "2024-01-01 00:00:00.5", "2024-01-01T05:00:00.5Z", ""},
		{"layout with an offset", "2006-01-02 15:04:05 -0700", "", "2024-01-01 07:00:00 +0700", "2024-01-01", ""},
		{"layout with the letters of its zone", "2006-01-02 15:04:05 MST", "Europe/Berlin", "2024-07-01 02:00:00 CEST", "2024-07-01", ""},
		{"layout with letters of another zone", "2006-01-02 15:04:05 MST", "Europe/Berlin", "2024-07-01 02:00:00 EST", "", "a time like"},
		{"layout with GMT", "Mon, 02 Jan 2006 15:04:05 MST", "UTC", "Mon, 01 Jan 2024 00:00:00 GMT", "2024-01-01", ""},
		{"another form than the layout", "2006-01-02", "UTC", "01/02/2024", "", `this has the form "99/99/9999"`},
		{"a day that begins at one", "2006-01-02", "America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", ""},
		{"a long text is cut", "", "", strings.Repeat("ab1 ", 40), "", `aa9 …"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := format(t, tc.format, "", tc.zone).Parse(tc.value)
			switch {
			case tc.err != "":
				if err == nil || !strings.Contains(err.Error(), tc.err) || strings.Contains(err.Error(), "s3cr3t") {
					t.Errorf("error %v, want %q", err, tc.err)
				}
			case err != nil || !got.Equal(at(tc.want)) || got.Location() != time.UTC:
				t.Errorf("%s, %v; want %s", got, err, tc.want)
			}
		})
	}
}

func TestBadFormats(t *testing.T) {
	for _, tc := range []struct{ name, format, precision, zone, want string }{
		{"precision", "rfc3339", "m", "", "write s, ms, us or ns"},
		{"precision of an epoch", "epoch_s", "ms", "", "goes with the format"},
		{"epoch", "epoch", "", "", "epoch_s, epoch_ms"},
		{"strftime", "%Y-%m-%d", "", "UTC", "strftime"},
		{"a word", "iso", "", "UTC", "neither a known format nor a layout"},
		{"U39 layout without a zone", "2006-01-02 15:04:05", "", "", "declare the time zone"},
		{"no year", "Jan 2 15:04:05", "", "UTC", "cannot be read back"},
		{"12 hours without PM", "2006-01-02 03:04:05", "", "UTC", "cannot be read back"},
		{"a day that is a month", "2006-02-01 15:04:05", "", "UTC", ""},
		{"zone", "", "", "Europe/Berln", "no time zone"},
		{"the zone of the machine", "", "", "Local", "differs from machine to machine"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := window.NewFormat(tc.format, tc.precision, tc.zone)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestEdges(t *testing.T) {
	s := span("2021-01-01T10:00:00.25Z", "2021-01-02T10:00:00.75Z")
	for _, tc := range []struct{ name, format, precision, zone, start, end, closed string }{
		{"seconds", "rfc3339", "s", "", "2021-01-01T10:00:00Z", "2021-01-02T10:00:01Z", "2021-01-02T10:00:00Z"},
		{"milliseconds", "epoch_ms", "", "", "2021-01-01T10:00:00.25Z", "2021-01-02T10:00:00.75Z", "2021-01-02T10:00:00.749Z"},
		{"nanoseconds", "rfc3339", "", "", "2021-01-01T10:00:00.25Z", "2021-01-02T10:00:00.75Z", "2021-01-02T10:00:00.749999999Z"},
		{"minutes", "2006-01-02 15:04", "", "UTC", "2021-01-01T10:00:00Z", "2021-01-02T10:01:00Z", "2021-01-02T10:00:00Z"},
		{"hours", "2006-01-02 15", "", "Asia/Kolkata", "2021-01-01T09:30:00Z", "2021-01-02T10:30:00Z", "2021-01-02T09:30:00Z"},
		{"U10 days", "2006-01-02", "", "UTC", "2021-01-01", "2021-01-03", "2021-01-02"},
		{"days of a zone", "2006-01-02", "", "America/New_York", "2021-01-01T05:00:00Z", "2021-01-03T05:00:00Z", "2021-01-02T05:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := format(t, tc.format, tc.precision, tc.zone)
			if got := (window.Span{Start: f.Floor(s.Start), End: f.Ceil(s.End)}); !sameSpans([]window.Span{got}, []window.Span{span(tc.start, tc.end)}) {
				t.Errorf("aligned %s, want [%s, %s)", got, tc.start, tc.end)
			}
			if got := f.End(s, false); !got.Equal(at(tc.end)) {
				t.Errorf("open end %s, want %s", got, tc.end)
			}
			if got := f.End(s, true); !got.Equal(at(tc.closed)) {
				t.Errorf("closed end %s, want %s", got, tc.closed)
			}
		})
	}
}

// U10: slices sent as closed intervals leave no hole and share no instant at the precision
// that the API knows.
func TestClosedIntervalsFollowOn(t *testing.T) {
	f := format(t, "2006-01-02", "", "UTC")
	var sent []string
	for s := range step(t, "2d", "").Slices(span("2021-01-01", "2021-01-06")) {
		sent = append(sent, fmt.Sprint(f.Print(s.Start), "..", f.Print(f.End(s, true))))
	}
	if want := "2021-01-01..2021-01-02 2021-01-03..2021-01-04 2021-01-05..2021-01-05"; strings.Join(sent, " ") != want {
		t.Errorf("%s, want %s", sent, want)
	}
}

// C27 U40: what is written with different offsets is compared as instants.
func TestOffsetsAreInstants(t *testing.T) {
	f := format(t, "", "", "")
	a, err := f.Parse("2024-01-01T07:00:00+07:00")
	b, err2 := f.Parse("2024-01-01T00:00:00Z")
	if err != nil || err2 != nil || !a.Equal(b) || a != b {
		t.Errorf("%s, %s: %v %v", a, b, err, err2)
	}
}

func TestFormatProperties(t *testing.T) {
	formats := []window.Format{
		format(t, "", "", ""), format(t, "rfc3339", "s", "Europe/Berlin"), format(t, "rfc3339", "ms", ""), format(t, "epoch_s", "", ""),
		format(t, "epoch_ms", "", ""), format(t, "epoch_us", "", ""), format(t, "2006-01-02 15:04:05.0000Z07:00", "", "Asia/Kathmandu"),
		format(t, "2006-01-02 15:04 -0700", "", "Australia/Lord_Howe"), format(t, "2006-01-02 15 -0700", "", "America/Sao_Paulo"),
		format(t, "2006-01-02", "", "America/Sao_Paulo"), format(t, "2006-01-02", "", "Pacific/Apia"),
		format(t, "2006-01-02", "", "America/Goose_Bay"), format(t, "2006-01-02", "", "America/Havana"),
	}
	rapid.Check(t, func(rt *rapid.T) {
		f := rapid.SampledFrom(formats).Draw(rt, "format")
		now := time.Unix(rapid.Int64Range(2e8, 4e9).Draw(rt, "s"), rapid.Int64Range(0, 1e9-1).Draw(rt, "ns")).UTC()
		floor, ceil := f.Floor(now), f.Ceil(now)
		if floor.After(now) || ceil.Before(now) || !f.Floor(floor).Equal(floor) || !f.Ceil(ceil).Equal(ceil) || !f.Floor(ceil).Equal(ceil) {
			rt.Fatalf("%s lies between %s and %s", now, floor, ceil)
		}
		if back, err := f.Parse(f.Print(now)); err != nil || !back.Equal(floor) {
			rt.Fatalf("%s was written as %v and read as %s, %v", now, f.Print(now), back, err)
		}
		s := window.Span{Start: now.Add(-time.Hour), End: now}
		if last := f.End(s, true); !last.Before(s.End) || f.Ceil(last.Add(1)).Before(s.End) {
			rt.Fatalf("%s is not the last instant before %s", last, s.End)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"2024-01-01T00:00:00Z", "2024-01-01", "1704067200.5", "-1", "2024-01-01 00:00:00+0700", "٢٠٢٤", ""} {
		f.Add(seed)
	}
	formats := []window.Format{format(f, "", "", ""), format(f, "", "", "Europe/Berlin"), format(f, "epoch_ms", "", ""), format(f, "2006-01-02 15:04:05 MST", "", "UTC"), format(f, "2006-01-02", "", "Pacific/Apia")}
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range formats {
			got, err := format.Parse(text)
			if err != nil {
				continue
			}
			if back, err := format.Parse(format.Print(got)); err != nil || !back.Equal(format.Floor(got)) {
				t.Errorf("%q is %s, written as %v and read as %s, %v", text, got, format.Print(got), back, err)
			}
		}
	})
}
