package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) validateCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "validate MAPPING",
		Short: "Check a mapping and point at every mistake",
		Long: `Reads a mapping, compiles its jq and expr, checks every name and type, and the
fields of every expr against the recorded samples. All mistakes are shown at
once. Nothing is sent anywhere.`,
		Annotations: map[string]string{takesMapping: "yes"},
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := a.loaded(args)
			if err != nil {
				return err
			}
			name := strings.TrimSpace(m.Connector.Name + " " + m.Connector.Version)
			fmt.Fprintf(a.stdout, "%s is valid: %d flows, %d parameters, %d tests.\n", name, len(m.Flows), len(m.Params), len(m.Tests))
			return nil
		},
	}
}
