package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
)

func httpSinkKind() sinkKind {
	return sinkKind{
		spec: &dsl.Block{
			Type: "http", Summary: "One request for each record; or with `item`, requests that keep the server in step with the records, one by one or in batches.",
			Example: `sink "http" {
  client = client.api
  when   = expr("alert.attributes['Status'] != alert.type")
  request {
    method = "PUT"
    path   = expr("'/alerts/' + url_encode(alert.attributes['Alert ID'])")
    json   = { status = expr("lower(alert.type)") }
  }
  acknowledge {
    attributes = { "Status" = expr("alert.type") }
  }
}`,
			Attrs: append([]dsl.Attr{
				{Name: "client", Holds: dsl.Ref, Required: true, Summary: "The server, e.g. client.api."},
				{Name: "when", Holds: dsl.Expr, Returns: []code.Kind{code.Bool}, Summary: "Send only where this is true; other records count as unchanged, or with `item` as skipped."},
				outcomeAttr(""),
			}, itemAttrs()...),
			Blocks: append([]dsl.Child{
				{Block: dsl.RecordRequestBlock(dsl.Run), Min: 1, Max: 1},
				{Block: ruleBlock()},
				{Block: &dsl.Block{
					Type: "acknowledge", Summary: "What ThreatQ's object records once the server has accepted: the base of the next comparison.",
					Attrs: []dsl.Attr{{Name: "attributes", Holds: dsl.PerRecord, Written: true, Modes: true, Required: true, Summary: "Attributes to set, by name."}},
				}, Max: 1},
			}, itemBlocks()...),
			Describe: describeHTTPSink,
			Check:    checkHTTPSink,
		},
		open: openHTTPSink, items: openHTTPTarget,
	}
}

// checkHTTPSink finds what is only for sinks with items, and the other way round.
func checkHTTPSink(r *dsl.Reading) {
	if r.Has("item") {
		if n := r.Node().Block("acknowledge"); n != nil {
			r.Fail("item", "Without effect", "What is acknowledged at %s belongs to a sink that sends each record by itself: leave it or item out.", n.Range)
		}
		for _, name := range []string{"left", "skipped"} {
			if op := r.Node().Val(name); op != nil && r.Known(name) {
				if want := r.String(name, "keep"); want != "keep" && r.Node().Block(want) == nil {
					r.Fail(name, "Missing block", "%s = %q needs a block %q, which says how.", name, want, want)
				}
			}
		}
		return
	}
	for _, a := range append(itemAttrs(), outcomeAttr("")) {
		if r.Has(a.Name) {
			r.Fail(a.Name, "Without effect", "%q is about items: say with item = … what is delivered of a record.", a.Name)
		}
	}
	for _, b := range itemBlocks() {
		if n := r.Node().Block(b.Type); n != nil {
			r.Fail("client", "Without effect", "The block %s (%s) is about items: say with item = … what is delivered of a record.", b.Type, n.Range)
		}
	}
}

type httpSink struct {
	run    *Run
	flow   *dsl.Flow
	report *FlowReport
	doer   request.Doer
	form   *recordRequest
	judge  request.Judge // of its `on` blocks
	hasAck bool
	ack    dsl.Template
}

func openHTTPSink(ctx context.Context, r *Run, f *dsl.Flow, report *FlowReport) (sink, error) {
	s := &httpSink{run: r, flow: f, report: report}
	acknowledge := f.Sink.Block("acknowledge")
	ack, diags := acknowledge.Val("attributes").Template(r.Bound.Scope)
	var err error
	if s.form, err = newRecordRequest(f.Sink.Block("request"), r.Bound.Scope, r.Bound.Seen); err != nil || diags.HasErrors() {
		return nil, errors.Join(err, diags)
	}
	if acknowledge != nil && f.Source.Kind() != "threatq_events" {
		return nil, failedAt(acknowledge.Range, "Without effect", errors.New("acknowledge writes to the ThreatQ event that a record is, so it needs source \"threatq_events\""))
	}
	s.ack, s.hasAck = ack, acknowledge != nil
	if s.judge, err = judge(f.Sink.All("on"), r.Bound, view{}); err != nil {
		return nil, err
	}
	s.doer, err = r.doer(ctx, f.Sink)
	return s, err
}

// sent marks a ledger entry whose call was accepted. With an acknowledgement, it
// is not yet recorded in ThreatQ.
const sent = "sent:"

