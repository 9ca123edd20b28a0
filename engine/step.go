package engine

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/request"
)

// stepBlock is a request before the pages: a job to submit, its end to wait for, an
// address to ask for.
func stepBlock() *dsl.Block {
	return &dsl.Block{
		Type: "step", Labels: []string{"name"},
		Summary: "A request before the pages, in file order; what it answers is read as step.<name>. With `until` it is repeated.",
		Example: `step "job" {
  request {
    method = "POST"
    path   = "/export"
    json   = { from = window.start, to = window.end }
  }
  until    = jq(".state == \"done\"")
  answer   = jq(".result")
  interval = "10s"
}`,
		Attrs: []dsl.Attr{
			{Name: "answer", Holds: dsl.JQ, Summary: "What is kept of the answer; without it, all."},
			{Name: "until", Holds: dsl.JQ, Summary: "Ask again until this is true of the answer, as for a job that runs on the server. What it failed with, an `on` block tells."},
			{Name: "interval", Type: cty.String, Scope: dsl.Run, Default: "5s", Summary: "Wait between two askings. A server's own wish is followed with `on { do = wait }`."},
			{Name: "timeout", Type: cty.String, Scope: dsl.Run, Default: "10m", Summary: "Give up after so long."},
			{Name: "once", Type: cty.Bool, Default: "false", Summary: "Ask once in a run of the flow, and not for each window or partition; then the request cannot use them."},
		},
		Describe: func(r *dsl.Reading) string {
			when := "Sent before the pages of each window."
			if r.Bool("once", false) {
				when = "Sent once in a run."
			}
			keeps := "All of the answer"
			if q := r.Code("answer"); q != "" {
				keeps = "Of the answer " + q
			}
			until := ""
			if q := r.Code("until"); q != "" {
				until = fmt.Sprintf("Asked again every %s until %s is true, for at most %s.", worded(r, "interval", "5s"), q, worded(r, "timeout", "10m"))
			}
			return sentences(when, until, keeps+" is read as step."+r.Node().Labels[0]+".")
		},
		Blocks: []dsl.Child{{Block: dsl.RequestBlock(dsl.Window), Min: 1, Max: 1}, {Block: decodeBlock(), Max: 1}, {Block: ruleBlock()}},
	}
}

// steps sends the step requests of one source.
type steps struct {
	source *httpSource
	nodes  []*dsl.Node
	mu     sync.Mutex     // slices that are read at once share
	shared map[string]any // the answers of those that are asked once; nil: not yet asked
}

func newSteps(s *httpSource) *steps { return &steps{source: s, nodes: s.node.All("step")} }

// scope is what the requests of window w may name.
func (s *steps) scope(ctx context.Context, w Window) (*dsl.Scoped, error) {
	scope, err := s.once(ctx, s.source.run.Bound.Scope.With("window", w.Vars()).With("partition", w.Partition))
	if err != nil {
		return nil, err
	}
	return s.ask(ctx, scope, false, maps.Clone(s.shared))
}

// once asks what is asked once in a run.
func (s *steps) once(ctx context.Context, scope *dsl.Scoped) (*dsl.Scoped, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shared != nil {
		return scope.With("step", s.shared), nil
	}
	answers := map[string]any{}
	scope, err := s.ask(ctx, scope, true, answers)
	if err == nil {
		s.shared = answers
	}
	return scope, err
}

// ask sends the steps that are, or are not, asked once, and puts what they answer
// into answers and scope.
func (s *steps) ask(ctx context.Context, scope *dsl.Scoped, once bool, answers map[string]any) (*dsl.Scoped, error) {
	for _, n := range s.nodes {
		if n.Static().Bool("once", false) != once {
			continue
		}
		got, err := s.step(ctx, n, scope.With("step", answers))
		if err != nil {
			return nil, fmt.Errorf("step %q: %w", n.Labels[0], err)
		}
		answers[n.Labels[0]] = got
	}
	return scope.With("step", answers), nil
}

// step asks until the answer is what the block waits for.
func (s *steps) step(ctx context.Context, n *dsl.Node, scope *dsl.Scoped) (any, error) {
	r := n.Read(scope)
	interval, timeout := r.Period("interval", 5*time.Second), r.Period("timeout", 10*time.Minute)
	if err := r.Err(); err != nil {
		return nil, err
	}
	late := fmt.Errorf("its answer was not what `until` waits for within %s", timeout)
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, late)
	defer cancel()
	for waited := time.Duration(0); ; {
		answer, done, err := s.try(ctx, n, scope)
		if err != nil || done {
			return answer, err
		}
		if waited == 0 { // a wait of minutes is no standstill
			s.source.run.Log.Info("waiting until the answer of the step is what `until` asks for", "step", n.Labels[0], "interval", interval, "timeout", timeout)
		}
		if waited += interval; waited > timeout {
			return nil, late
		}
		if err := s.source.run.sleep(ctx, interval); err != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// try asks once. done is false where `until` does not hold yet.
func (s *steps) try(ctx context.Context, n *dsl.Node, scope *dsl.Scoped) (answer any, done bool, err error) {
	sight := view{bound: s.source.run.Bound}
	req, err := buildRequest(n.Block("request"), scope)
	if err != nil {
		return nil, false, err
	}
	if req.Judge, err = judge(n.All("on"), s.source.run.Bound, sight); err != nil {
		return nil, false, err
	}
	resp, err := s.source.doer.Do(ctx, req)
	if err != nil {
		return nil, false, err
	}
	defer resp.Close()
	body, err := besideBody(ctx, n, s.source.run.Bound, resp)
	if err != nil {
		return nil, false, err
	}
	sight.response = resp
	if until := n.Val("until").JQ(); until != nil {
		if yes, err := sight.first(ctx, until, body); err != nil || yes == nil || yes == false {
			return nil, false, err
		}
	}
	if q := n.Val("answer").JQ(); q != nil {
		body, err = sight.first(ctx, q, body)
	}
	return body, true, err
}

// besideBody is the answer of a request beside the pages, which n declares: what its
// decode block makes of it, without one a JSON document; null where there is nothing.
// Where a body holds any number of documents, it is their list.
func besideBody(ctx context.Context, n *dsl.Node, b *dsl.Bound, resp *request.Response) (any, error) {
	if len(bytes.TrimSpace(resp.Body)) == 0 {
		return nil, nil
	}
	d, err := openDecoder(n.Block("decode"), b)
	if err != nil {
		return nil, err
	}
	docs := []any{}
	if _, err := decodeAnswer(ctx, d, resp, func(doc any) error { docs = append(docs, doc); return nil }); err != nil {
		return nil, &DecodeError{Request: resp.URL, Err: err}
	}
	if r, ok := d.(*reading); ok && r.single() {
		return docs[0], nil
	}
	return docs, nil
}
