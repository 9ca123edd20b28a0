package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tqmap/dsl"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
)

// Run is one run of a bound mapping: everything a flow needs from outside.
type Run struct {
	Bound *dsl.Bound
	// Platform is ThreatQ; nil where nothing is delivered (Preview).
	Platform *threatq.Client
	State    State
	// Clients opens the client of a mapping by name.
	Clients func(ctx context.Context, c *dsl.Client) (request.Doer, error)
	// DryRun computes everything and writes nothing, to ThreatQ, vendor or state.
	DryRun bool
	Log    *slog.Logger
	// Progress is called after each page; may be nil.
	Progress func(*FlowReport)

	mu   sync.Mutex
	open map[string]request.Doer
}

// planLimit bounds what a dry run remembers for printing.
const planLimit = 1000

func (r *Run) plan(f *FlowReport, line string) {
	if len(f.Plan) < planLimit {
		f.Plan = append(f.Plan, line)
	}
}

// Flows runs the given flows one after the other. A flow that fails does not
// keep the others from running; the report says so.
func (r *Run) Flows(ctx context.Context, flows []*dsl.Flow) []*FlowReport {
	var out []*FlowReport
	for _, f := range flows {
		report := &FlowReport{Name: f.Name}
		out = append(out, report)
		report.Err = r.flow(ctx, f, report)
		if report.Err != nil {
			report.Error = report.Err.Error()
			r.Log.Error("flow failed; nothing is lost, the next run goes on from here", "flow", f.Name, "error", report.Error)
		}
	}
	if unknown := r.Bound.Tables.Unknown(); len(unknown) > 0 && len(out) > 0 {
		out[len(out)-1].UnknownKeys = unknown
	}
	return out
}

func (r *Run) flow(ctx context.Context, f *dsl.Flow, report *FlowReport) error {
	if f.Sink != nil {
		return r.export(ctx, f, report)
	}
	return r.ingest(ctx, f, report)
}

// doer opens the client that a source or sink names, once for the whole run: its
// token and its rate limit are shared by all flows.
func (r *Run) doer(n *dsl.Node) (request.Doer, error) {
	refs := n.Val("client").Refs()
	if len(refs) == 0 {
		return nil, fmt.Errorf("%s: no client", n.Range)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if d, ok := r.open[refs[0].Name]; ok {
		return d, nil
	}
	d, err := r.Clients(context.Background(), r.Bound.Client(refs[0].Name))
	if err != nil {
		return nil, err
	}
	if r.open == nil {
		r.open = map[string]request.Doer{}
	}
	r.open[refs[0].Name] = d
	return d, nil
}

// Report runs flows and sums them up.
func (r *Run) Report(ctx context.Context, flows []*dsl.Flow) *Report {
	report := &Report{Connector: r.Bound.Connector.Name, Started: time.Now().UTC(), DryRun: r.DryRun}
	report.Flows = r.Flows(ctx, flows)
	report.Outcome, report.Finished = worst(report.Flows), time.Now().UTC()
	return report
}
