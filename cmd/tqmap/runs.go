package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tqmap/engine"
	"tqmap/runtime/state"
)

func (a *app) runsCmd() *cobra.Command {
	var o remembered
	var limit int
	cmd := &cobra.Command{
		Use:   "runs [CONNECTOR]",
		Short: "List the last runs, with their outcome and counts",
		Example: `  tqmap runs -c /etc/tq_labs
  tqmap runs ironnet -c /etc/tq_labs -n 5`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := one(args); err != nil {
				return err
			}
			if limit < 1 {
				return usagef("-n takes how many runs to list, at least 1")
			}
			var store *state.Store
			var name string
			var err error
			if len(args) == 0 {
				store, err = a.open(cmd.Context(), &o, "")
			} else {
				store, name, err = a.known(cmd.Context(), &o, args)
			}
			if err != nil {
				return err
			}
			defer store.Close()
			runs, err := store.Runs(cmd.Context(), name, limit)
			if err != nil {
				return err
			}
			shown := []shownRun{}
			for _, r := range runs {
				shown = append(shown, showRun(r))
			}
			return a.print(&o, runTable(shown), shown)
		},
	}
	o.declare(cmd)
	cmd.Flags().IntVarP(&limit, "number", "n", 20, "how many")
	return cmd
}

// shownRun is a state.Run in JSON.
type shownRun struct {
	ID        int64           `json:"id"`
	Connector string          `json:"connector"`
	Started   string          `json:"started"`
	Finished  string          `json:"finished,omitempty"`
	Outcome   string          `json:"outcome"`
	Error     string          `json:"error,omitempty"`
	Flows     json.RawMessage `json:"flows,omitempty"`
	took      time.Duration
}

func showRun(r state.Run) shownRun {
	out := shownRun{ID: r.ID, Connector: r.Instance, Started: instant(r.Started), Finished: instant(r.Finished), Outcome: r.Outcome, Error: r.Error, Flows: r.Counts}
	if out.Outcome == "" {
		out.Outcome = "running"
	}
	if !r.Finished.IsZero() {
		out.took = r.Finished.Sub(r.Started).Round(time.Millisecond)
	}
	return out
}

func (r *shownRun) line() string {
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

func runTable(runs []shownRun) string {
	if len(runs) == 0 {
		return "no runs yet\n"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 2, 8, 2, ' ', 0)
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
			sum.Fetched, sum.Created, sum.Updated, sum.Unchanged, sum.Skipped, sum.Dead, cut(r.Error, 60))
	}
	w.Flush()
	return b.String()
}

// cut keeps the first line of text, and of that n characters.
func cut(text string, n int) string {
	line, _, _ := strings.Cut(text, "\n")
	if r := []rune(line); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return line
}
