package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tqmap/dsl/code"
	"tqmap/engine"
	"tqmap/runtime"
	"tqmap/runtime/redact"
	"tqmap/runtime/state"
)

func (a *app) deadletterCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deadletter",
		Short: "Look at records that could not be delivered, and try them again",
		Long: `A record that cannot be mapped, and an object that is refused, is kept as a dead letter
with the reason and what was read; the others go on without it. When the mapping or the other
side is mended, retry it. A letter whose record comes again and is delivered goes by itself.`,
		Example: `  tqmap deadletter list ironnet -c /etc/tq_labs
  tqmap deadletter show ironnet 17 -c /etc/tq_labs
  tqmap deadletter retry ironnet -c /etc/tq_labs`,
		RunE: needsVerb,
	}
	cmd.AddCommand(a.deadletterListCmd(), a.deadletterShowCmd(), a.deadletterRetryCmd(), a.deadletterDropCmd())
	return cmd
}

// shownLetter is a state.DeadLetter in JSON.
type shownLetter struct {
	ID       int64           `json:"id"`
	Flow     string          `json:"flow"`
	Rule     string          `json:"rule"`
	Key      string          `json:"key"`
	Attempts int             `json:"attempts"`
	First    string          `json:"first"`
	Last     string          `json:"last"`
	Reason   string          `json:"reason"`
	Where    string          `json:"where,omitempty"`
	Code     string          `json:"code,omitempty"`
	Field    string          `json:"field,omitempty"`
	Stage    string          `json:"stage,omitempty"`
	Values   []code.Involved `json:"values,omitempty"`
	Input    json.RawMessage `json:"input,omitempty"`
}

func showLetter(d state.DeadLetter) shownLetter {
	return shownLetter{d.ID, d.Flow, d.Rule, d.Key, d.Attempts, instant(d.First), instant(d.At), d.Reason, d.Where, d.Code, d.Field, d.Stage, nil, nil}
}

func (a *app) deadletterListCmd() *cobra.Command {
	var o remembered
	var want state.Filter
	cmd := &cobra.Command{
		Use:   "list CONNECTOR",
		Short: "List the dead letters of a connector, oldest first",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.about(cmd.Context(), &o, args, func(store *state.Store, name string) error {
				letters, err := store.Instance(name).DeadLetters(cmd.Context(), want)
				if err != nil {
					return err
				}
				shown := []shownLetter{}
				for _, d := range letters {
					shown = append(shown, showLetter(d))
				}
				shown = redact.Copy(a.redactor, shown) // before it is cut
				return a.print(&o, letterTable(shown), shown)
			})
		},
	}
	o.declare(cmd)
	cmd.Flags().StringVar(&want.Flow, "flow", "", "only of this flow")
	cmd.Flags().StringVar(&want.Rule, "rule", "", "only of this rule, e.g. event.alert")
	cmd.Flags().IntVarP(&want.Limit, "number", "n", 0, "at most so many; 0: all")
	return cmd
}

func letterTable(letters []shownLetter) string {
	if len(letters) == 0 {
		return "no dead letters\n"
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 2, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tFLOW\tRULE\tKEY\tATTEMPTS\tFIRST\tLAST\tREASON")
	for _, d := range letters {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", d.ID, d.Flow, d.Rule, cut(d.Key, 40), d.Attempts, toSecond(d.First), toSecond(d.Last), cut(d.Reason, 60))
	}
	w.Flush()
	return b.String()
}

func (a *app) deadletterShowCmd() *cobra.Command {
	var o remembered
	cmd := &cobra.Command{
		Use:   "show CONNECTOR ID",
		Short: "Show a dead letter with its reason, its place in the mapping and the record",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("name a connector and the id of one dead letter; tqmap deadletter list shows the ids")
			}
			ids, err := letterIDs(args[1:])
			if err != nil {
				return err
			}
			return a.about(cmd.Context(), &o, args[:1], func(store *state.Store, name string) error {
				found, err := lettersOf(cmd.Context(), store.Instance(name), ids)
				if err != nil {
					return err
				}
				shown := showLetter(found[0])
				shown.Values = a.shownValues(found[0].Values)
				if json.Valid(found[0].Input) {
					shown.Input = found[0].Input
				}
				shown = redact.Copy(a.redactor, shown)
				return a.print(&o, letterText(shown), shown)
			})
		},
	}
	o.declare(cmd)
	return cmd
}

func letterText(d shownLetter) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 2, 8, 2, ' ', 0)
	fmt.Fprintf(w, "dead letter %d\tflow %s\n", d.ID, d.Flow)
	for _, row := range [][2]string{{"rule", d.Rule}, {"key", d.Key}, {"code", d.Code}, {"field", d.Field}, {"reason", d.Reason}, {"stage", d.Stage}, {"where", d.Where}} {
		if row[1] != "" {
			fmt.Fprintf(w, "  %s\t%s\n", row[0], row[1])
		}
	}
	for _, v := range d.Values {
		fmt.Fprintf(w, "  with\t%s\n", valueText(v))
	}
	fmt.Fprintf(w, "  refused\t%d times, from %s to %s\n", d.Attempts, toSecond(d.First), toSecond(d.Last))
	w.Flush()
	if input, err := json.MarshalIndent(d.Input, "", "  "); err == nil && d.Input != nil {
		fmt.Fprintf(&b, "%s\n", input)
	}
	return b.String()
}

