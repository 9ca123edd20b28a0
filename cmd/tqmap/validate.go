package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/engine"
)

func (a *app) validateCmd() *cobra.Command {
	var again bool
	cmd := &cobra.Command{
		Use:   "validate MAPPING…",
		Short: "Check a mapping and point at every mistake",
		Long: `Reads a mapping, compiles its jq and expr, checks every name and type, and the
fields of every expr against the recorded samples. All mistakes are shown at
once. Nothing is sent anywhere. Several mappings are checked one by one.

With --watch one mapping is checked again each time it, or a sample or test file of it, is
saved, until Ctrl-C.`,
		Annotations: map[string]string{takesMapping: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if again {
				return a.watch(cmd.Context(), args, nil, func() error { return a.validate(args) })
			}
			if len(args) == 0 {
				return a.validate(nil)
			}
			var failed error
			for i, arg := range args {
				if i > 0 {
					a.load(arg)
				}
				if code := a.fail(a.validate([]string{arg})); code != exitOK {
					failed = exitError(code)
				}
			}
			return failed
		},
	}
	cmd.Flags().BoolVar(&again, "watch", false, "check it again whenever it is saved")
	return cmd
}

// load takes another mapping than the one that was loaded.
func (a *app) load(arg string) {
	in, err := resolve(arg)
	if a.loadErr = err; err == nil {
		a.mapping, a.diags = dsl.Load(in, engine.Vocabulary())
	}
}

// validate says what is wrong with the mapping that is loaded.
func (a *app) validate(args []string) error {
	m, err := a.loaded(args)
	if err != nil {
		return err
	}
	name := strings.TrimSpace(m.Connector.Name + " " + m.Connector.Version)
	fmt.Fprintf(a.stdout, "%s is valid: %d flows, %d parameters, %d tests.\n", name, len(m.Flows), len(m.Params), len(m.Tests))
	return nil
}
