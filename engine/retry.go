package engine

import (
	"context"
	"slices"
	"time"

	"tqmap/dsl"
	"tqmap/dsl/code"
)

// perRetry is how many records are delivered together.
const perRetry = 500

// Retry maps and delivers records of f once more that became dead letters, as they were
// read then. No cursor moves. What is delivered now is revived by the same commit, what
// fails again is a dead letter again.
func (r *Run) Retry(ctx context.Context, f *dsl.Flow, records []any) *FlowReport {
	report := &FlowReport{Name: f.Name}
	before := counted(r.Bound.Tables.Unknown())
	report.Err = r.retry(ctx, f, records, report)
	report.UnknownKeys = more(before, counted(r.Bound.Tables.Unknown()))
	if report.Err != nil {
		report.Error = report.Err.Error()
		r.Log.Error("not all could be tried again; they stay dead letters", "flow", f.Name, "error", report.Error)
	}
	return report
}

func (r *Run) retry(ctx context.Context, f *dsl.Flow, records []any, report *FlowReport) error {
	if out, err := r.leftOut(f, report); out || err != nil {
		return err
	}
	m, err := newMapper(r.Bound, f)
	if err != nil {
		return err
	}
	// A window that moves nothing, after a checkpoint on whose edge no record lies.
	p := &progress{run: r, flow: f, name: f.Name, mapper: m, report: report, again: true, track: newTrack(Window{}, Checkpoint{}, follows{}), limits: noLimits, skips: skips{report: report}}
	if err := p.ready(ctx); err != nil {
		return err
	}
	n := 0
	for some := range slices.Chunk(records, perRetry) {
		n++
		if f.Source.Spec.Yields != nil {
			for _, record := range some {
				restoreTimes(record, *f.Source.Spec.Yields)
			}
		}
		if err := p.page(ctx, p.track, &batch{number: n, records: some}); err != nil {
			return err
		}
	}
	return p.flushed(ctx)
}

// Summed is the report of flows that were run one by one.
func (r *Run) Summed(started time.Time, flows []*FlowReport) *Report {
	return &Report{Connector: r.Bound.Connector.Name, Outcome: worst(flows), Started: started, Finished: time.Now().UTC(), Flows: flows}
}

// restoreTimes undoes what JSON did to the instants of a record of a known shape.
func restoreTimes(record any, shape code.Shape) {
	switch shape.Kind {
	case code.List:
		list, _ := record.([]any)
		for _, e := range list {
			restoreTimes(e, *shape.Elem)
		}
	case code.Object:
		fields, _ := record.(map[string]any)
		for name, field := range shape.Fields {
			text, _ := fields[name].(string)
			if at, err := time.Parse(time.RFC3339Nano, text); err == nil && field.Kind == code.Time {
				fields[name] = at
				continue
			}
			restoreTimes(fields[name], field)
		}
	}
}