func (s *httpSink) send(ctx context.Context, m *Mapped) (outcome, error) {
	if when := s.flow.Sink.Val("when").Expr(); when != nil {
		yes, err := when.Eval(m.vars)
		if err == nil {
			s.run.Bound.Seen.Decided(s.flow.Sink.Val("when"), yes == true)
		}
		if err != nil || yes != true {
			return unchanged, asRefused(err)
		}
	}
	req, err := s.build(m)
	if err != nil {
		return unchanged, asRefused(err)
	}
	key := EntryKey{Rule: "sink.http", Key: m.Key}
	mark := s.mark(m, req)
	known, err := s.run.State.Ledger(ctx, s.flow.Name, []EntryKey{key})
	if err != nil {
		return unchanged, err
	}
	has := known[key].Hash == mark // the server has it
	switch {
	case has && !s.hasAck:
		return unchanged, nil
	case s.run.DryRun:
		if !has {
			s.run.plan(s.report, fmt.Sprintf("> %s %s %s", req.Method, req.Path, req.Body))
		}
		return updated, nil
	case !has:
		if err := s.doubt(ctx, m, known[key]); err != nil {
			return unchanged, err
		}
		if _, err := s.doer.Do(ctx, req); err != nil {
			return unchanged, err
		}
		if err := s.remember(ctx, m, mark); err != nil {
			return updated, err
		}
	}
	if !s.hasAck {
		return updated, nil
	}
	if err := s.acknowledge(ctx, m); err != nil {
		return updated, fmt.Errorf("the server has accepted, but ThreatQ could not record it: %w", err)
	}
	return updated, s.remember(ctx, m, "acknowledged")
}

func (s *httpSink) build(m *Mapped) (request.Request, error) {
	req, err := s.form.build(m.vars)
	req.Judge = s.judge
	return req, err
}

// mark stands for a request, and where it is acknowledged for the very state of
// the record that it was made of: a record that came to agree by itself and differs
// again needs the same request once more.
func (s *httpSink) mark(m *Mapped, req request.Request) string {
	parts := []string{req.Method, req.Path, string(req.Body)}
	if s.hasAck {
		parts = append(parts, contentHash(m.Record))
	}
	return sent + contentHash(parts)
}

// doubt takes back what the ledger says the server has, before something else is
// sent: if the answer is lost, nobody knows which of the two it has.
func (s *httpSink) doubt(ctx context.Context, m *Mapped, known Entry) error {
	if s.hasAck || known.Hash == "" || known.Hash == pendingHash {
		return nil
	}
	return s.remember(ctx, m, pendingHash)
}

// remember notes that m is delivered so far. What was refused before is no dead letter any more.
func (s *httpSink) remember(ctx context.Context, m *Mapped, hash string) error {
	c := Commit{Entries: []Entry{{EntryKey: EntryKey{Rule: "sink.http", Key: m.Key}, Hash: hash}}, Revived: []string{m.Key}}
	return s.run.State.Commit(context.WithoutCancel(ctx), s.flow.Name, c)
}

// acknowledge writes the agreed values to the ThreatQ object the record is of.
func (s *httpSink) acknowledge(ctx context.Context, m *Mapped) error {
	f := fields{vars: m.vars, seen: s.run.Bound.Seen}
	want := threatq.Object{Collection: threatq.Events, Attributes: f.attributes(&s.ack)}
	if f.err != nil {
		return asRefused(f.err)
	}
	id, ok := objectID(m.Record)
	if !ok {
		return asRefused(errors.New("the record has no id, so it is no event of ThreatQ"))
	}
	current, err := s.run.Platform.Get(ctx, threatq.Events, []int64{id})
	if err != nil {
		return err
	}
	if len(current) == 0 {
		return nil // deleted meanwhile: nothing to note it on
	}
	plan := threatq.Diff(&current[0], &want)
	return s.run.Platform.Apply(ctx, &current[0], plan)
}

func objectID(record any) (int64, bool) {
	fields, _ := record.(map[string]any)
	id, ok := fields["id"].(int)
	return int64(id), ok
}

func describeHTTPSink(r *dsl.Reading) string {
	when := "Each record is sent by itself."
	if r.Has("item") {
		when = describeItems(r)
	}
	if q := r.Code("when"); q != "" {
		when += " Only where " + q + " is true."
	}
	if n := r.Node().Block("acknowledge"); n != nil {
		var set []string
		for _, p := range r.Of(n).ShowPairs("attributes") {
			set = append(set, fmt.Sprintf("%q = %s", p.Name, p.Value))
		}
		return sentences(when, "Once the server has accepted, ThreatQ's object records it: "+strings.Join(set, ", ")+".")
	}
	return sentences(when, "The ledger remembers what was accepted, so that nothing is sent twice.")
}
