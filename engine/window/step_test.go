package window_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tqmap/engine/window"
)

func step(t testing.TB, text, zone string) window.Step {
	t.Helper()
	loc, err := window.LoadZone(zone)
	if err != nil {
		t.Fatal(err)
	}
	s, err := window.ParseStep(text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// cuts are the starts of all slices and the end of the last one, without zeros at the end.
func cuts(slices []window.Span) string {
	var out []string
	for i, s := range slices {
		out = append(out, short(s.Start))
		if i == len(slices)-1 {
			out = append(out, short(s.End))
		}
	}
	return strings.Join(out, " ")
}

func short(t time.Time) string {
	return strings.TrimSuffix(strings.TrimSuffix(t.UTC().Format("01-02T15:04:05"), ":00"), "T00:00")
}

func TestSlices(t *testing.T) {
	for _, tc := range []struct{ name, step, zone, start, end, want string }{
		{"C01 days, without an empty one at the end", "1d", "", "2021-01-01", "2021-01-05", "01-01 01-02 01-03 01-04 01-05"},
		{"C03 weeks from the start", "7d", "", "2021-01-01", "2021-02-10", "01-01 01-08 01-15 01-22 01-29 02-05 02-10"},
		{"C05 a step longer than the window", "12d", "", "2021-01-01", "2021-01-10", "01-01 01-10"},
		{"C07 a start behind the end", "1d", "", "2021-01-10", "2021-01-01", ""},
		{"C11 start and end are the same", "1d", "", "2021-01-01", "2021-01-01", ""},
		{"U10 a day with a rest of seconds", "1d", "", "2021-01-01T10:00:07Z", "2021-01-02T10:00:09Z", "01-01T10:00:07 01-02T10:00:07 01-02T10:00:09"},
		{"12h", "12h", "", "2021-01-01", "2021-01-02", "01-01 01-01T12:00 01-02"},
		{"calendar days", "day", "", "2021-01-01T10:30:00Z", "2021-01-03T05:00:00Z", "01-01T10:30 01-02 01-03 01-03T05:00"},
		{"calendar weeks begin on Monday", "week", "", "2021-01-01", "2021-01-20", "01-01 01-04 01-11 01-18 01-20"},
		{"a calendar week from Monday", "week", "", "2021-01-04", "2021-01-11", "01-04 01-11"},
		{"a calendar week from Sunday", "week", "", "2021-01-10", "2021-01-12", "01-10 01-11 01-12"},
		{"months", "month", "", "2021-01-31", "2021-04-02", "01-31 02-01 03-01 04-01 04-02"},
		{"hours", "hour", "", "2021-01-01T10:59:59Z", "2021-01-01T12:00:00Z", "01-01T10:59:59 01-01T11:00 01-01T12:00"},
		{"hours of a zone with half an hour", "hour", "Asia/Kolkata", "2021-01-01T10:00:00Z", "2021-01-01T12:00:00Z", "01-01T10:00 01-01T10:30 01-01T11:30 01-01T12:00"},
		{"days of a zone", "day", "America/New_York", "2021-01-01", "2021-01-02T12:00:00Z", "01-01 01-01T05:00 01-02T05:00 01-02T12:00"},
		{"a day of 23 hours", "day", "Europe/Berlin", "2021-03-26T23:00:00Z", "2021-03-29T22:00:00Z", "03-26T23:00 03-27T23:00 03-28T22:00 03-29T22:00"},
		{"a day of 25 hours", "day", "Europe/Berlin", "2021-10-30T22:00:00Z", "2021-11-01T23:00:00Z", "10-30T22:00 10-31T23:00 11-01T23:00"},
		{"hours while the clock is set back", "hour", "Europe/Berlin", "2021-10-30T23:30:00Z", "2021-10-31T02:00:00Z", "10-30T23:30 10-31 10-31T01:00 10-31T02:00"},
		{"hours where the clock is set back by half of one", "hour", "Australia/Lord_Howe", "2021-04-03T13:30:00Z", "2021-04-03T16:00:00Z", "04-03T13:30 04-03T14:00 04-03T15:00 04-03T15:30 04-03T16:00"},
		{"hours where the clock is moved a minute after a full one", "hour", "America/Goose_Bay", "2010-11-07T02:30:00Z", "2010-11-07T05:00:00Z", "11-07T02:30 11-07T03:00 11-07T04:00 11-07T05:00"},
		{"a day that begins at one", "day", "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-05T12:00:00Z", "11-03T12:00 11-04T03:00 11-05T02:00 11-05T12:00"},
		{"a midnight that comes twice", "day", "America/Havana", "2021-11-06T12:00:00Z", "2021-11-08T12:00:00Z", "11-06T12:00 11-07T04:00 11-08T05:00 11-08T12:00"},
		{"a day that was left out", "day", "Pacific/Apia", "2011-12-29T12:00:00Z", "2012-01-01T00:00:00Z", "12-29T12:00 12-30T10:00 12-31T10:00 01-01"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := slices.Collect(step(t, tc.step, tc.zone).Slices(span(tc.start, tc.end)))
			if cuts(got) != tc.want {
				t.Errorf("%s\nwant %s", cuts(got), tc.want)
			}
		})
	}
}

func TestNoStepDoesNotCut(t *testing.T) {
	whole := span("2021-01-01", "2022-01-01")
	if got := slices.Collect(window.Step{}.Slices(whole)); !sameSpans(got, []window.Span{whole}) {
		t.Errorf("%v", got)
	}
}

func TestCalendarWithoutAZone(t *testing.T) {
	p, err := window.ParseStep("day", nil)
	if got := cuts(slices.Collect(p.Slices(span("2021-01-01T10:00:00Z", "2021-01-02T10:00:00Z")))); err != nil || got != "01-01T10:00 01-02 01-02T10:00" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestBadSteps(t *testing.T) {
	for _, text := range []string{"", "0s", "-1d", "1", "1 day", "fortnight", "month ", "1e400d"} {
		if _, err := window.ParseStep(text, time.UTC); err == nil || !strings.Contains(err.Error(), "hour, day, week, month") {
			t.Errorf("%q: error %v, want one that says what to write", text, err)
		}
	}
}

func TestSlicesCoverTheWindow(t *testing.T) {
	zones := []string{"", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "America/Goose_Bay", "Africa/Cairo"}
	steps := []string{"hour", "day", "week", "month", "7d", "36h", "90m", "1h0m0.7s"}
	rapid.Check(t, func(rt *rapid.T) {
		zone, text := rapid.SampledFrom(zones).Draw(rt, "zone"), rapid.SampledFrom(steps).Draw(rt, "step")
		start := time.Unix(rapid.Int64Range(-2e9, 3e9).Draw(rt, "start"), rapid.Int64Range(0, 1e9-1).Draw(rt, "ns"))
		whole := window.Span{Start: start, End: start.Add(time.Duration(rapid.Int64Range(-1e12, 4e15).Draw(rt, "length")))}
		p, at := step(t, text, zone), whole.Start
		loc, _ := window.LoadZone(zone)
		for s := range p.Slices(whole) {
			if !s.Start.Equal(at) || s.Empty() || s.End.After(whole.End) {
				rt.Fatalf("%s does not follow on %s in %s", s, at, whole)
			}
			if text == "day" && s.Start != whole.Start {
				before, after := s.Start.Add(-1).In(loc), s.Start.In(loc)
				if before.Day() == after.Day() {
					rt.Fatalf("%s is no midnight of %q", after, zone)
				}
			}
			if s.End.Sub(s.Start) > 32*24*time.Hour {
				rt.Fatalf("%s is longer than any step", s)
			}
			at = s.End
		}
		if !whole.Empty() && !at.Equal(whole.End) {
			rt.Fatalf("%s is cut only up to %s", whole, at)
		}
	})
}

// A back-fill of a million slices is planned one by one.
func TestSlicesTakeNoMemory(t *testing.T) {
	whole, n := span("2010-01-01", "2021-01-01"), 0
	for _, text := range []string{"1h", "hour"} {
		p := step(t, text, "Europe/Berlin")
		allocs := testing.AllocsPerRun(1, func() {
			for range p.Slices(whole) {
				n++
			}
		})
		if allocs > 10 {
			t.Errorf("%s: %v allocations", text, allocs)
		}
	}
	if n < 4*11*365*24 {
		t.Errorf("%d slices are too few to tell", n)
	}
}
