package window_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"tqmap/engine/window"
)

// at reads 2021-01-05, with a time of day or not, as UTC.
func at(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	if !strings.Contains(text, "T") {
		text += "T00:00:00Z"
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

func span(start, end string) window.Span { return window.Span{Start: at(start), End: at(end)} }

// days are spans of days of 2021-01: "1-3 5-6".
func days(text string) []window.Span {
	var out []window.Span
	for _, part := range strings.Fields(text) {
		from, to, _ := strings.Cut(part, "-")
		out = append(out, span("2021-01-"+("0" + from)[len(from)-1:], "2021-01-"+("0" + to)[len(to)-1:]))
	}
	return out
}

func sameSpans(a, b []window.Span) bool {
	return slices.EqualFunc(a, b, func(a, b window.Span) bool { return a.Start.Equal(b.Start) && a.End.Equal(b.End) })
}

func TestBounds(t *testing.T) {
	now := at("2021-01-10")
	for _, tc := range []struct {
		name string
		b    window.Bounds
		want window.Span
	}{
		{"C09 the cursor less the lookback", window.Bounds{Start: at("2021-01-01"), Cursor: at("2021-01-05"), Lookback: 72 * time.Hour}, span("2021-01-02", "2021-01-10")},
		{"U12 the lookback does not reach before the start", window.Bounds{Start: at("2021-01-04"), Cursor: at("2021-01-05"), Lookback: 72 * time.Hour}, span("2021-01-04", "2021-01-10")},
		{"U12 the lookback is not taken off the start", window.Bounds{Start: at("2021-01-04"), Lookback: 72 * time.Hour}, span("2021-01-04", "2021-01-10")},
		{"a start behind the cursor", window.Bounds{Start: at("2021-01-07"), Cursor: at("2021-01-05")}, span("2021-01-07", "2021-01-10")},
		{"everything", window.Bounds{}, span("", "2021-01-10")},
		{"a cursor alone", window.Bounds{Cursor: at("2021-01-05")}, span("2021-01-05", "2021-01-10")},
		{"until", window.Bounds{Start: at("2021-01-01"), Until: at("2021-01-03")}, span("2021-01-01", "2021-01-03")},
		{"until in the future", window.Bounds{Start: at("2021-01-01"), Until: at("2021-02-03")}, span("2021-01-01", "2021-01-10")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.b.Now = now
			if got := tc.b.Span(); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
	t.Run("C07 a start behind the end is an empty span", func(t *testing.T) {
		if s := (window.Bounds{Start: at("2021-01-11"), Now: now}).Span(); !s.Empty() {
			t.Errorf("%s is not empty", s)
		}
	})
}

func TestHalve(t *testing.T) {
	a, b, err := window.Halve(span("2021-01-01T00:00:00Z", "2021-01-01T00:00:03Z"), time.Second)
	if err != nil || a != span("2021-01-01T00:00:00Z", "2021-01-01T00:00:01Z") || b != span("2021-01-01T00:00:01Z", "2021-01-01T00:00:03Z") {
		t.Errorf("%s, %s, %v", a, b, err)
	}
	for _, s := range []window.Span{
		span("2021-01-01T00:00:00Z", "2021-01-01T00:00:01.5Z"), span("2021-01-01", "2021-01-01"), span("2021-01-02", "2021-01-01"),
	} {
		if _, _, err := window.Halve(s, time.Second); !errors.Is(err, window.ErrFloor) {
			t.Errorf("%s: error %v, want ErrFloor", s, err)
		}
	}
}

func TestHalvingKeepsTheUnion(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		start := time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(rt, "start"), 0)
		s := window.Span{Start: start, End: start.Add(time.Duration(rapid.Int64Range(-10, 1e16).Draw(rt, "length")))}
		floor := time.Duration(rapid.Int64Range(0, 1e15).Draw(rt, "floor"))
		a, b, err := window.Halve(s, floor)
		if err != nil {
			if s.End.Sub(s.Start) >= 2*max(floor, 1) {
				rt.Fatalf("%s has room for two parts of %s: %v", s, floor, err)
			}
			return
		}
		if !sameSpans(window.Merge([]window.Span{a, b}), []window.Span{s}) || !a.End.Equal(b.Start) {
			rt.Fatalf("%s and %s are not %s", a, b, s)
		}
		if a.End.Sub(a.Start) < floor || b.End.Sub(b.Start) < floor || floor > 0 && a.End.Sub(a.Start)%floor != 0 {
			rt.Fatalf("%s or %s does not fit a floor of %s", a, b, floor)
		}
	})
}

func TestMerge(t *testing.T) {
	for _, tc := range []struct{ name, done, more, want string }{
		{"nothing", "", "", ""},
		{"apart", "1-2", "3-4", "1-2 3-4"},
		{"touching", "1-2", "2-3", "1-3"},
		{"overlapping", "1-4 6-8", "3-7", "1-8"},
		{"inside", "1-9", "3-4", "1-9"},
		{"out of order", "7-8 1-2", "4-5", "1-2 4-5 7-8"},
		{"empty and reversed ones", "1-2 5-5", "9-8", "1-2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			done := days(tc.done)
			if got := window.Merge(done, days(tc.more)...); !sameSpans(got, days(tc.want)) {
				t.Errorf("%v, want %v", got, days(tc.want))
			}
			if !sameSpans(done, days(tc.done)) {
				t.Error("what was done has changed")
			}
		})
	}
}

