package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/export"
	"tqmap/engine/request"
)

// heldBlock asks the server what it has.
func heldBlock() *dsl.Block {
	return &dsl.Block{
		Type: "held", Summary: "What the server has already. Without `batch` it is read as a whole before the first item is sent, and counts for more than what the ledger remembers; with it, it is asked for items that an outcome calls `exists`.",
		Example: `held {
  answer = jq(".items[] | {key: .name, id, expires: .end, level}")
  same   = expr("held.level == each.item.level")
  request {
    path  = "/items"
    query = { owner = "ThreatQ", page = page.number }
  }
  paginate "page" {
    size = 1000
  }
}`,
		Attrs: []dsl.Attr{
			{Name: "batch", Type: cty.Number, Scope: dsl.Run, Summary: "Ask for up to so many items at once; the request sees `batch`, a list of elements with key and id."},
			{Name: "answer", Holds: dsl.JQ, Required: true, Summary: "The items: objects {key, id, expires} and what else `same` needs. The key is the item's, expires an RFC 3339 instant or null for never; without that field the ledger tells."},
			{Name: "same", Holds: dsl.Expr, Returns: []code.Kind{code.Bool}, Summary: "Whether `held`, one such object, is what `each.item` would make of it. Default: being there is enough."},
		},
		Blocks: []dsl.Child{
			{Block: dsl.RecordRequestBlock(dsl.Page), Min: 1, Max: 1},
			{Block: paginateBlock(), Max: 1},
			{Block: decodeBlock(), Max: 1},
			{Block: ruleBlock()},
		},
	}
}

// holding asks for what the server has.
type holding struct {
	inquiry
	run   *Run
	flow  *dsl.Flow
	batch int
	same  *code.Expr
}

func openHeld(f *dsl.Flow, r *Run, doer request.Doer) (*holding, error) {
	n := f.Sink.Block("held")
	if n == nil {
		return nil, nil
	}
	read := n.Read(r.Bound.Scope)
	h := &holding{inquiry: inquiry{bound: r.Bound, node: n, doer: doer, list: true}, run: r, flow: f, same: n.Val("same").Expr()}
	if read.Has("batch") {
		h.batch = read.Count("batch", 1, 1)
	}
	return h, read.Err()
}

// Held asks for items, or for all that the server has.
func (t *httpItems) Held(ctx context.Context, items []*export.Item) (map[string]*export.Held, error) {
	vars := t.run.Bound.Vars
	if items != nil {
		vars = t.vars(&itemRequest{batch: true}, items)
	}
	got, err := t.held.all(ctx, vars)
	if err != nil {
		return nil, fmt.Errorf("what the server has already: %w", err)
	}
	out := make(map[string]*export.Held, len(got))
	for i, v := range got {
		got[i] = nil // there may be very many
		key, h, err := t.held.read(v)
		if err != nil {
			return nil, failedAt(t.held.node.Val("answer").Range, "Answer not understood", err)
		}
		out[key] = h
	}
	return out, nil
}

func (h *holding) all(ctx context.Context, vars map[string]any) ([]any, error) {
	f := asking{scope: h.bound.Scope}
	var err error
	if h.node.Block("paginate") == nil {
		if f, err = h.form(h.bound.Scope, nil); err != nil {
			return nil, err
		}
	}
	got, err := h.ask(ctx, f, vars)
	var ruled *request.RuledError
	if errors.As(err, &ruled) && ruled.Action == request.Skip {
		return nil, nil // it has none
	}
	list, _ := got.([]any)
	return list, err
}

// read takes one element of the answer.
func (h *holding) read(v any) (string, *export.Held, error) {
	fields, ok := v.(map[string]any)
	key, has := code.Text(fields["key"])
	if !ok || !has {
		return "", nil, fmt.Errorf("answer gives %.100s, and takes objects with the key of an item: {key, id, expires}", contentOf(v))
	}
	out := &export.Held{}
	out.ID, _ = code.Text(fields["id"])
	expires, tells := fields["expires"]
	out.Tells = tells
	if expires != nil {
		var err error
		if out.Expires, err = instant(expires); err != nil {
			return "", nil, fmt.Errorf("expires of %s: %w", key, err)
		}
	}
	switch {
	case h.batch > 0:
		out.Fields = fields
	case h.same != nil: // else so many need not be remembered
		out.Kept = contentOf(fields)
	}
	return key, out, nil
}

// fieldsOf is what the server says of an item.
func fieldsOf(h *export.Held) (map[string]any, error) {
	switch {
	case h == nil:
		return nil, nil
	case h.Kept == nil:
		return h.Fields, nil
	}
	v, err := code.Decode(h.Kept)
	fields, _ := v.(map[string]any)
	return fields, err
}

// Same asks the mapping, which says of an item that is not there nothing.
func (t *httpItems) Same(it *export.Item, h *export.Held) (bool, error) {
	fields, err := fieldsOf(h)
	switch {
	case err != nil:
		return false, err
	case fields == nil && t.held.batch > 0:
		return false, nil // it exists, and cannot be read
	case t.held == nil || t.held.same == nil:
		return true, nil
	}
	vars := maps.Clone(it.Vars)
	vars["held"], vars["each"] = fields, t.element(it)
	yes, err := t.held.same.Eval(vars)
	return yes == true, err
}

func timeOrNil(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}
