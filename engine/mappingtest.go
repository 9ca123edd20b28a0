package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/dsl/code"
)

// Mismatch is one thing that a test block expected and did not get.
type Mismatch struct {
	// At is the expectation in the mapping file.
	At   hcl.Range
	Kind MismatchKind
	// Text says in a line what is wrong, and Notes what helps to see why.
	Text  string
	Notes []string
	// Differences are where a value is another one; none for what is not about a value.
	Differences []Difference
	// Of says whose value it is (event "Beacon"), Field under which attribute of the test.
	Of, Field string
	// Side is what the values are that are not the expected ones: "mapped", "sent", "skipped".
	Side string

	fix func(*dsl.Rewrite) error // nil: the expectation is not what is to be changed
}

// MismatchKind says what a Mismatch is about.
type MismatchKind string

// Differs: a value is another one. Absent: what is expected did not come out at all.
// Unexpected: a request that nothing stands for, or that never came. Broken: the run failed.
const (
	Differs    MismatchKind = "differs"
	Absent     MismatchKind = "absent"
	Unexpected MismatchKind = "unexpected"
	Broken     MismatchKind = "broken"
)

// String is the whole of m, one thing a line: "- .path: value" is only expected, "+ .path:
// value" is only there.
func (m Mismatch) String() string {
	lines := []string{fmt.Sprintf("%s: %s", m.At, m.Text)}
	if m.Side != "" {
		lines[0] += fmt.Sprintf(" (- expected, + %s):", m.Side)
	}
	for _, note := range m.Notes {
		lines = append(lines, "  "+note)
	}
	for _, d := range m.Differences {
		lines = append(lines, d.lines()...)
	}
	return strings.Join(lines, "\n")
}

// ErrNotUpdated says that a mismatch is a mistake of the mapping or of the test, which another
// expectation would only hide.
var ErrNotUpdated = errors.New("no other expectation would set this right")

// Update writes what came out in place of what m expected.
func (m Mismatch) Update(w *dsl.Rewrite) error {
	if m.fix == nil {
		return ErrNotUpdated
	}
	return m.fix(w)
}

// Test runs a test block. It needs a Run with nothing but Bound and Log: a test
// never touches a network, a state or ThreatQ. A test with exchanges runs the whole flow,
// against an empty ThreatQ and a state of its own.
func (r *Run) Test(ctx context.Context, t *dsl.Test) ([]Mismatch, error) {
	c := &testCheck{run: r, test: t, read: t.Node.Read(r.Bound.Scope), skipped: map[string]int{}}
	try := c.mapping
	if t.Whole() {
		try = c.whole
	}
	if err := try(ctx); err != nil {
		return nil, err
	}
	if len(c.bad) > 0 && c.bad[0].Kind == Unexpected && errors.Is(c.ended, errRefused) {
		return c.bad, c.read.Err() // what is missing now follows from that
	}
	c.objects()
	c.counts()
	if t.Flow.Sink != nil && !t.Whole() {
		if err := c.requests(ctx); err != nil {
			return nil, err
		}
	}
	sort.SliceStable(c.bad, func(i, j int) bool { return c.bad[i].At.Start.Byte < c.bad[j].At.Start.Byte })
	return c.bad, c.read.Err()
}

// mapping maps the records of the test.
func (c *testCheck) mapping(ctx context.Context) error {
	m, err := newMapper(c.run.Bound, c.test.Flow)
	if err != nil {
		return err
	}
	records, err := c.run.testRecords(ctx, c.test)
	if err != nil {
		return err
	}
	for _, record := range records {
		mapped := m.Map(record)
		c.dead = append(c.dead, mapped.letters()...)
		c.add(mapped)
	}
	return nil
}

// testRecords reads the recorded answers, or the records given in the file.
func (r *Run) testRecords(ctx context.Context, t *dsl.Test) ([]any, error) {
	read := t.Node.Read(r.Bound.Scope)
	var records []any
	for _, name := range read.Strings("responses") {
		body, err := r.Bound.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", place(t.Node.Val("responses").Range), err)
		}
		more, err := r.recorded(ctx, t.Flow, body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		records = append(records, more...)
	}
	switch given := read.Any("records").(type) {
	case nil:
	case []any:
		if shape := t.Flow.Source.Spec.Yields; shape != nil {
			for _, record := range given {
				restoreTimes(record, *shape)
			}
		}
		records = append(records, given...)
	default:
		read.Fail("records", "List expected", "records is a list, also of one: [{ … }].")
	}
	return records, read.Err()
}

type testCheck struct {
	run     *Run
	test    *dsl.Test
	read    *dsl.Reading
	mapped  []Mapped
	skipped map[string]int
	leftOut []string
	dead    []DeadLetter
	bad     []Mismatch
	ended   error // why the whole flow did not come to its end
}

