package show

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tqmap/engine"
	"tqmap/runtime/state"
)

// Run is a state.Run in JSON.
type Run struct {
	ID        int64           `json:"id"`
	Connector string          `json:"connector"`
	Started   string          `json:"started"`
	Finished  string          `json:"finished,omitempty"`
	Outcome   string          `json:"outcome"`
	Error     string          `json:"error,omitempty"`
	Flows     json.RawMessage `json:"flows,omitempty"`
	took      time.Duration
}

// NewRun is a run that is remembered.
func NewRun(r state.Run) Run {
	out := Run{ID: r.ID, Connector: r.Instance, Started: Instant(r.Started), Finished: Instant(r.Finished), Outcome: r.Outcome, Error: r.Error, Flows: r.Counts}
	if out.Outcome == "" {
		out.Outcome = "running"
	}
	if !r.Finished.IsZero() {
		out.took = r.Finished.Sub(r.Started).Round(time.Millisecond)
	}
	return out
}

func (r *Run) line() string {
	if r == nil {
		return "never"
	}
	text := fmt.Sprintf("%s, %s", toSecond(r.Started), r.Outcome)
	if r.Finished != "" {
		text += " in " + r.took.String()
	}
	if r.Error != "" {
		text += ": " + r.Error
	}
	return text
}

// Runs is a table of runs.
func Runs(runs []Run) string {
	if len(runs) == 0 {
		return "no runs yet\n"
	}
	var b strings.Builder
	w := aligned(&b)
	fmt.Fprintln(w, "ID\tCONNECTOR\tSTARTED\tTOOK\tOUTCOME\tFETCHED\tCREATED\tUPDATED\tUNCHANGED\tSKIPPED\tDEAD\tERROR")
	for _, r := range runs {
		var flows []engine.FlowReport
		_ = json.Unmarshal(r.Flows, &flows) // of an interrupted run there is nothing
		var sum engine.FlowReport
		for _, f := range flows {
			sum.Fetched, sum.Created, sum.Updated = sum.Fetched+f.Fetched, sum.Created+f.Created, sum.Updated+f.Updated
			sum.Unchanged, sum.Skipped, sum.Dead = sum.Unchanged+f.Unchanged, sum.Skipped+f.Skipped, sum.Dead+f.Dead
		}
		took := ""
		if r.Finished != "" {
			took = r.took.String()
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", r.ID, r.Connector, toSecond(r.Started), took, r.Outcome,
			sum.Fetched, sum.Created, sum.Updated, sum.Unchanged, sum.Skipped, sum.Dead, firstLine(r.Error, 60))
	}
	w.Flush()
	return b.String()
}
