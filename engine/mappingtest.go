package engine

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
)

// Mismatch is one thing that a test block expected and did not get.
type Mismatch struct {
	// At is the expectation in the mapping file.
	At   hcl.Range
	Text string
}

func (m Mismatch) String() string { return fmt.Sprintf("%s: %s", m.At, m.Text) }

// Test runs a test block. It needs a Run with nothing but Bound and Log: a test
// never touches a network, a state or ThreatQ.
func (r *Run) Test(ctx context.Context, t *dsl.Test) ([]Mismatch, error) {
	m, err := newMapper(r.Bound, t.Flow)
	if err != nil {
		return nil, err
	}
	records, err := r.testRecords(ctx, t)
	if err != nil {
		return nil, err
	}
	c := &testCheck{run: r, test: t, read: t.Node.Read(r.Bound.Scope), skipped: map[string]int{}}
	for _, record := range records {
		c.add(m.Map(record))
	}
	c.objects()
	c.counts()
	if t.Flow.Sink != nil {
		if err := c.requests(ctx); err != nil {
			return nil, err
		}
	}
	return c.bad, c.read.Err()
}

// testRecords reads the recorded answers, or the records given in the file.
func (r *Run) testRecords(ctx context.Context, t *dsl.Test) ([]any, error) {
	read := t.Node.Read(r.Bound.Scope)
	var records []any
	for _, name := range read.Strings("responses") {
		body, err := r.Bound.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Node.Val("responses").Range, err)
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
	dead    []DeadLetter
	bad     []Mismatch
}

func (c *testCheck) fail(at hcl.Range, format string, args ...any) {
	c.bad = append(c.bad, Mismatch{At: at, Text: fmt.Sprintf(format, args...)})
}

func (c *testCheck) add(m Mapped) {
	c.dead = append(c.dead, m.letters()...)
	switch {
	case m.Dead != nil:
	case m.Skipped != "":
		c.skipped[m.Skipped]++
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
			c.fail(n.Range, "no %s is called %q; there are: %s", typ, name, strings.Join(names, ", "))
			continue
		}
		read := n.Read(c.run.Bound.Scope)
		for _, field := range n.Names() {
			want := read.Any(field)
			if diff := difference(want, only(want, got[field])); diff != "" {
				c.fail(n.Val(field).Range, "%s %q, %s is not as expected (- expected, + mapped):\n%s", typ, name, field, diff)
			}
		}
		c.unreadable(n, read)
	}
}

// unreadable reports what is wrong with the expectation itself.
func (c *testCheck) unreadable(n *dsl.Node, read *dsl.Reading) {
	if err := read.Err(); err != nil {
		c.fail(n.Range, "%s", err)
	}
}

// only keeps of a mapped object what the expectation names, so that a test need
// not list every attribute.
func only(want, got any) any {
	w, ok := want.(map[string]any)
	g, ok2 := got.(map[string]any)
	if !ok || !ok2 {
		return got
	}
	out := map[string]any{}
	for k := range w {
		if v, ok := g[k]; ok {
			out[k] = v
		}
	}
	return out
}

// describe is what is called name in the words of expect blocks, nil and the names there are
// if nothing is.
func (c *testCheck) describe(typ, name string) (map[string]any, []string) {
	if c.test.Flow.Items() && typ == "item" {
		return c.item(name)
	}
	found, names := c.find(typ, name)
	if found == nil {
		return nil, names
	}
	return describeObject(found.object, found.record), nil
}

// item is an item by its key or label: its fields, or `item` where it is a single value.
func (c *testCheck) item(name string) (map[string]any, []string) {
	var names []string
	for i := range c.mapped {
		it := c.mapped[i].Item
		if it.Key != name && it.Name() != name {
			names = append(names, strconv.Quote(it.Name()))
			continue
		}
		got := map[string]any{"key": it.Key, "label": it.Name(), "expires": nil}
		if !it.Expires.IsZero() {
			got["expires"] = it.Expires.UTC().Format(time.RFC3339Nano)
		}
		if fields, ok := it.Body.(map[string]any); ok {
			maps.Copy(got, fields)
		} else {
			got["item"] = it.Body
		}
		return got, nil
	}
	return nil, names
}

type foundObject struct {
	object *Object
	record *Mapped
}

// find returns the object called name, else the first that has it in its name,
// else the names there are.
func (c *testCheck) find(typ, name string) (*foundObject, []string) {
	var part *foundObject
	var names []string
	for i := range c.mapped {
		for j := range c.mapped[i].Objects {
			o := &c.mapped[i].Objects[j]
			if o.Rule.Type != typ {
				continue
			}
			this := &foundObject{o, &c.mapped[i]}
			if o.Name == name || o.Key == name {
				return this, nil
			}
			if part == nil && strings.Contains(o.Name, name) {
				part = this
			}
			names = append(names, fmt.Sprintf("%q", o.Name))
		}
	}
	return part, names
}

// describeObject is an object in the words of expect blocks.
func describeObject(o *Object, of *Mapped) map[string]any {
	attrs := map[string]any{}
	for _, a := range o.Attributes {
		switch have := attrs[a.Name].(type) {
		case nil:
			attrs[a.Name] = a.Value
		case []any:
			attrs[a.Name] = append(have, a.Value)
		default:
			attrs[a.Name] = []any{have, a.Value}
		}
	}
	out := map[string]any{
		"description": o.Description, "attributes": attrs, "tags": o.Tags,
		"indicators": relatedIndicators(o, of), "related": relatedTo(o, of),
	}
	if len(o.Sources) > 0 {
		out["tlp"] = o.Sources[0].TLP
	}
	for _, f := range o.Collection.Kind().Fields {
		out[f.Name] = o.Text(f.Name)
	}
	if o.Score != nil {
		out["score"] = *o.Score
	}
	return out
}

// relatedIndicators are [type, value] pairs of the indicators linked to o.
func relatedIndicators(o *Object, of *Mapped) []any {
	out := []any{}
	for _, other := range of.Linked(of.index(o)) {
		if other.Rule.Type == "indicator" {
			out = append(out, []any{other.Type, other.Name})
		}
	}
	return out
}

// relatedTo are [object, name] pairs of everything linked to o.
func relatedTo(o *Object, of *Mapped) []any {
	out := []any{}
	for _, other := range of.Linked(of.index(o)) {
		out = append(out, []any{other.Rule.Type, other.Name})
	}
	return out
}

func (c *testCheck) counts() {
	if v := c.test.Node.Val("skipped"); v != nil {
		if diff := difference(c.read.Any("skipped"), c.skipped); diff != "" {
			c.fail(v.Range, "other records are left out than expected (- expected, + skipped):\n%s", diff)
		}
	}
	want := c.read.Int("dead", 0)
	if len(c.dead) == want {
		return
	}
	at := c.test.Node.Range
	if v := c.test.Node.Val("dead"); v != nil {
		at = v.Range
	}
	reasons := ""
	for _, d := range c.dead {
		reasons += fmt.Sprintf("\n  %s: %s %s", d.Key, d.Reason, d.Where)
	}
	c.fail(at, "%d records became dead letters, expected %d%s", len(c.dead), want, reasons)
}
