package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// touchedEvents is a bench with n events of which the ith was touched i minutes before noon.
func touchedEvents(t tb, n int, edits ...string) *bench {
	b := newBench(t, edits...)
	for i := range n {
		o, _ := b.lib.upsert("events", map[string]any{"title": fmt.Sprint("e", i), "type": "OPEN"})
		o.touched = noon.Add(-time.Duration(i) * time.Minute)
	}
	for i, name := range []string{"OPEN", "WORK", "DONE", "DROPPED"} {
		b.lib.types["events"][name] = int64(20 + i)
	}
	return b
}

// read lists the titles that the push flow's source yields for a window from
// start, and how many lists it asked for. during is called after each page.
func (b *bench) read(start time.Time, during func(page int)) (titles []string, notes, lists int) {
	b.t.Helper()
	r := b.newRun()
	src, err := r.source(context.Background(), r.Bound.Flow("push"), &FlowReport{})
	if err != nil {
		b.t.Fatal(err)
	}
	b.lib.calls = nil
	err = src.read(context.Background(), Window{Span: Span{Start: start, End: noon}}, func(p *batch) error {
		for _, rec := range p.records {
			titles = append(titles, title(rec).(string))
		}
		if p.note != nil {
			notes++
		}
		if during != nil {
			during(p.number)
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.lib.calls {
		if c == "GET /api/events" {
			lists++
		}
	}
	return titles, notes, lists
}

func TestEventsNewestFirst(t *testing.T) {
	b := touchedEvents(t, 9)
	titles, _, lists := b.read(noon.Add(-3*time.Minute), nil)
	wantLines(t, "events", titles, []string{"e0", "e1", "e2", "e3"}) // the start is included
	if lists != 3 {
		t.Errorf("%d lists of two, want 3: the third page lies before the window", lists)
	}
	titles, _, lists = b.read(time.Time{}, nil)
	if len(titles) != 9 || lists != 5 {
		t.Errorf("%d events in %d lists without a start", len(titles), lists)
	}
	if titles, _, lists = b.read(noon.Add(time.Hour), nil); len(titles) != 0 || lists != 1 {
		t.Errorf("%d events in %d lists from a start after all of them", len(titles), lists)
	}
}

// A server that ignores the order is read to its end.
func TestEventsInAnyOrder(t *testing.T) {
	b := touchedEvents(t, 9)
	b.lib.unsorted = true
	slices.Reverse(b.lib.objs)
	if titles, _, lists := b.read(noon.Add(-3*time.Minute), nil); len(titles) != 4 || lists != 5 {
		t.Errorf("%v in %d lists, want the four newest from the end of the list", titles, lists)
	}
	// Times that are all equal do not tell that it is sorted either.
	for i, o := range b.lib.objs {
		o.touched = noon.Add(-time.Hour)
		if i == 8 {
			o.touched = noon
		}
	}
	if titles, _, _ := b.read(noon.Add(-3*time.Minute), nil); len(titles) != 1 {
		t.Errorf("%v, want the one that was touched", titles)
	}
}

// Events that are touched while they are read move to the front: some come
// twice, none is jumped over.
func TestEventsTouchedWhileReading(t *testing.T) {
	b := touchedEvents(t, 6)
	titles, _, _ := b.read(time.Time{}, func(page int) {
		if page == 1 {
			b.lib.named("e4").touched = noon.Add(time.Second)
		}
	})
	wantLines(t, "events", titles, []string{"e0", "e1", "e1", "e2", "e3", "e5"})
	if titles, _, _ = b.read(time.Time{}, nil); titles[0] != "e4" {
		t.Errorf("the next run begins with %s: what was touched behind us comes then", titles[0])
	}
}

// Events that leave the list while it is read move the others up.
func TestEventsThatLeave(t *testing.T) {
	b := touchedEvents(t, 6)
	titles, notes, _ := b.read(time.Time{}, func(page int) {
		if page == 1 {
			b.lib.named("e0").typ = "OTHER"
			b.lib.named("e1").typ = "OTHER"
		}
	})
	for _, want := range []string{"e2", "e3", "e4", "e5"} {
		if !slices.Contains(titles, want) {
			t.Errorf("%s was jumped over: %v", want, titles)
		}
	}
	if notes != 0 {
		t.Errorf("%d notes", notes)
	}
	titles, _, _ = b.read(time.Time{}, func(int) { b.lib.objs = nil })
	wantLines(t, "events before all of them left", titles, []string{"e2", "e3"})
}

// A list that comes back empty before its total is told.
func TestEventsHeldBack(t *testing.T) {
	b := touchedEvents(t, 5)
	b.lib.hide = 2
	if titles, notes, _ := b.read(time.Time{}, nil); len(titles) != 2 || notes != 1 {
		t.Errorf("%v, %d notes", titles, notes)
	}
}

// An event that comes twice is sent once.
func TestRepeatedEventIsSentOnce(t *testing.T) {
	b := changedItems(t, []string{"a", "b", "c"})
	repeated := false
	b.lib.after = func(call string) error {
		if call == "GET /api/events" && !repeated {
			repeated = true
			b.lib.setType("Item a", "WORK") // touched again: moves to the front, b comes on the next page once more
		}
		return nil
	}
	b.push(Ok)
	got := b.feed.sends()
	slices.Sort(got)
	if len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Errorf("sent %v", got)
	}
	b.lib.after = nil
	b.push(Ok)
	if got := b.feed.sends(); len(got) != 3 {
		t.Errorf("sent in two runs %v, want each once", got)
	}
}

func TestEventSourceSettings(t *testing.T) {
	for _, tc := range []struct{ old, new, says string }{
		{"page_size = 2", "page_size = 0", "at least one event"},
		{`      lookback = "1h"`, `      order = "ascending"`, "the newest events first"},
	} {
		b := newBench(t, tc.old, tc.new)
		if f := b.push(Failed); !strings.Contains(f.Error, tc.says) || len(b.feed.calls)+len(b.lib.calls) > 0 {
			t.Errorf("%s: error %q, calls %v", tc.new, f.Error, b.lib.calls)
		}
	}
	b := newBench(t)
	r := b.newRun()
	r.Platform = nil
	if err := r.Preview(context.Background(), r.Bound.Flow("push"), nil); err == nil || !strings.Contains(err.Error(), "needs a connection to ThreatQ") {
		t.Errorf("error %v without ThreatQ", err)
	}
}
