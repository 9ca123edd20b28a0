package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/decode"
	"tqmap/engine/export"
	"tqmap/engine/request"
)

const outcomeSummary = "What the answer says of each item: objects {key, id, exists, error, retry}, all but key optional; without key by an id that is known already, else in the order sent. `exists`: the server left as it was what it had; `error`: not taken (with `retry`: the next run tries again). Without it, a good answer takes all, unless it is an HTML page."

func outcomeAttr(more string) dsl.Attr {
	return dsl.Attr{Name: "outcome", Holds: dsl.JQ, Summary: outcomeSummary + more}
}

// batchBlock is how items are put together into requests.
func batchBlock() *dsl.Block {
	return &dsl.Block{
		Type: "batch", Summary: "Put items together: expr of the request sees `batch`, a list of elements {key, item, id, record, expires, before, held}, in place of the record and `each`, one such element. A refused batch is halved down to the guilty item.",
		Example: `batch {
  max_items = 250
  max_bytes = "64KB"
}`,
		Attrs: []dsl.Attr{
			{Name: "max_items", Type: cty.Number, Scope: dsl.Run, Default: "500", Summary: "At most so many items in a request."},
			{Name: "max_bytes", Type: cty.String, Scope: dsl.Run, Summary: "A body of at most this size, such as \"64KB\"."},
		},
	}
}

// itemRequestBlocks are the parts of a block that sends items.
func itemRequestBlocks() []dsl.Child {
	return []dsl.Child{
		{Block: dsl.RecordRequestBlock(dsl.Run), Min: 1, Max: 1},
		{Block: batchBlock(), Max: 1},
		{Block: ruleBlock()},
	}
}

// itemBlocks are the blocks of a sink with items, beside its request.
func itemBlocks() []dsl.Child {
	again := dsl.Attr{Name: "after_request", Type: cty.Bool, Scope: dsl.Run, Default: "false", Summary: "Send a changed item by the sink's own request first, and update it only where that says `exists`."}
	withdrawal := func(typ, summary, example string) dsl.Child {
		return dsl.Child{Block: &dsl.Block{Type: typ, Summary: summary, Example: example, Attrs: []dsl.Attr{outcomeAttr("")}, Blocks: itemRequestBlocks()}, Max: 1}
	}
	return []dsl.Child{
		{Block: batchBlock(), Max: 1},
		{Block: heldBlock(), Max: 1},
		{Block: &dsl.Block{
			Type: "update", Summary: "How an item is changed that the server has. Without it, the sink's own request does that. An item that is `missing` there, or for which a rule says skip, is sent as a new one.",
			Example: `update {
  request {
    method = "PUT"
    path   = expr("'/items/' + url_encode(each.id)")
    json   = expr("each.item")
  }
}`,
			Attrs: []dsl.Attr{outcomeAttr(" `missing`: there is nothing to update."), again}, Blocks: itemRequestBlocks(),
		}, Max: 1},
		withdrawal("remove", "How an item is taken back, where `left` or `skipped` say so. There is no record: elements have {key, label, id, expires, before}. A rule that says skip means that it is gone already.", `remove {
  request {
    method = "DELETE"
    path   = expr("'/items/' + url_encode(each.id)")
  }
  on {
    status = [404]
    do     = skip
  }
}`),
		withdrawal("expire", "How an item is made to end now, where `left` or `skipped` say so; as remove.", `expire {
  batch {
    max_items = 100
  }
  request {
    method = "POST"
    path   = "/expire"
    json   = { ids = expr("map(batch, .id)") }
  }
}`),
	}
}

// itemRequest is how one Op is carried out.
type itemRequest struct {
	node     *dsl.Node
	form     *recordRequest
	judge    request.Judge
	outcome  *code.JQ
	batch    bool
	max      int
	maxBytes int64
}

// httpItems is the target of a sink "http" with items.
type httpItems struct {
	run  *Run
	flow *dsl.Flow
	doer request.Doer
	ops  map[export.Op]*itemRequest
	held *holding
}

