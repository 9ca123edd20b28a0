package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/engine"
)

func (a *app) validateCmd() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "validate MAPPING…",
		Short: "Check a mapping and point at every mistake",
		Long: `Reads a mapping, compiles its jq and expr, checks every name and type, and the
fields of every expr against the recorded samples. All mistakes are shown at
once. Nothing is sent anywhere. Several mappings are checked one by one.`,
		Annotations: map[string]string{takesMapping: "yes"},
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case format != "text" && format != "json" && format != "sarif":
				return usagef("--format takes text, json or sarif, not %q", format)
			case len(args) == 0:
				return a.validate(nil)
			case format != "text":
				return a.reportDiags(format, args)
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
	cmd.Flags().StringVar(&format, "format", "text", "text, json, or sarif for other tools")
	return cmd
}

// reportDiags writes what is to be said of all mappings as one document; nothing else goes to stdout.
func (a *app) reportDiags(format string, args []string) error {
	all, wrong := []toldDiag{}, false
	for i, arg := range args {
		if i > 0 {
			a.load(arg)
		}
		diags := a.diags
		if a.loadErr != nil {
			diags = hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Cannot read the mapping", Detail: a.loadErr.Error()}}
		} else if _, err := a.named(); err != nil {
			return err
		}
		all, wrong = append(all, tell(a.mapping, diags, a.redactor.String)...), wrong || diags.HasErrors()
	}
	var doc any = all
	if format == "sarif" {
		doc = toSARIF(all)
	}
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil || !wrong {
		return err
	}
	return exitError(exitUsage)
}

// named is the mapping of the command line, with its mistakes.
func (a *app) named() (*dsl.Mapping, error) {
	if a.mapping == nil {
		return nil, usagef("write the mapping before its flags: tqmap validate FILE --format json")
	}
	return a.mapping, nil
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
