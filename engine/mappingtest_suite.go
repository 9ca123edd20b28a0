package engine

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"time"

	"tqmap/dsl"
)

// TestResult is what became of one test block.
type TestResult struct {
	Test *dsl.Test
	// Mismatches are what it expected and did not get; none if it passed.
	Mismatches []Mismatch
	// Err is why it could not be run.
	Err  error
	Took time.Duration
}

// Passed says that everything came out as expected.
func (r TestResult) Passed() bool { return r.Err == nil && len(r.Mismatches) == 0 }

// Suite runs the test blocks of a mapping.
type Suite struct {
	Mapping *dsl.Mapping
	// Clock tells how long tests take, and the time that a test runs at which names none.
	Clock func() time.Time
	// Seen notes what the tests exercise; nil: nothing does.
	Seen *dsl.Seen
}

// Run runs one test. Nothing is sent anywhere.
func (s Suite) Run(ctx context.Context, t *dsl.Test) TestResult {
	begin := s.Clock()
	bad, err := s.run(ctx, t, begin)
	return TestResult{Test: t, Mismatches: bad, Err: err, Took: s.Clock().Sub(begin)}
}

func (s Suite) run(ctx context.Context, t *dsl.Test, now time.Time) ([]Mismatch, error) {
	rec, err := testRecording(t, s.Mapping)
	if err != nil {
		return nil, err
	}
	if rec != nil {
		now = rec.Run.Now
	}
	given, now, err := t.Setting(now.UTC())
	if err != nil {
		return nil, err
	}
	if rec != nil { // what the test says counts more
		all := rec.Run.Given(s.Mapping)
		maps.Copy(all, given)
		given = all
	}
	s.standIns(given)
	bound, errs := s.Mapping.Bind(given, now)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if s.Seen != nil {
		bound.Watch(s.Seen)
	}
	r := &Run{Bound: bound, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	return r.Test(ctx, t)
}

// standIn is the value of what a test need not say: an address, a user, a password.
const standIn = "standin"

// standIns fills in what is required, and secrets, which another parameter may require.
func (s Suite) standIns(given map[string]dsl.Given) {
	for _, p := range s.Mapping.Params {
		if _, ok := given[p.Name]; !ok && (p.Required || p.Sensitive) && p.Type == dsl.StringParam && p.Default() == "" {
			given[p.Name] = dsl.Text(standIn, "a test")
		}
	}
}

// Coverage is how much of a mapping its tests exercise.
type Coverage struct {
	Kinds []KindCoverage `json:"kinds"`
	// Covered of Total points were exercised, which is Percent.
	Covered int     `json:"covered"`
	Total   int     `json:"total"`
	Percent float64 `json:"percent"`
	// Missing are the points that were not, in file order.
	Missing []dsl.Point `json:"-"`
}

// KindCoverage is the coverage of one kind of point.
type KindCoverage struct {
	Kind    string `json:"kind"`
	Covered int    `json:"covered"`
	Total   int    `json:"total"`
}

// Coverage sums up what s.Seen has seen so far.
func (s Suite) Coverage() Coverage {
	var out Coverage
	for _, kind := range dsl.PointKinds() {
		k := KindCoverage{Kind: kind}
		for _, p := range s.Mapping.Points() {
			if p.Kind != kind {
				continue
			}
			k.Total++
			if s.Seen.Covered(p) {
				k.Covered++
			}
		}
		if k.Total > 0 {
			out.Kinds = append(out.Kinds, k)
		}
		out.Covered, out.Total = out.Covered+k.Covered, out.Total+k.Total
	}
	out.Percent = 100
	if out.Total > 0 {
		out.Percent = 100 * float64(out.Covered) / float64(out.Total)
	}
	for _, p := range s.Mapping.Points() {
		if !s.Seen.Covered(p) {
			out.Missing = append(out.Missing, p)
		}
	}
	return out
}
