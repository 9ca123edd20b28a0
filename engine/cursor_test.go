package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tqmap/engine/page"
	"tqmap/engine/request"
)

// timeline is a server of records that lie on instants, and that misbehaves.
type timeline struct {
	mu        sync.Mutex
	records   []map[string]any
	order     string
	size      int
	pieces    bool
	loose     bool  // gives some of what lies behind the end, too
	moods     []int // what happens at each page, one after the other
	delivered map[string]bool
}

// The moods of a timeline; anything else is an answer.
const (
	moodFails = iota
	moodHoldsBack
	moodSplits
	moodStops
	moodSkips
	moodTells // the first that answers
)

var errBroken = errors.New("broken")

func (s *timeline) mood() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.moods) == 0 {
		return moodTells
	}
	m := s.moods[0]
	s.moods = s.moods[1:]
	return m
}

func instantIn(r map[string]any) time.Time {
	t, err := time.Parse(time.RFC3339, r["at"].(string))
	if err != nil {
		panic(err)
	}
	return t
}

// within are the records of w in the order that is declared.
func (s *timeline) within(w Window) []any {
	var in []map[string]any
	for _, r := range s.records {
		at := instantIn(r)
		stray := s.loose && at.Minute()%2 == 0
		if !at.Before(w.Start) && (at.Before(w.End) || stray) {
			in = append(in, r)
		}
	}
	slices.SortStableFunc(in, func(a, b map[string]any) int { return instantIn(a).Compare(instantIn(b)) })
	switch s.order {
	case descending:
		slices.Reverse(in)
	case "none":
		rand.New(rand.NewSource(int64(len(in)))).Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
	}
	var out []any
	for _, r := range in {
		out = append(out, r)
	}
	return out
}

func (s *timeline) read(_ context.Context, w Window, yield func(*batch) error) error {
	pages := slices.Collect(slices.Chunk(s.within(w), s.size))
	if len(pages) == 0 {
		pages = [][]any{nil}
	}
	for i, records := range pages {
		b := &batch{number: i + 1, records: records}
		mood := s.mood()
		switch mood {
		case moodFails:
			return errBroken
		case moodSplits:
			return &request.RuledError{Action: request.Split}
		case moodStops:
			return &request.RuledError{Action: request.Stop}
		case moodSkips:
			if i > 0 { // on the first page, a rule says that there is nothing
				return &request.RuledError{Action: request.Skip}
			}
		case moodHoldsBack:
			if i+1 < len(pages) {
				b.note = &page.LimitError{}
			}
		}
		if s.pieces && len(records) > 1 {
			if err := yield(&batch{number: i + 1, records: records[:1], more: true}); err != nil {
				return err
			}
			b.records = records[1:]
		}
		if err := yield(b); err != nil {
			return err
		}
		if b.note != nil {
			return nil
		}
	}
	return nil
}

// TestCursorLosesNothing (U4 U8 U11 U34): whatever windows, orders, slices, parallel reading and
// failures come together, every record that lies before a cursor that was committed, or in a
// span that is noted as done, was delivered; and a run without failures delivers the rest.
func TestCursorLosesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		order := rapid.SampledFrom([]string{"none", ascending, descending}).Draw(rt, "order")
		lines := []string{`from = "2026-03-01T06:00:00Z"`, fmt.Sprintf("order = %q", order), `smallest = "1m"`}
		cursor := rapid.Bool().Draw(rt, "cursor")
		if cursor {
			lines = append(lines, `cursor = expr("r.at")`)
		}
		if slice := rapid.SampledFrom([]string{"", "30m", "1h", "hour", "3h"}).Draw(rt, "slice"); slice != "" {
			lines = append(lines, fmt.Sprintf("slice = %q", slice), fmt.Sprintf("parallel = %d", rapid.IntRange(1, 3).Draw(rt, "parallel")))
		}
		if cursor {
			lines = append(lines, fmt.Sprintf(`lookback = "%dm"`, rapid.SampledFrom([]int{0, 0, 45}).Draw(rt, "lookback")))
		}
		source := "request { path = \"/\" }\nwindow {\n" + strings.Join(lines, "\n") + "\n}\n"
		parts := strings.NewReplacer("{api}", "http://api.test", "TOP", "", "CLIENT", "", "SOURCE", source, "RECORD", scenarioParts["record"], "RULES", strings.ReplaceAll(scenarioParts["rules"], "VALUE", "r.id"))
		mapping := load(rt, parts.Replace(scenarioBase))
		server := &timeline{order: order, size: rapid.IntRange(1, 3).Draw(rt, "size"), pieces: rapid.Bool().Draw(rt, "pieces"), loose: rapid.Bool().Draw(rt, "loose"), delivered: map[string]bool{}}
		b := newBench(rt)
		b.mapping, b.now = mapping, at("07:00:00")
		last := at("06:00:00")
		runs := rapid.IntRange(1, 4).Draw(rt, "runs")
		for run := range runs + 1 {
			b.now = b.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(rt, "minutes")) * time.Minute)
			for i := range rapid.IntRange(0, 8).Draw(rt, "records") {
				minutes := rapid.IntRange(0, max(0, int(b.now.Sub(last)/time.Minute)-1)).Draw(rt, "at")
				server.records = append(server.records, map[string]any{"id": fmt.Sprintf("%d/%d", run, i), "at": last.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339)})
			}
			last = b.now
			server.moods = nil
			if run < runs {
				server.moods = rapid.SliceOfN(rapid.IntRange(moodFails, moodTells+3), 0, 8).Draw(rt, "moods")
			}
			err := server.run(rt, b)
			server.check(rt, b, run == runs, err)
		}
	})
}

// run reads what the flow's state says is to be read.
func (s *timeline) run(t *rapid.T, b *bench) error {
	r := b.newRun()
	p, err := r.begin(context.Background(), r.Bound.Flows[0], &FlowReport{})
	if err != nil {
		t.Fatal(err)
	}
	p.source = s
	p.page = func(ctx context.Context, track *track, b *batch) error {
		page := p.mapPage(b)
		for _, m := range page {
			s.delivered[m.Key] = true
		}
		if at := p.follow(track, b, page); at != nil {
			if err := p.commit(ctx, Commit{Checkpoint: at}); err != nil {
				return err
			}
		}
		return p.enough(page)
	}
	return p.read(context.Background())
}

func (s *timeline) check(t *rapid.T, b *bench, end bool, err error) {
	saved := b.state.flow("f").at
	if end && err != nil && !errors.Is(err, ErrEmptyWindow) {
		t.Fatalf("a run without failures ends with %v", err)
	}
	for _, r := range s.records {
		at := instantIn(r)
		before := at.Before(saved.Cursor) || slices.ContainsFunc(saved.Done, func(d Span) bool { return !at.Before(d.Start) && at.Before(d.End) })
		if (before || end && at.Before(b.now)) && !s.delivered[r["id"].(string)] {
			t.Fatalf("record %v is lost: the cursor stands at %s, done are %v\n%s", r, saved.Cursor, saved.Done, b.log)
		}
	}
}
