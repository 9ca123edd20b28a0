package main

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/mappings"
)

func (a *app) mappingsCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "mappings [NAME]",
		Short: "List the built-in mappings, or print one to copy and change",
		Example: `  tqmap mappings
  tqmap mappings ironnet > my-ironnet.hcl`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				src, err := fs.ReadFile(mappings.FS, strings.TrimSuffix(args[0], ".hcl")+".hcl")
				if err != nil {
					return usagef("there is no built-in mapping %q; built in: %s", args[0], strings.Join(builtins(), ", "))
				}
				_, err = a.stdout.Write(src)
				return err
			}
			for _, name := range builtins() {
				m, diags := dsl.Load(dsl.Input{FS: mappings.FS, Names: []string{name + ".hcl"}, Prefix: "built-in"}, engine.Vocabulary())
				if diags.HasErrors() {
					return diags
				}
				fmt.Fprintf(a.stdout, "%-12s %s %s\n", name, m.Connector.Title, m.Connector.Version)
			}
			return nil
		},
	}
}
