package threatq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Result is what became of one object.
type Result struct {
	// ID is the id in ThreatQ, 0 if there is an error.
	ID int64
	// Created is false where ThreatQ says that it had the object already. It
	// does not always say so; true means "not known to have existed".
	Created bool
	// Err is nil; a *RefusedError or *UnknownTypeError where the object itself
	// is at fault; or an *UnavailableError where ThreatQ could not be asked and
	// the object may or may not have been written.
	Err error
}

// maxBatchBytes bounds the body of one call.
const maxBatchBytes = 2 << 20

// Create writes objects of one collection and returns their results in the order
// of objs. An object that ThreatQ has already, by its own identity rules, is
// added to: attributes, sources, tags and links are put beside those there, its
// status stays. So Create can be repeated without harm; to change values that
// are there use Diff and Apply.
//
// Batches that ThreatQ refuses are halved down to the objects at fault. If ThreatQ
// cannot be asked, all objects not yet settled get the same *UnavailableError.
func (c *Client) Create(ctx context.Context, collection Collection, objs []*Object) []Result {
	results := make([]Result, len(objs))
	items, err := c.prepareAll(ctx, collection, objs, results)
	w := &writer{Client: c, collection: collection, created: map[string]bool{}}
	for _, batch := range batches(items, c.opts.BatchSize, maxBatchBytes) {
		if err != nil {
			break
		}
		err = w.send(ctx, batch)
	}
	if err == nil {
		c.scoreNew(ctx, collection, objs, results)
	}
	for i := range results {
		if err != nil && results[i].ID == 0 && results[i].Err == nil {
			results[i].Err = err
		}
	}
	return results
}

// scoreNew gives new objects their score, which a bulk write does not take. One
// whose score is not written is no success: it is there when it is sent again, and
// then brought up to date.
func (c *Client) scoreNew(ctx context.Context, collection Collection, objs []*Object, results []Result) {
	var down error
	for i, o := range objs {
		if o.Score == nil || !results[i].Created {
			continue
		}
		err := down
		if err == nil {
			err = c.score(ctx, Ref{collection, results[i].ID}, scoreText(o.Score))
		}
		if err != nil && !divisible(err) {
			err = unavailable("score "+string(collection), err)
			down = err
		}
		if err != nil {
			results[i] = Result{Err: err}
		}
	}
}

// prepareAll encodes objs, settles those that cannot be sent and returns the
// others. Its error concerns all of them.
func (c *Client) prepareAll(ctx context.Context, collection Collection, objs []*Object, results []Result) ([]*item, error) {
	op := "create " + string(collection)
	refused, err := c.ensureEach(ctx, collection, objs)
	if err != nil {
		return nil, unavailable(op, err)
	}
	items := make([]*item, 0, len(objs))
	for i, o := range objs {
		own := *o
		own.Collection = collection
		it, err := c.prepare(ctx, &own, &results[i])
		switch {
		case err == nil:
			items = append(items, it)
		case refused[o.Type] != nil:
			results[i].Err = refused[o.Type]
		case atFault(err):
			results[i].Err = err
		default:
			return nil, unavailable(op, err)
		}
	}
	return items, nil
}

// ensureEach creates missing event types and returns those that ThreatQ refuses.
func (c *Client) ensureEach(ctx context.Context, collection Collection, objs []*Object) (map[string]error, error) {
	refused, seen := map[string]error{}, map[string]bool{}
	for _, o := range objs {
		if !collection.Kind().growing || seen[o.Type] {
			continue
		}
		seen[o.Type] = true
		switch err := c.EnsureTypes(ctx, collection, []string{o.Type}); {
		case err == nil:
		case divisible(err):
			refused[o.Type] = err
		default:
			return nil, err
		}
	}
	return refused, nil
}

// unavailable makes err one that stops the work. A refusal that is about no
// object (an address that is not there, say) must not be found in it, lest an
// object is blamed.
func unavailable(op string, err error) error {
	var stop *UnavailableError
	var refused *RefusedError
	switch {
	case errors.As(err, &stop):
		return err
	case !errors.As(err, &refused):
		return &UnavailableError{Op: op, Err: err}
	case refused.cause == nil:
		return &UnavailableError{Op: op, Err: errors.New(refused.Error())}
	}
	return &UnavailableError{Op: op, Err: fmt.Errorf("%s: %w", strings.Join(refused.Messages, "; "), refused.cause)}
}

// batches splits items by number and by size; a single item may be larger.
func batches(items []*item, maxItems, maxBytes int) [][]*item {
	var out [][]*item
	first, size := 0, 0
	for i, it := range items {
		if i > first && (i-first >= maxItems || size+len(it.body) > maxBytes) {
			out = append(out, items[first:i])
			first, size = i, 0
		}
		size += len(it.body) + 1
	}
	if first < len(items) {
		out = append(out, items[first:])
	}
	return out
}

// writer is one Create.
type writer struct {
	*Client
	collection Collection
	created    map[string]bool // by item key: already counted as created
}

// send writes a batch and settles its items. Its error is an *UnavailableError,
// with items left unsettled.
func (w *writer) send(ctx context.Context, batch []*item) error {
	a, err := w.post(ctx, batch)
	switch {
	case err == nil:
		return w.settle(ctx, batch, a)
	case !divisible(err):
		return unavailable("create "+string(w.collection), err)
	case len(batch) > 1:
		w.opts.Log.DebugContext(ctx, "batch refused, halving it", "collection", w.collection, "objects", len(batch), "reason", err)
		return w.halve(ctx, batch)
	}
	w.refuse(batch[0], err)
	return nil
}

// divisible reports whether err may be due to one object of many. The other
// refusals (a collection that is not there, say) would meet each half as well.
func divisible(err error) bool {
	switch status := statusOf(err); status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	default:
		return 200 <= status && status < 300
	}
}

func (w *writer) halve(ctx context.Context, batch []*item) error {
	half := (len(batch) + 1) / 2
	if err := w.send(ctx, batch[:half]); err != nil {
		return err
	}
	return w.send(ctx, batch[half:])
}

// refuse settles one item with the refusal of the call that carried it alone.
func (w *writer) refuse(it *item, err error) {
	var refused *RefusedError
	if errors.As(err, &refused) {
		err = &RefusedError{Status: refused.Status, Messages: refused.Messages, Item: it.label(), cause: refused.cause}
	}
	it.result.Err = err
}

func (w *writer) post(ctx context.Context, batch []*item) (*answer, error) {
	parts := make([][]byte, len(batch))
	for i, it := range batch {
		parts[i] = it.body
	}
	body := append(append([]byte{'['}, bytes.Join(parts, []byte{','})...), ']')
	w.opts.Log.DebugContext(ctx, "writing batch", "collection", w.collection, "objects", len(batch), "bytes", len(body))
	return w.call(ctx, http.MethodPost, "/api/"+url.PathEscape(string(w.collection))+"/consume", nil, body)
}