// openHTTPTarget opens a sink "http" with items, as a kind of sink does.
func openHTTPTarget(ctx context.Context, r *Run, f *dsl.Flow) (export.Target, export.Config, error) {
	t, c, err := openHTTPItems(ctx, r, f)
	return t, c, err
}

// openHTTPItems also returns how many items go into a request of each Op, and how it is found
// out what the server has.
func openHTTPItems(ctx context.Context, r *Run, f *dsl.Flow) (t *httpItems, c export.Config, err error) {
	t = &httpItems{run: r, flow: f, ops: map[export.Op]*itemRequest{}}
	c.Max = map[export.Op]int{}
	nodes := map[export.Op]*dsl.Node{export.Request: f.Sink, export.Update: f.Sink.Block("update"), export.Remove: f.Sink.Block("remove"), export.Expire: f.Sink.Block("expire")}
	for op, n := range nodes {
		if n == nil {
			continue
		}
		if t.ops[op], err = newItemRequest(n, f.Sink, r.Bound); err != nil {
			return nil, c, err
		}
		c.Max[op] = t.ops[op].max
	}
	if t.doer, err = r.doer(ctx, f.Sink); err != nil {
		return nil, c, err
	}
	if t.held, err = openHeld(f, r, t.doer); t.held != nil {
		c.HeldWhole, c.HeldBatch = t.held.batch == 0, t.held.batch
	}
	c.AfterRequest = f.Sink.Block(string(export.Update)).Read(r.Bound.Scope).Bool("after_request", false)
	return t, c, err
}

// newItemRequest reads n. What is said of answers to all requests of the sink holds for its own, too.
func newItemRequest(n, sink *dsl.Node, b *dsl.Bound) (*itemRequest, error) {
	q := &itemRequest{node: n, outcome: n.Val("outcome").JQ(), max: 1}
	rules := n.All("on")
	if n != sink {
		rules = append(rules, sink.All("on")...)
	}
	var err error
	if q.form, err = newRecordRequest(n.Block("request"), b.Scope, b.Seen); err != nil {
		return nil, err
	}
	if q.judge, err = judge(rules, b, view{}); err != nil {
		return nil, err
	}
	if batch := n.Block("batch"); batch != nil {
		read := batch.Read(b.Scope)
		q.batch, q.max, q.maxBytes = true, read.Count("max_items", 500, 1), read.Bytes("max_bytes", 0)
		return q, read.Err()
	}
	return q, nil
}

// Send sends as many items as fit into one request.
func (t *httpItems) Send(ctx context.Context, op export.Op, items []*export.Item) (int, []export.Result, error) {
	q := t.ops[op]
	req, n, err := t.fit(q, items)
	if err != nil {
		return n, nil, asRefused(err)
	}
	if q.maxBytes > 0 && int64(len(req.Body)) > q.maxBytes {
		return n, nil, asRefused(fmt.Errorf("the item alone makes a body of %d bytes, and max_bytes is %d", len(req.Body), q.maxBytes))
	}
	resp, err := t.doer.Do(ctx, req)
	if err != nil {
		return n, nil, err
	}
	defer resp.Close()
	results, err := t.results(ctx, q, items[:n], resp)
	return n, results, err
}

// fit builds a request of as many of the first items as keep to the size. Where one of them cannot
// be written down, n says how many it was tried for.
func (t *httpItems) fit(q *itemRequest, items []*export.Item) (req request.Request, n int, err error) {
	n = min(len(items), q.max)
	for {
		req, err = q.form.build(t.vars(q, items[:n]))
		req.Judge = q.judge
		size := int64(len(req.Body))
		if err != nil || q.maxBytes == 0 || size <= q.maxBytes || n == 1 {
			return req, n, err
		}
		n = max(1, min(n-1, int(int64(n)*q.maxBytes/size)))
	}
}

// vars is what expr of a request sees.
func (t *httpItems) vars(q *itemRequest, items []*export.Item) map[string]any {
	if !q.batch {
		vars := items[0].Vars
		if vars == nil {
			vars = t.run.Bound.Vars
		}
		vars = maps.Clone(vars)
		vars["each"] = t.element(items[0])
		return vars
	}
	vars := maps.Clone(t.run.Bound.Vars)
	list := make([]any, len(items))
	for i, it := range items {
		list[i] = t.element(it)
	}
	vars["batch"] = list
	return vars
}

