package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tqmap/dsl"
	"tqmap/engine/guide"
	"tqmap/runtime"
	"tqmap/runtime/rewrite"
)

// docsClock is the time by which guides map their samples, so that they change with the
// mapping alone.
var docsClock = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func (a *app) docsCmd() *cobra.Command {
	var format, out string
	var params []string
	cmd := &cobra.Command{
		Use:   "docs MAPPING",
		Short: "Write the guide of a connector",
		Long: `Writes the guide that a user of the mapping needs: what it does, what it needs on
both sides, parameters, flags, setup, endpoints, the whole mapping with examples,
value tables, what is left out, and what to do when something is wrong. It is made
of the mapping, its samples and its tests; nothing is asked of any server.`,
		Example: `  tqmap docs ironnet
  tqmap docs my-copy.hcl --format html -o guide.html`,
		Annotations: map[string]string{takesMapping: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf(format, "markdown", "html"); err != nil {
				return err
			}
			m, err := a.loaded(args)
			if err != nil {
				return err
			}
			text, err := a.docs(cmd.Context(), m, args[0], params, format)
			if err != nil {
				return err
			}
			if out == "" {
				_, err = fmt.Fprint(a.stdout, text)
				return err
			}
			if err := rewrite.Out(out, []byte(text), 0o644); err != nil {
				return usagef("-o: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "markdown", "markdown, or html: one page that needs nothing else")
	cmd.Flags().StringVarP(&out, "output", "o", "", "`file` to write in place of stdout")
	cmd.Flags().StringArrayVar(&params, "param", nil, "`name=value` of a parameter, to be shown in place of its default; may be repeated")
	return cmd
}

func (a *app) docs(ctx context.Context, m *dsl.Mapping, arg string, params []string, format string) (string, error) {
	given, err := paramFlags(params)
	if err != nil {
		return "", err
	}
	for _, secret := range m.Secrets(given) {
		a.redactor.Add(secret)
	}
	in, err := resolve(arg)
	if err != nil {
		return "", err
	}
	builtin := in.Prefix == builtinPrefix
	command := filepath.Base(filepath.Clean(arg))
	if builtin {
		command = strings.TrimSuffix(command, ".hcl")
	}
	doc, err := guide.Make(ctx, guide.Input{
		Mapping: m, Params: given, Now: docsClock, Command: command, Builtin: builtin, Mask: a.redactor.String,
		Flags: a.runFlags(), Env: runtime.EnvName, Exits: exitCodes(),
	})
	if err != nil {
		return "", err
	}
	text := doc.Markdown()
	if format == "html" {
		if text, err = doc.HTML(); err != nil {
			return "", err
		}
	}
	return a.redactor.String(text), nil
}

// runFlags are the flags of `tqmap run` that an operator uses, as every mapping has them.
func (a *app) runFlags() []guide.Flag {
	var out []guide.Flag
	shorts := map[string]string{"loglocation": "ll", "import": "i", "export": "e"}
	a.runCmd().Flags().VisitAll(func(f *pflag.Flag) {
		if strings.HasPrefix(f.Name, "sandbox") {
			return
		}
		value, help := pflag.UnquoteUsage(f)
		if i := strings.Index(help, " (also -"); i >= 0 { // the short form stands beside the name
			help = help[:i]
		}
		short := f.Shorthand
		if short == "" {
			short = shorts[f.Name]
		}
		out = append(out, guide.Flag{Name: f.Name, Short: short, Value: value, Help: help, Default: f.DefValue})
	})
	return append(out, guide.Flag{Name: "help", Short: "h", Help: "all flags, those of the sandbox included"})
}

// exitCodes says what the exit codes of a run mean.
func exitCodes() []guide.Exit {
	return []guide.Exit{
		{Code: exitOK, Means: "ok", ThenWhat: "Nothing. An empty run is ok, too."},
		{Code: exitFailed, Means: "failed", ThenWhat: "The message names the flow and the server's own words. The next run goes on from the last acknowledged work; nothing is lost."},
		{Code: exitUsage, Means: "usage or configuration", ThenWhat: "A flag, a parameter or the settings file is wrong; nothing was read or written."},
		{Code: exitPartial, Means: "partial", ThenWhat: "Some records were refused, or will be tried again. List the dead letters."},
		{Code: exitLocked, Means: "locked", ThenWhat: "Another run of the same instance goes on. If it died on another machine: tqmap unlock."},
	}
}
