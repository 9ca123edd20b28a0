package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/engine"
)

func (a *app) validateCmd() *cobra.Command {
	var strict bool
	cmd := &cobra.Command{
		Use:   "validate MAPPING…",
		Short: "Check a mapping and point at every mistake",
		Long: `Reads a mapping, compiles its jq and expr, checks every name and type, and the
fields of every expr against the recorded samples. All mistakes are shown at
once. Nothing is sent anywhere. Several mappings are checked one by one.

Errors end it with status 2. Warnings are what can be run and hardly is meant;
with --strict they count as errors, for use in CI.`,
		Annotations: map[string]string{takesMapping: "yes"},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.validate(nil, strict)
			}
			var failed error
			for i, arg := range args {
				if i > 0 {
					a.load(arg)
				}
				if code := a.fail(a.validate([]string{arg}, strict)); code != exitOK {
					failed = exitError(code)
				}
			}
			return failed
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "count warnings as errors: exit 2")
	return cmd
}

// load takes another mapping than the one that was loaded.
func (a *app) load(arg string) {
	in, err := resolve(arg)
	if a.loadErr = err; err == nil {
		a.mapping, a.diags = dsl.Load(in, engine.Vocabulary())
	}
}

// validate says what is wrong with the mapping that is loaded. Strict, it must not even
// be suspect.
func (a *app) validate(args []string, strict bool) error {
	m, err := a.loaded(args)
	if err != nil {
		return err
	}
	if n := len(a.diags); strict && n > 0 {
		fmt.Fprintf(a.stderr, "%s: %d warnings, which count as errors with --strict.\n", m.Connector.Name, n)
		return exitError(exitUsage)
	}
	name := strings.TrimSpace(m.Connector.Name + " " + m.Connector.Version)
	fmt.Fprintf(a.stdout, "%s is valid: %d flows, %d parameters, %d tests.\n", name, len(m.Flows), len(m.Params), len(m.Tests))
	return nil
}
