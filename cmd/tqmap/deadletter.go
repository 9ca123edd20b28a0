package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"tqmap/cmd/show"
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
				shown := []show.Letter{}
				for _, d := range letters {
					shown = append(shown, show.NewLetter(d))
				}
				shown = redact.Copy(a.redactor, shown) // before it is cut
				return a.answer(&o, show.Letters(shown), shown)
			})
		},
	}
	o.declare(cmd)
	cmd.Flags().StringVar(&want.Flow, "flow", "", "only of this flow")
	cmd.Flags().StringVar(&want.Rule, "rule", "", "only of this rule, e.g. event.alert")
	cmd.Flags().IntVarP(&want.Limit, "number", "n", 0, "at most so many; 0: all")
	return cmd
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
				shown := show.NewLetter(found[0])
				shown.Values = show.Values(found[0].Values, a.redactor.String)
				if json.Valid(found[0].Input) {
					shown.Input = found[0].Input
				}
				shown = redact.Copy(a.redactor, shown)
				return a.answer(&o, shown.Text(), shown)
			})
		},
	}
	o.declare(cmd)
	return cmd
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
				var dropped []show.Letter
				err = change(cmd.Context(), store, name, func(in *state.Instance) error {
					dropped, err = drop(cmd.Context(), in, ids, want)
					return err
				})
				if err != nil {
					return err
				}
				return a.answer(&o, fmt.Sprintf("%s: dead letters dropped: %d\n", name, len(dropped)), dropped)
			})
		},
	}
	o.declare(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all of the connector")
	cmd.Flags().StringVar(&want.Flow, "flow", "", "all of this flow")
	cmd.Flags().StringVar(&want.Rule, "rule", "", "all of this rule, e.g. event.alert")
	return cmd
}

func drop(ctx context.Context, in *state.Instance, ids []int64, want state.Filter) ([]show.Letter, error) {
	letters, err := lettersOf(ctx, in, ids)
	if len(ids) == 0 {
		letters, err = in.DeadLetters(ctx, want)
	}
	if err != nil {
		return nil, err
	}
	dropped := []show.Letter{}
	for _, d := range letters {
		if err := in.DropDeadLetter(ctx, d.ID); err != nil {
			return nil, err
		}
		dropped = append(dropped, show.NewLetter(d))
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
			if err := oneOf(format, "text", "json"); err != nil {
				return err
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
