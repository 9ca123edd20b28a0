package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/cmd/show"
	"tqmap/runtime/state"
)

func (a *app) stateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Look at what is remembered of a connector, and repair it",
		Example: `  tqmap state show ironnet -c /etc/tq_labs
  tqmap state rewind ironnet -c /etc/tq_labs --flow alerts --by 2d
  tqmap state export ironnet -c /etc/tq_labs > ironnet.json`,
		RunE: needsVerb,
	}
	cmd.AddCommand(a.stateShowCmd(), a.stateSetCmd(), a.stateRewindCmd(), a.stateForgetCmd(), a.stateExportCmd(), a.stateImportCmd())
	return cmd
}

// needsVerb answers a command that only has commands below it.
func needsVerb(cmd *cobra.Command, args []string) error {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	if len(args) > 0 {
		return usagef("tqmap %s has no %q; it has: %s", cmd.Name(), args[0], strings.Join(names, ", "))
	}
	return usagef("tqmap %s takes one of: %s", cmd.Name(), strings.Join(names, ", "))
}

func (a *app) stateShowCmd() *cobra.Command {
	var o remembered
	var flow string
	cmd := &cobra.Command{
		Use:   "show CONNECTOR",
		Short: "Show where its flows stand, what was delivered, and who runs it",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.about(cmd.Context(), &o, args, func(store *state.Store, name string) error {
				shown, err := stateOf(cmd.Context(), store, name, flow)
				if err != nil {
					return err
				}
				return a.answer(&o, shown.Text(a.now()), shown)
			})
		},
	}
	o.declare(cmd)
	cmd.Flags().StringVar(&flow, "flow", "", "only this flow")
	return cmd
}

// stateOf reads what is remembered of a connector, or of one flow of it.
func stateOf(ctx context.Context, store *state.Store, name, flow string) (*show.State, error) {
	in := store.Instance(name)
	out := &show.State{Connector: name, Place: store.Place(), Tokens: []string{}, Flows: []show.Flow{}}
	runs, err := store.Runs(ctx, name, 1)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		one := show.NewRun(r)
		out.LastRun = &one
	}
	held, err := store.Holder(ctx, name)
	if err != nil {
		return nil, err
	}
	out.Lock = show.NewLock(held)
	tokens, err := in.TokenNames(ctx)
	if err != nil {
		return nil, err
	}
	out.Tokens = append(out.Tokens, tokens...)
	flows, err := in.Flows(ctx)
	if flow != "" && err == nil {
		flows = make([]state.Flow, 1)
		flows[0], err = flowOf(ctx, in, name, flow)
	}
	if err != nil {
		return nil, err
	}
	for _, f := range flows {
		rules, err := in.Rules(ctx, f.Name)
		if err != nil {
			return nil, err
		}
		out.Flows = append(out.Flows, show.NewFlow(f, rules))
	}
	return out, nil
}

func (a *app) stateExportCmd() *cobra.Command {
	var o remembered
	var secrets bool
	cmd := &cobra.Command{
		Use:   "export CONNECTOR",
		Short: "Print what is remembered as one JSON document",
		Long: `Prints what is remembered of a connector as one JSON document, for a look, a copy,
or another state (tqmap state import). Tokens are left out: a flow that goes on from a
token begins anew after the import. --secrets prints them, too.`,
		Example: "  tqmap state export ironnet -c /etc/tq_labs > ironnet.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.about(cmd.Context(), &o, args, func(store *state.Store, name string) error {
				return store.Instance(name).Export(cmd.Context(), a.stdout, state.ExportOptions{Secrets: secrets, Redact: a.redactor.String})
			})
		},
	}
	o.declare(cmd)
	_ = cmd.Flags().MarkHidden("format") // it is always JSON
	cmd.Flags().BoolVar(&secrets, "secrets", false, "print tokens as well: keep the output like a password")
	return cmd
}
