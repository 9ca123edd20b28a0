package engine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tqmap/dsl"
	"tqmap/engine/window"
)

// planned is the window of a mapping whose window block has the given lines
// beside its cursor, when the clock shows noon and half a second.
func planned(t *testing.T, lines string, given map[string]string, at Checkpoint) (Window, error) {
	t.Helper()
	b := newBench(t, "      initial = \"2d\"\n", "", "      since   = param.since\n", "", "      until   = param.until\n", "",
		"      order   = \"ascending\"\n", lines+"\n", "param \"since\" { type = time }\nparam \"until\" { type = time }", "param \"since\" { type = time }\nparam \"until\" { type = time }\nparam \"text\" { type = string }\nlocals { unused = [param.since, param.until, param.text] }")
	b.now = noon.Add(500 * time.Millisecond)
	for name, v := range given {
		b.given[name] = dsl.Text(v, "test")
	}
	bound := b.bound()
	return planWindow(bound.Flow("pull").Source.Block("window"), bound, at, time.Time{})
}

func TestPlanWindow(t *testing.T) {
	const span = "since = param.since\nuntil = param.until\n"
	none, saved := Checkpoint{}, Checkpoint{Cursor: at("10:00:00.25")}
	for _, tc := range []struct {
		name       string
		lines      string
		given      map[string]string
		at         Checkpoint
		start, end string // times of the day, "" for none
		stays      bool   // the cursor does not move
	}{
		{"U41 it ends at the run's start, to the second", "", nil, none, "", "12:00:00", false},
		{"first run", `initial = "3h"`, nil, none, "09:00:00", "12:00:00", false},
		{"the cursor wins over initial, and keeps its fraction", `initial = "3h"`, nil, saved, "10:00:00.25", "12:00:00", false},
		{"C09 U12 lookback is taken from the cursor", `lookback = "3h"`, nil, saved, "07:00:00.25", "12:00:00", false},
		{"lookback without a cursor", "lookback = \"3h\"\ninitial = \"1h\"", nil, none, "11:00:00", "12:00:00", false},
		{"since wins over the cursor", span, map[string]string{"since": "2026-03-01T08:00:00"}, saved, "08:00:00", "12:00:00", false},
		{"since takes no lookback", span + `lookback = "3h"`, map[string]string{"since": "2026-03-01T08:00:00"}, saved, "08:00:00", "12:00:00", false},
		{"since on the cursor leaves no gap", span, map[string]string{"since": "2026-03-01T10:00:00.25"}, saved, "10:00:00.25", "12:00:00", false},
		{"a history that leaves a gap does not move the cursor", span, map[string]string{"since": "2026-03-01T10:00:01"}, saved, "10:00:01", "12:00:00", true},
		{"since without a cursor leaves no gap", span, map[string]string{"since": "2026-03-01T10:00:01"}, none, "10:00:01", "12:00:00", false},
		{"until", span, map[string]string{"since": "2026-03-01T08:00:00", "until": "2026-03-01T09:00:00"}, saved, "08:00:00", "09:00:00", false},
		{"initial counts from until", span + `initial = "1h"`, map[string]string{"until": "2026-03-01T09:00:00"}, none, "08:00:00", "09:00:00", false},
		{"until in the future is the run's start", span, map[string]string{"until": "2026-03-02T09:00:00"}, saved, "10:00:00.25", "12:00:00", false},
		{"U40 instants of another zone", span, map[string]string{"since": "2026-03-01T10:00:00+02:00"}, saved, "08:00:00", "12:00:00", false},
		{"a window of one instant", span, map[string]string{"since": "2026-03-01T12:00:00"}, saved, "12:00:00", "12:00:00", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w, err := planned(t, tc.lines, tc.given, tc.at)
			if err != nil {
				t.Fatal(err)
			}
			var start time.Time
			if tc.start != "" {
				start = at(tc.start)
			}
			if !w.Start.Equal(start) || !w.End.Equal(at(tc.end)) || w.Moves == tc.stays {
				t.Errorf("%s to %s, moves %v; want %s to %s, moves %v", w.Start, w.End, w.Moves, tc.start, tc.end, !tc.stays)
			}
		})
	}
}

func TestPlanWindowErrors(t *testing.T) {
	const span = "since = param.since\nuntil = param.until\n"
	for _, tc := range []struct {
		name, lines string
		given       map[string]string
		says        string
	}{
		{"a lookback that looks forward", `lookback = param.text`, map[string]string{"text": "-1h"}, "is not a duration"},
		{"an initial range that looks forward", `initial = param.text`, map[string]string{"text": "-1h"}, "is not a duration"},
		{"a lookback that is no duration", `lookback = param.text`, map[string]string{"text": "soon"}, "not a duration"},
		{"a since that is no time", `since = param.text`, map[string]string{"text": "soon"}, "Bad time"},
		{"C07 start after end", span, map[string]string{"since": "2026-03-01T12:00:01"}, "from 2026-03-01T12:00:01Z to 2026-03-01T12:00:00Z"},
		{"C07 an end before the cursor", span, map[string]string{"until": "2026-03-01T09:00:00"}, "from 2026-03-01T10:00:00Z to 2026-03-01T09:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := planned(t, tc.lines, tc.given, Checkpoint{Cursor: at("10:00:00")})
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %v, want one that says %q", err, tc.says)
			}
			if empty := strings.HasPrefix(tc.name, "C07"); errors.Is(err, ErrEmptyWindow) != empty {
				t.Errorf("error %v is ErrEmptyWindow: %v", err, !empty)
			}
		})
	}
}

func TestWindowVars(t *testing.T) {
	zone := time.FixedZone("east", 7200)
	vars := Window{Span: Span{Start: at("10:00:00.25").In(zone), End: at("12:00:00").In(zone)}, form: plainForm(t)}.Vars()
	if vars["start"] != "2026-03-01T10:00:00.25Z" || vars["end"] != "2026-03-01T12:00:00Z" {
		t.Errorf("%v: windows are written in UTC with the fraction they have", vars)
	}
	if vars := (Window{Span: Span{End: noon}, form: plainForm(t)}).Vars(); vars["start"] != nil {
		t.Errorf("start %v, want null where there is none", vars["start"])
	}
}

// C07: where there is nothing to read, nothing is read, and the run says so.
func TestEmptyWindowIsNotRead(t *testing.T) {
	b := newBench(t)
	b.given["since"], b.given["until"] = dsl.Text("2026-03-01T10:00:00", "test"), dsl.Text("2026-03-01T09:00:00", "test")
	f := b.pull(Partial)
	if len(b.feed.calls) != 0 || len(b.lib.calls) != 0 {
		t.Errorf("calls %v %v, want none", b.feed.calls, b.lib.calls)
	}
	if len(f.Notes) != 1 || !strings.Contains(f.Notes[0], "the window ends before it begins") {
		t.Errorf("notes %q", f.Notes)
	}
}

// A flow without a window reads everything, every time.
func TestNoWindow(t *testing.T) {
	b := newBench(t)
	w, err := planWindow(nil, b.bound(), Checkpoint{Cursor: at("10:00:00")}, time.Time{})
	if err != nil || !w.Start.IsZero() || w.Moves {
		t.Errorf("%+v, %v", w, err)
	}
}

// plainForm is how instants are written where a mapping declares nothing.
func plainForm(t *testing.T) form {
	t.Helper()
	f, err := window.NewFormat("", "", "")
	if err != nil {
		t.Fatal(err)
	}
	return form{Format: f}
}