// element is an item as expr sees it.
func (t *httpItems) element(it *export.Item) map[string]any {
	out := map[string]any{
		"key": it.Key, "label": it.Name(), "item": it.Body, "id": orNil(it.ID), "expires": timeOrNil(it.Expires), "before": nil, "held": nil,
		"record": it.Vars[t.flow.Record.Name],
	}
	if b := it.Before; b.Delivered() {
		sent, _ := code.Decode(b.Sent)
		out["before"] = map[string]any{"item": sent, "id": orNil(b.ID), "expires": timeOrNil(b.Expires), "since": timeOrNil(b.Since)}
	}
	if fields, err := fieldsOf(it.Held); err == nil && fields != nil { // our own JSON
		out["held"] = fields
	}
	return out
}

// results reads what the answer says of each item.
func (t *httpItems) results(ctx context.Context, q *itemRequest, items []*export.Item, resp *request.Response) ([]export.Result, error) {
	out := make([]export.Result, len(items))
	body, err := plainBody(resp)
	if err != nil {
		return nil, err
	}
	page, _ := body.(string)
	strange := decode.IsHTML(page)
	if q.outcome == nil && !strange {
		return out, nil
	}
	var said []any
	if q.outcome != nil {
		said, err = view{bound: t.run.Bound, response: resp}.run(ctx, q.outcome, body)
	}
	switch {
	case strange && (err != nil || q.outcome == nil):
		return nil, errPage
	case err != nil:
		return nil, fmt.Errorf("the server has accepted, but its answer cannot be understood: %w", err)
	}
	if err := (&outcomes{items: items, out: out}).read(said); err != nil {
		return nil, failedAt(q.node.Val("outcome").Range, "Answer not understood", err)
	}
	return out, nil
}

// errPage keeps items from being taken for delivered that a proxy or a login page has swallowed.
var errPage = errors.New("the answer is good by its status, but the body is HTML: a proxy or login page may have answered, so nobody knows whether the items were taken; if HTML is the server's way, read it with an outcome")

// Class sorts errors. In a batch, an answer that a rule calls a failure, or a status that is not about
// what was sent, will not be better for halves of it.
func (t *httpItems) Class(op export.Op, err error) export.Class {
	var ruled *request.RuledError
	var status *request.StatusError
	var lost *request.TransportError
	var unwritten *refusedError
	batch := t.ops[op].batch
	switch {
	case errors.As(err, &ruled) && ruled.Action == request.Split && (ruled.Status == 0 || ruled.Status >= 500):
		return export.TooSlow // a single item is not to blame for that
	case errors.As(err, &ruled):
		return classOf[ruled.Action]
	case errors.Is(err, request.ErrUnauthorized):
		return export.Fatal
	case errors.As(err, &status) && status.Status == http.StatusRequestEntityTooLarge:
		return export.TooMuch
	case errors.Is(err, request.ErrUnavailable):
		if errors.As(err, &status) && (status.Status == http.StatusTooManyRequests || status.Status == http.StatusServiceUnavailable) {
			return export.Unavailable
		}
		if errors.As(err, &lost) && !lost.Sent {
			return export.Unavailable // it was not what is sent that kept the server from answering
		}
		return export.TooSlow
	case batch && errors.As(err, &status) && (status.Where != "" || !aboutContent[status.Status]):
		return export.Fatal
	case errors.As(err, &unwritten):
		return export.Unwritable
	case recordAtFault(err):
		return export.Refused
	}
	return export.Fatal
}

// classOf is what rules mean for a batch; what is not here stops the flow.
var classOf = map[request.Action]export.Class{request.Split: export.TooMuch, request.Skip: export.Ignored}

// aboutContent are the statuses that may be about one item of many.
var aboutContent = map[int]bool{http.StatusBadRequest: true, http.StatusConflict: true, http.StatusUnprocessableEntity: true}
