package engine

import (
	"context"
	"errors"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/export"
	"tqmap/engine/request"
)

// requests compares what a sink would send with the expect_request blocks, in order.
func (c *testCheck) requests(ctx context.Context) error {
	rec := &recorder{}
	run := &Run{Bound: c.run.Bound, Log: c.run.Log, State: forgetful{}, Clients: func(context.Context, *dsl.Client) (request.Doer, error) { return rec, nil }}
	if c.test.Flow.Items() && c.test.Flow.Sink.Kind() != "http" {
		return nil // its items are all there is to compare: it sends no requests of the mapping's own
	}
	if c.test.Flow.Items() {
		if err := c.send(ctx, run); err != nil {
			return err
		}
		c.sent(rec)
		return nil
	}
	s, err := run.sink(ctx, c.test.Flow, &FlowReport{})
	if err != nil {
		return err
	}
	if h, ok := s.(*httpSink); ok {
		h.hasAck = false // there is no ThreatQ to tell
	}
	for i := range c.mapped {
		if _, err := s.send(ctx, &c.mapped[i]); err != nil {
			c.fail(Broken, c.test.Node.Range, "record %s: %s", c.mapped[i].Key, err)
		}
	}
	c.sent(rec)
	return nil
}

// send gives a server that takes everything all items, as to one that has none of them.
func (c *testCheck) send(ctx context.Context, run *Run) error {
	report := &FlowReport{}
	to, of, err := openHTTPItems(ctx, run, c.test.Flow)
	if err != nil {
		return err
	}
	for _, q := range to.ops {
		q.outcome = nil
	}
	x := export.New(export.Config{Now: run.Bound.Now, Max: of.Max, All: true}, to, nil, &itemWatcher{run: run, flow: c.test.Flow, report: report})
	var items []*export.Item
	for i := range c.mapped {
		items = append(items, c.mapped[i].Item)
	}
	if err := errors.Join(x.Take(ctx, items, nil, nil), x.Flush(ctx)); err != nil {
		c.fail(Broken, c.test.Node.Range, "the items cannot be sent: %s", err)
	}
	return nil
}

// sent compares the requests with the expected ones. A test that expects items need not expect
// requests, too.
func (c *testCheck) sent(rec *recorder) {
	expected := c.test.Node.All("expect_request")
	if c.test.Flow.Items() && len(expected) == 0 {
		return
	}
	for i, req := range rec.requests {
		if i >= len(expected) {
			c.fail(Unexpected, c.test.Node.Range, "an unexpected request is sent: %s %s %s", req.Method, req.Path, req.Body)
			continue
		}
		c.compare(expected[i], req)
	}
	for _, n := range expected[min(len(rec.requests), len(expected)):] {
		c.fail(Unexpected, n.Range, "this request is not sent")
	}
}

func (c *testCheck) compare(n *dsl.Node, req request.Request) {
	read := n.Read(c.run.Bound.Scope)
	got := map[string]any{"method": req.Method, "path": req.Path}
	if body, err := code.Decode(req.Body); err == nil {
		got["json"] = body
	}
	for _, field := range n.Names() {
		made := func(path []any) hcl.Range { return c.sentBy(field, path) }
		c.differ(n, field, read.Any(field), got[field], made, "sent", "request", "%s of the request is not as expected", field)
	}
	c.unreadable(n, read)
}

// sentBy is what in the sink's request made the part of an attribute at a path.
func (c *testCheck) sentBy(field string, path []any) hcl.Range {
	n := c.test.Flow.Sink.Block("request")
	switch {
	case n.Val(field) == nil:
		return n.Range
	case field == "method":
		return n.Val(field).Range
	}
	t, diags := n.Val(field).Template(c.run.Bound.Scope)
	if diags.HasErrors() {
		return n.Range
	}
	return t.Part(path...)
}

// recorder takes requests and sends nothing.
type recorder struct{ requests []request.Request }

func (r *recorder) Do(_ context.Context, req request.Request) (*request.Response, error) {
	r.requests = append(r.requests, req)
	return &request.Response{Status: 200}, nil
}

// forgetful is a State that remembers nothing.
type forgetful struct{}

func (forgetful) Checkpoint(context.Context, string) (Checkpoint, error) { return Checkpoint{}, nil }
func (forgetful) Entries(context.Context, string, string, string, func(Entry) error) error {
	return nil
}

func (forgetful) Commit(context.Context, string, Commit) error { return nil }
func (forgetful) Ledger(context.Context, string, []EntryKey) (map[EntryKey]Entry, error) {
	return nil, nil
}
