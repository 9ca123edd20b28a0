package main

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"tqmap/cmd/show"
	"tqmap/dsl/prose"
)

func (a *app) validateCmd() *cobra.Command {
	var strict, again bool
	var format string
	cmd := &cobra.Command{
		Use:   "validate MAPPING…",
		Short: "Check a mapping and point at every mistake",
		Long: `Reads a mapping, compiles its jq and expr, checks every name and type, and the
fields of every expr against the recorded samples. All mistakes are shown at
once, each with a code that tqmap explain tells more about. Nothing is sent
anywhere. Several mappings are checked one by one.

Errors end it with status 2. Warnings are what can be run and hardly is meant;
with --strict they count as errors, for use in CI.

With --watch one mapping is checked again each time it, or a sample or test file of it, is
saved, until Ctrl-C.`,
		Example: `  tqmap validate my-copy.hcl
  tqmap validate --strict mappings/*.hcl --format sarif > tqmap.sarif`,
		Annotations: map[string]string{takesMapping: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch err := oneOf(format, "text", "json", "sarif"); {
			case err != nil:
				return err
			case again && format != "text":
				return usagef("--watch shows text; leave --format out")
			case again:
				return a.watch(cmd.Context(), args, nil, func() error { return a.validate(args, strict) })
			case len(args) == 0:
				return a.validate(nil, strict)
			case format != "text":
				return a.reportDiags(format, args, strict)
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
	f := cmd.Flags()
	f.BoolVar(&strict, "strict", false, "count warnings as errors: exit 2")
	f.StringVar(&format, "format", "text", "text, json, or sarif for other tools")
	f.BoolVar(&again, "watch", false, "check it again whenever it is saved")
	return cmd
}

// reportDiags writes what is to be said of all mappings as one document; nothing else goes
// to stdout.
func (a *app) reportDiags(format string, args []string, strict bool) error {
	all, wrong := []show.Told{}, false
	for i, arg := range args {
		if i > 0 {
			a.load(arg)
		}
		diags := a.diags
		switch {
		case a.loadErr != nil:
			diags = hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Cannot read the mapping", Detail: a.loadErr.Error()}}
		case a.mapping == nil:
			return usagef("write the mapping before its flags: tqmap validate FILE --format json")
		}
		all, wrong = append(all, show.Tell(a.files(), diags, a.redactor.String)...), wrong || diags.HasErrors() || strict && len(diags) > 0
	}
	var doc any = all
	if format == "sarif" {
		doc = show.SARIF(all, version)
	}
	text, err := prose.Indented(doc)
	if err == nil {
		err = a.document(text)
	}
	if err != nil || !wrong {
		return err
	}
	return exitError(exitUsage)
}

// load takes another mapping than the one that was loaded.
func (a *app) load(arg string) {
	in, err := resolve(arg)
	if a.loadErr = err; err == nil {
		a.read(in)
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
	fmt.Fprintf(a.stdout, "%s is valid: %s, %s, %s.\n", a.text(name), prose.Number(len(m.Flows), "flow"), prose.Number(len(m.Params), "parameter"), prose.Number(len(m.Tests), "test"))
	return nil
}