func (c *testCheck) fail(kind MismatchKind, at hcl.Range, format string, args ...any) *Mismatch {
	c.bad = append(c.bad, Mismatch{Kind: kind, At: at, Text: fmt.Sprintf(format, args...)})
	return &c.bad[len(c.bad)-1]
}

// differ compares an attribute of n with what is there. made says what made the part at a
// path; nil: nobody knows. side is what the values are that are there, of is whose they are.
func (c *testCheck) differ(n *dsl.Node, field string, want, got any, made func(path []any) hcl.Range, side, of, format string, args ...any) {
	all := differences(want, got)
	if len(all) == 0 {
		return
	}
	v := n.Val(field)
	for i := range all {
		all[i].At = v.Part(all[i].Path...)
		if made != nil {
			all[i].Made = made(all[i].Path)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].At.Start.Byte < all[j].At.Start.Byte })
	m := c.fail(Differs, v.Range, format, args...)
	m.Differences, m.Side, m.Of, m.Field = all, side, of, field
	m.fix = func(w *dsl.Rewrite) error {
		var failed []error
		for _, d := range all {
			if d.Found || field == "attributes" {
				failed = append(failed, w.Set(v, d.Path, d.Got))
			} else {
				failed = append(failed, w.Remove(v, d.Path))
			}
		}
		return errors.Join(failed...)
	}
}

func (c *testCheck) add(m Mapped) {
	switch {
	case m.Dead != nil:
	case m.Skipped != "":
		c.skipped[m.Skipped]++
		c.leftOut = append(c.leftOut, fmt.Sprintf("left out: %s: %s", m.Key, m.Skipped))
	default:
		c.mapped = append(c.mapped, m)
	}
}

// objects compares each expect block with the object it names.
func (c *testCheck) objects() {
	for _, n := range c.test.Node.All("expect") {
		typ, name := n.Labels[0], n.Labels[1]
		got, names := c.describe(typ, name)
		if got == nil {
			there := "there is none at all"
			if len(names) > 0 {
				there = "there are: " + strings.Join(names, ", ")
			}
			c.fail(Absent, n.Range, "no %s is called %q; %s", typ, name, there).Notes = c.lost()
			continue
		}
		read := n.Read(c.run.Bound.Scope)
		for _, field := range n.Names() {
			if _, known := got.fields[field]; !known && !got.open {
				c.fail(Broken, n.Val(field).NameRange, "%s has no field %q.%s", article(typ)+" "+typ, field, code.Suggest(field, slices.Sorted(maps.Keys(got.fields))))
				continue
			}
			want := sameInstant(read.Any(field), got.fields[field])
			made := func(path []any) hcl.Range { return got.at(field, path) }
			c.differ(n, field, want, only(want, got.fields[field]), made, "mapped", fmt.Sprintf("%s %q", typ, name), "%s %q, %s is not as expected", typ, name, field)
		}
		c.unreadable(n, read)
	}
}

// manyLost is how many of the records that came to nothing are told.
const manyLost = 5

// lost are the records that came to nothing, and why.
func (c *testCheck) lost() []string {
	out := slices.Clone(c.leftOut)
	for _, d := range c.dead {
		out = append(out, fmt.Sprintf("dead letter: %s: %s %s", d.Key, d.Reason, d.Where))
	}
	if len(out) > manyLost {
		out = append(out[:manyLost], fmt.Sprintf("… and %d more records that came to nothing", len(out)-manyLost))
	}
	return out
}

// unreadable reports what is wrong with the expectation itself.
func (c *testCheck) unreadable(n *dsl.Node, read *dsl.Reading) {
	if err := read.Err(); err != nil {
		c.fail(Broken, n.Range, "%s", err)
	}
}

func (c *testCheck) counts() {
	if c.test.Node.Val("skipped") != nil {
		c.differ(c.test.Node, "skipped", c.read.Any("skipped"), c.skipped, c.skipAt, "skipped", "records left out", "other records are left out than expected")
	}
	want := c.read.Int("dead", 0)
	if len(c.dead) == want {
		return
	}
	v := c.test.Node.Val("dead")
	at := c.test.Node.Range
	if v != nil {
		at = v.Range
	}
	m := c.fail(Differs, at, "%d records became dead letters, expected %d", len(c.dead), want)
	for _, d := range c.dead {
		m.Notes = append(m.Notes, fmt.Sprintf("%s: %s %s", d.Key, d.Reason, d.Where))
	}
	n := len(c.dead)
	m.fix = func(w *dsl.Rewrite) error {
		if v == nil {
			return w.Add(c.test.Node, "dead", n)
		}
		return w.Set(v, nil, n)
	}
}

// skipAt is the skip that leaves records out under the reason at path.
func (c *testCheck) skipAt(path []any) hcl.Range {
	for _, s := range c.test.Flow.Record.Skips {
		if len(path) > 0 && (path[0] == s.Reason || strings.HasPrefix(fmt.Sprint(path[0]), s.Reason+": ")) {
			return s.Val.Range
		}
	}
	return hcl.Range{}
}
