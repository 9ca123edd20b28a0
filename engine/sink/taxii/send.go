package taxii

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tqmap/dsl/code"
	"tqmap/engine/export"
	"tqmap/engine/stix"
)

// Send gives items to the collection, as objects with their relations.
func (t *Sink) Send(ctx context.Context, op export.Op, items []*export.Item) (int, []export.Result, error) {
	if t.to == nil {
		var err error
		if t.to, err = t.open(ctx); err != nil {
			return len(items), nil, err
		}
		t.stix.Version = t.to.Version
	}
	g, err := stix.New(t.stix)
	if err != nil {
		return len(items), nil, err
	}
	s := sending{results: make([]export.Result, len(items)), of: map[string][]int{}}
	for i, it := range items {
		s.results[i] = t.add(g, op, it)
		if id, _, ok := strings.Cut(s.results[i].ID, "@"); ok {
			s.of[id] = append(s.of[id], i)
		}
	}
	objects := slices.Collect(g.Objects())
	out, err := t.to.Push(ctx, g, objects)
	if err != nil {
		return len(items), nil, err
	}
	s.judge(objects, out)
	return len(items), s.results, nil
}

// add puts an item into g. Its ID says which object, and which version of it, the target is given.
func (t *Sink) add(g *stix.Graph, op export.Op, it *export.Item) export.Result {
	o, err := t.object(op, it)
	if err != nil {
		return export.Result{Err: err}
	}
	id, err := g.Add(t.exportable(g, o))
	if err != nil {
		return export.Result{Err: err}
	}
	return export.Result{ID: id + "@" + o.Modified.UTC().Format(time.RFC3339Nano)}
}

// object is what is sent of an item. Each version is later than the one before: of one that the
// server has it takes no other content.
func (t *Sink) object(op export.Op, it *export.Item) (stix.Object, error) {
	body, again := it.Body, true
	if op == export.Expire {
		var err error
		if body, err = code.Decode(it.Before.Sent); err != nil {
			return stix.Object{}, fmt.Errorf("what was delivered of it cannot be read: %w", err)
		}
	} else if it.Before != nil {
		again = bytes.Equal(it.Before.Sent, it.Sent)
	}
	o, err := objectOf(body)
	if err != nil {
		return o, err
	}
	if o.Modified.Before(o.Created) {
		o.Modified = o.Created
	}
	last := o.Modified
	if _, at, ok := strings.Cut(it.ID, "@"); ok {
		if v, err := time.Parse(time.RFC3339Nano, at); err == nil {
			last = v
		}
	}
	switch {
	case op == export.Expire:
		o.Revoked = true
		if o.Object != "report" { // which must refer to something
			o.Related = nil
		}
		o.Modified = t.after(last)
	case it.Before == nil:
	case again:
		o.Modified = last // as it was sent before
	case !o.Modified.After(last):
		o.Modified = t.after(last)
	}
	return o, nil
}

// after is a version that is later than last: that of the run, if it is.
func (t *Sink) after(last time.Time) time.Time {
	now := t.setting.Now.UTC().Truncate(time.Millisecond)
	if now.After(last) {
		return now
	}
	return last.Truncate(time.Millisecond).Add(time.Millisecond)
}

// sending is what becomes of the items of one Send.
type sending struct {
	results []export.Result
	of      map[string][]int // items by the ids of their objects
}

var errNotSaid = errors.New("the server has not said what became of it")

// judge puts what the server says of objects down to the items that they are of: a relation
// is of both its ends.
func (s *sending) judge(objects []stix.Encoded, out map[string]Outcome) {
	for _, o := range objects {
		what := out[o.ID]
		if what.Kind == Created || what.Kind == Unchanged {
			continue
		}
		err, retry := error(errNotSaid), true
		if what.Kind == Failed {
			err, retry = fmt.Errorf("the server does not take %s: %s", o.ID, what.Message), false
		}
		for _, id := range owners(o) {
			for _, i := range s.of[id] {
				if s.results[i].Err == nil {
					s.results[i].Err, s.results[i].Retry = err, retry
				}
			}
		}
	}
}

// owners are the ids of the objects whose items an object is sent for.
func owners(o stix.Encoded) []string {
	var refs struct {
		Source string `json:"source_ref"`
		Target string `json:"target_ref"`
	}
	if strings.HasPrefix(o.ID, "relationship--") && json.Unmarshal(o.JSON, &refs) == nil {
		return []string{refs.Source, refs.Target}
	}
	return []string{o.ID}
}