// letterIDs reads ids, each once.
func letterIDs(args []string) ([]int64, error) {
	var ids []int64
	seen := map[int64]bool{}
	for _, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id < 1 {
			return nil, usagef("%q is no id of a dead letter; tqmap deadletter list shows them", arg)
		}
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// lettersOf finds letters by their ids, all of them.
func lettersOf(ctx context.Context, in *state.Instance, ids []int64) ([]state.DeadLetter, error) {
	var out []state.DeadLetter
	for _, id := range ids {
		found, err := in.DeadLetters(ctx, state.Filter{ID: id})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, usagef("there is no dead letter %d of this connector; tqmap deadletter list shows them", id)
		}
		out = append(out, found...)
	}
	return out, nil
}

func (a *app) deadletterDropCmd() *cobra.Command {
	var o remembered
	var all bool
	var want state.Filter
	cmd := &cobra.Command{
		Use:   "drop CONNECTOR ID…|--all|--rule RULE",
		Short: "Forget dead letters for good",
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := letterIDs(args[min(1, len(args)):])
			if err != nil {
				return err
			}
			if chosen := len(ids) > 0; chosen == (all || want.Rule != "" || want.Flow != "") {
				return usagef("name the ids of dead letters, or give --all, --flow or --rule")
			}
			return a.about(cmd.Context(), &o, args[:min(1, len(args))], func(store *state.Store, name string) error {
				var dropped []shownLetter
				err = change(cmd.Context(), store, name, func(in *state.Instance) error {
					dropped, err = drop(cmd.Context(), in, ids, want)
					return err
				})
				if err != nil {
					return err
				}
				return a.print(&o, fmt.Sprintf("%s: dead letters dropped: %d\n", name, len(dropped)), dropped)
			})
		},
	}
	o.declare(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all of the connector")
	cmd.Flags().StringVar(&want.Flow, "flow", "", "all of this flow")
	cmd.Flags().StringVar(&want.Rule, "rule", "", "all of this rule, e.g. event.alert")
	return cmd
}

func drop(ctx context.Context, in *state.Instance, ids []int64, want state.Filter) ([]shownLetter, error) {
	letters, err := lettersOf(ctx, in, ids)
	if len(ids) == 0 {
		letters, err = in.DeadLetters(ctx, want)
	}
	if err != nil {
		return nil, err
	}
	dropped := []shownLetter{}
	for _, d := range letters {
		if err := in.DropDeadLetter(ctx, d.ID); err != nil {
			return nil, err
		}
		dropped = append(dropped, showLetter(d))
	}
	return dropped, nil
}

func (a *app) deadletterRetryCmd() *cobra.Command {
	var o options
	var format string
	cmd := &cobra.Command{
		Use:   "retry MAPPING [ID…]",
		Short: "Map and deliver dead letters once more, all or those named",
		Long: `Maps the records of dead letters as the mapping stands now, and delivers them, without
moving any cursor. What is delivered is no dead letter any more; what fails again stays
one, with one attempt more. It needs the settings of tqmap run, and the lock.

Exit codes are those of tqmap run: 3 if some failed again.`,
		Example: `  tqmap deadletter retry ironnet -c /etc/tq_labs
  tqmap deadletter retry my-ironnet.hcl 17 18 -c /etc/tq_labs`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usagef("--format takes text or json, not %q", format)
			}
			m, err := a.loaded(args[:min(1, len(args))])
			if err != nil {
				return err
			}
			ids, err := letterIDs(args[1:])
			if err != nil {
				return err
			}
			return a.withJob(cmd, &o, m, format == "json", func(job *runtime.Job) (*engine.Report, error) {
				return retry(cmd.Context(), job, ids, o.flows)
			})
		},
	}
	o.declare(cmd)
	o.declareDatabase(cmd)
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

// retry looks the letters up and hands them to the job. Which are left by then is seen
// under the lock, by what they hold: delivering a record twice changes nothing.
func retry(ctx context.Context, job *runtime.Job, ids []int64, flows []string) (*engine.Report, error) {
	store, err := runtime.FindState(ctx, job.Dir, job.Settings.Database)
	if err != nil {
		return nil, err
	}
	letters, err := chosenLetters(ctx, store.Instance(job.Instance), ids, flows)
	if err := errors.Join(err, store.Close()); err != nil {
		return nil, err
	}
	return job.Retry(ctx, letters)
}

func chosenLetters(ctx context.Context, in *state.Instance, ids []int64, flows []string) ([]state.DeadLetter, error) {
	if len(ids) > 0 {
		return lettersOf(ctx, in, ids)
	}
	if len(flows) == 0 {
		flows = []string{""}
	}
	var letters []state.DeadLetter
	for _, flow := range flows {
		some, err := in.DeadLetters(ctx, state.Filter{Flow: flow})
		if err != nil {
			return nil, err
		}
		letters = append(letters, some...)
	}
	return letters, nil
}
