package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tqmap/dsl/code"
	"tqmap/engine"
	"tqmap/runtime/state"
)

// Retry delivers dead letters once more, under the lock of the instance, and keeps that in
// the run history. Its error means that nothing was tried, as with Run. Flows of which
// no letter could be tried have their error in the report.
func (j *Job) Retry(ctx context.Context, letters []state.DeadLetter) (*engine.Report, error) {
	bound, platform, err := j.bind()
	if err != nil {
		return nil, err
	}
	if len(letters) == 0 {
		return j.engine(bound, platform, nil, nil).Summed(time.Now().UTC(), []*engine.FlowReport{}), nil
	}
	return j.locked(ctx, bound.Lock, func(ctx context.Context, in *state.Instance) *engine.Report {
		started, run := time.Now().UTC(), j.engine(bound, platform, in, in)
		var reports []*engine.FlowReport
		for _, flow := range flowsOf(letters) {
			some := slices.DeleteFunc(slices.Clone(letters), func(d state.DeadLetter) bool { return d.Flow != flow })
			reports = append(reports, j.retryLetters(ctx, run, in, flow, some))
		}
		return run.Summed(started, reports)
	})
}

// flowsOf are the flows of letters, in their order.
func flowsOf(letters []state.DeadLetter) (flows []string) {
	for _, d := range letters {
		if !slices.Contains(flows, d.Flow) {
			flows = append(flows, d.Flow)
		}
	}
	return flows
}

// retryLetters is the one place where dead letters meet the engine: it hands over the
// records of the letters of one flow, and drops the letters that are settled in the end.
func (j *Job) retryLetters(ctx context.Context, run *engine.Run, in *state.Instance, flow string, letters []state.DeadLetter) *engine.FlowReport {
	f := j.Mapping.Flow(flow)
	if f == nil {
		err := fmt.Errorf("the mapping has no flow %q any more; drop its dead letters, or bring the flow back", flow)
		return &engine.FlowReport{Name: flow, Err: err, Error: err.Error()}
	}
	records, err := recordsOf(letters)
	if err != nil {
		return &engine.FlowReport{Name: flow, Err: err, Error: err.Error()}
	}
	report := run.Retry(ctx, f, records)
	if report.Err != nil || report.Dead > 0 || report.Failed > 0 {
		return report
	}
	// All is delivered, so that a letter that is left is about something that the mapping,
	// which was changed meanwhile, leaves out or gives another key.
	for _, d := range letters {
		if err := in.DropDeadLetter(ctx, d.ID); err != nil && !errors.Is(err, state.ErrNotFound) {
			report.Notes = append(report.Notes, err.Error())
		}
	}
	return report
}

// recordsOf are the records that letters are about, each once.
func recordsOf(letters []state.DeadLetter) ([]any, error) {
	var records []any
	seen := map[string]bool{}
	for _, d := range letters {
		if seen[string(d.Input)] {
			continue
		}
		seen[string(d.Input)] = true
		if !json.Valid(d.Input) {
			return nil, fmt.Errorf("dead letter %d holds no record to try again; drop it", d.ID)
		}
		record, err := code.Decode(d.Input)
		if err != nil {
			return nil, fmt.Errorf("dead letter %d: %w", d.ID, err)
		}
		records = append(records, record)
	}
	return records, nil
}