func TestGaps(t *testing.T) {
	// the tens of the case are days here
	whole := span("2021-01-01", "2021-01-09")
	for _, tc := range []struct{ name, done, want string }{
		{"C13 holes and the rest", "1-2 3-4 5-6", "2-3 4-5 6-9"},
		{"nothing is done", "", "1-9"},
		{"all is done", "1-9", ""},
		{"more than all is done", "1-8 8-12", ""},
		{"out of order and overlapping", "5-7 1-3 2-4", "4-5 7-9"},
		{"done behind the end", "10-12", "1-9"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := window.Gaps(whole, days(tc.done)); !sameSpans(got, days(tc.want)) {
				t.Errorf("%v, want %v", got, days(tc.want))
			}
		})
	}
	t.Run("C13 done before the start", func(t *testing.T) {
		if got := window.Gaps(span("2021-01-04", "2021-01-06"), days("1-2 3-5")); !sameSpans(got, days("5-6")) {
			t.Errorf("%v", got)
		}
	})
	t.Run("C07 an empty whole has none", func(t *testing.T) {
		if got := window.Gaps(span("2021-01-04", "2021-01-03"), nil); got != nil {
			t.Errorf("%v", got)
		}
	})
}

func TestContiguous(t *testing.T) {
	for _, tc := range []struct{ name, from, done, want string }{
		{"C15 the second of three failed", "2021-01-01", "1-2 3-4", "2021-01-02"},
		{"U11 parallel slices are merged", "2021-01-01", "3-4 1-2 2-3", "2021-01-04"},
		{"nothing is done", "2021-01-01", "", "2021-01-01"},
		{"the first one failed", "2021-01-01", "2-9", "2021-01-01"},
		{"done from before on", "2021-01-03", "1-5", "2021-01-05"},
		{"done before", "2021-01-05", "1-3", "2021-01-05"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := window.Contiguous(at(tc.from), days(tc.done)); !got.Equal(at(tc.want)) {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func TestGapsAndDoneAreTheWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		instant := rapid.Map(rapid.Int64Range(0, 60), func(s int64) time.Time { return time.Unix(s, 0) })
		one := rapid.Custom(func(t *rapid.T) window.Span {
			return window.Span{Start: instant.Draw(t, "start"), End: instant.Draw(t, "end")}
		})
		whole := window.Span{Start: time.Unix(10, 0), End: time.Unix(50, 0)}
		done := rapid.SliceOfN(one, 0, 8).Draw(rt, "done")
		in := func(spans []window.Span, t time.Time) (n int) {
			for _, s := range spans {
				if !t.Before(s.Start) && t.Before(s.End) {
					n++
				}
			}
			return n
		}
		gaps, merged := window.Gaps(whole, done), window.Merge(done)
		reach := window.Contiguous(whole.Start, done)
		for s := range int64(60) {
			now := time.Unix(s, 0)
			inDone, inWhole := in(done, now) > 0, in([]window.Span{whole}, now) == 1
			if in(merged, now) > 1 || (in(merged, now) == 1) != inDone {
				rt.Fatalf("%v merged is %v", done, merged)
			}
			if n := in(gaps, now); n > 1 || (n == 1) != (inWhole && !inDone) {
				rt.Fatalf("second %d: done %v, gaps %v", s, done, gaps)
			}
			if s >= 10 && now.Before(reach) && !inDone {
				rt.Fatalf("second %d is a hole before %s", s, reach)
			}
		}
		if in(done, reach) > 0 {
			rt.Fatalf("%s is not the end of %v", reach, done)
		}
	})
}
