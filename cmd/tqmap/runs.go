package main

import (
	"github.com/spf13/cobra"

	"tqmap/cmd/show"
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
			shown := []show.Run{}
			for _, r := range runs {
				shown = append(shown, show.NewRun(r))
			}
			return a.answer(&o, show.Runs(shown), shown)
		},
	}
	o.declare(cmd)
	cmd.Flags().IntVarP(&limit, "number", "n", 20, "how many")
	return cmd
}
