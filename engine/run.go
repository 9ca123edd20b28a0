package engine

import (
	"context"
	"fmt"
	"log/slog"
	"net"
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
	// DryRun computes everything and writes nothing to ThreatQ and vendor. State is still
	// committed to, so that a page knows of those before it: give it one that
	// keeps changes to itself.
	DryRun bool
	Log    *slog.Logger
	// Until, where it is not zero, is an end that the operator gave for all windows.
	Until time.Time
	// Named says that the operator named the flows one by one, so that one which is left
	// out is worth a warning.
	Named bool
	// Progress is called after each page; may be nil.
	Progress func(*FlowReport)
	// Sleep is how the run waits for what a server works on; nil: by the real clock.
	Sleep func(context.Context, time.Duration) error

	// Of a test, else nil: records in place of those of ThreatQ, who is told of what
	// becomes of each, and what connects the sinks that speak no HTTP.
	given  source
	mapped func(*Mapped)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)

	mu   sync.Mutex
	open map[string]request.Doer
	told map[string]int // dead letters in the log, by flow, rule and place

	traced bool // records come with their Origin, for lineage
}

// planLimit bounds what a dry run remembers for printing.
const planLimit = 1000

func (r *Run) plan(f *FlowReport, line string) {
	if len(f.Plan) == planLimit {
		f.PlanCut++
		return
	}
	f.Plan = append(f.Plan, line)
}

// Report runs flows and sums them up.
func (r *Run) Report(ctx context.Context, flows []*dsl.Flow) *Report {
	report := &Report{Connector: r.Bound.Connector.Name, Started: time.Now().UTC(), DryRun: r.DryRun}
	report.Flows = r.Flows(ctx, flows)
	report.Outcome, report.Finished = worst(report.Flows), time.Now().UTC()
	return report
}

// Flows runs the given flows one after the other. A flow that fails does not
// keep the others from running; the report says so.
func (r *Run) Flows(ctx context.Context, flows []*dsl.Flow) []*FlowReport {
	defer r.close(ctx)
	out := []*FlowReport{}
	for _, f := range flows {
		report := &FlowReport{Name: f.Name, Extracts: f.Source.Spec.Yields == nil}
		out = append(out, report)
		before := counted(r.Bound.Tables.Unknown())
		report.Err = r.flow(ctx, f, report)
		report.UnknownKeys = more(before, counted(r.Bound.Tables.Unknown()))
		if report.Err != nil {
			report.Error = report.Err.Error()
			r.Log.Error("flow failed; nothing is lost, the next run goes on from here", "flow", f.Name, "error", report.Error)
		}
	}
	return out
}

func (r *Run) flow(ctx context.Context, f *dsl.Flow, report *FlowReport) error {
	if out, err := r.leftOut(f, report); out || err != nil {
		return err
	}
	p, err := r.begin(ctx, f, report)
	if err != nil {
		return err
	}
	return p.read(ctx)
}

// leftOut says whether the mapping leaves the flow out of this run, and tells so.
func (r *Run) leftOut(f *dsl.Flow, report *FlowReport) (bool, error) {
	read := f.Node.Read(r.Bound.Scope)
	report.LeftOut = !read.Bool("when", true)
	if err := read.Err(); err != nil || !report.LeftOut {
		return false, err
	}
	tell := r.Log.Info
	if r.Named {
		tell = r.Log.Warn
	}
	tell("flow left out: its `when` does not hold with these parameters", "flow", f.Name, "when", f.When.Range.String())
	return true, nil
}

// doer opens the client that a source or sink names, once for the whole run: its
// token and its rate limit are shared by all flows.
func (r *Run) doer(ctx context.Context, n *dsl.Node) (request.Doer, error) {
	refs := n.Val("client").Refs()
	if len(refs) == 0 {
		return nil, fmt.Errorf("%s: no client", n.Range)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if d, ok := r.open[refs[0].Name]; ok {
		return d, nil
	}
	d, err := r.Clients(ctx, r.Bound.Client(refs[0].Name))
	if err != nil {
		return nil, err
	}
	if r.open == nil {
		r.open = map[string]request.Doer{}
	}
	r.open[refs[0].Name] = d
	return d, nil
}

func (r *Run) sleep(ctx context.Context, d time.Duration) error {
	if r.Sleep != nil {
		return r.Sleep(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// counted copies what tables count, as they go on counting.
func counted(live map[string]map[string]int) map[string]map[string]int {
	out := map[string]map[string]int{}
	for table, keys := range live {
		out[table] = map[string]int{}
		for key, n := range keys {
			out[table][key] = n
		}
	}
	return out
}

// more is what after counts beyond before; nil if nothing.
func more(before, after map[string]map[string]int) map[string]map[string]int {
	for table, keys := range after {
		for key := range keys {
			if keys[key] -= before[table][key]; keys[key] == 0 {
				delete(keys, key)
			}
		}
		if len(keys) == 0 {
			delete(after, table)
		}
	}
	if len(after) == 0 {
		return nil
	}
	return after
}
