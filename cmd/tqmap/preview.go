package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
	"tqmap/runtime"
	"tqmap/runtime/state"
)

func (a *app) previewCmd() *cobra.Command {
	var o options
	var format string
	var limit int
	var from []string
	cmd := &cobra.Command{
		Use:   "preview MAPPING",
		Short: "Show the objects a mapping makes, before anything is written",
		Long: `Reads what a first run would read, a recording of that or a recorded answer (--from), and shows what
the mapping makes of it: objects for ThreatQ, or with --export the items for the
vendor. Nothing is written anywhere, and ThreatQ is asked only for what is exported
from it.`,
		Example: `  tqmap preview ironnet --sandbox --limit 3
  tqmap preview my-copy.hcl --from recorded-answer.json --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "table" && format != "json" {
				return usagef("--format takes table or json, not %q", format)
			}
			if limit < 0 {
				return usagef("--limit takes a number of records, 0 for all")
			}
			m, err := a.loaded(args)
			if err != nil {
				return err
			}
			shown, err := a.preview(cmd, &o, m, limit, from)
			if err != nil {
				return err
			}
			a.maskLetters(shown)
			render := previewTable
			if format == "json" {
				render = previewJSON
			}
			text, err := render(shown)
			if err != nil {
				return err
			}
			fmt.Fprint(a.stdout, a.redactor.String(text))
			for _, r := range shown {
				if r.Dead != nil || len(r.Rejected) > 0 {
					return exitError(exitPartial)
				}
			}
			return nil
		},
	}
	o.declare(cmd)
	cmd.Flags().StringVar(&format, "format", "table", "table or json")
	cmd.Flags().IntVar(&limit, "limit", 20, "records to show; 0: all")
	cmd.Flags().StringArrayVar(&from, "from", nil, "recording (see: tqmap record), or file with a recorded answer, in place of the live API; a file with an answer may be repeated")
	return cmd
}

func (a *app) preview(cmd *cobra.Command, o *options, m *dsl.Mapping, limit int, from []string) ([]engine.Mapped, error) {
	flows, err := o.previewed(m)
	if err != nil {
		return nil, err
	}
	settings, err := a.settings(cmd, o, m)
	if err != nil {
		return nil, err
	}
	log, closer, err := a.logger(o, m, a.stderr)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	if o.sandbox {
		box, err := a.openSandbox(cmd.Context(), o, m, "", &settings, log)
		if err != nil {
			return nil, err
		}
		defer box.Close()
	}
	if rec, err := recordingOf(from); rec != nil || err != nil {
		return a.replay(cmd.Context(), o, m, settings.Params, rec, limit, log, err)
	}
	if len(from) > 0 {
		fillRequired(m, settings.Params)
	}
	bound, errs := m.As(o.name).Bind(settings.Params, o.clock(a.now))
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	platform, err := readPlatform(flows, from, &settings, log, a.redactor.Add)
	if err != nil {
		return nil, err
	}
	r := &engine.Run{Platform: platform, Bound: bound, State: state.NewMemory(), Until: o.until.Time, DryRun: true, Named: true, Log: log}
	opts := engine.ClientOptions{OnSecret: a.redactor.Add, Log: log, Proxy: settings.Proxy(log, a.redactor.Add)}
	if len(from) == 0 && !o.sandbox {
		tokens, err := runtime.OpenTokens(cmd.Context(), o.config, settings.Database, o.instance(m))
		if err != nil {
			return nil, err
		}
		defer tokens.Close()
		opts.Tokens = tokens
	}
	r.Clients = func(ctx context.Context, c *dsl.Client) (request.Doer, error) {
		return engine.OpenClient(ctx, bound, c, opts)
	}
	return collect(cmd.Context(), r, flows, limit, from)
}

// previewed are the flows that make something to show: by default those into ThreatQ, or
// where there are none, those out of it.
func (o *options) previewed(m *dsl.Mapping) ([]*dsl.Flow, error) {
	imports := slices.ContainsFunc(m.Flows, func(f *dsl.Flow) bool { return !f.Exports() })
	flows, err := o.chosen(m, func(f *dsl.Flow) bool { return !f.Exports() || f.Items() && (o.exports || !imports) })
	for _, f := range flows {
		if f.Exports() && !f.Items() {
			return nil, usagef("flow %q makes no objects; see what it would send with: tqmap run --dry-run --flow %s", f.Name, f.Name)
		}
	}
	return flows, err
}

// readPlatform connects to ThreatQ where a flow reads it.
func readPlatform(flows []*dsl.Flow, from []string, s *runtime.Settings, log *slog.Logger, onSecret func(string)) (*threatq.Client, error) {
	if len(from) > 0 || !slices.ContainsFunc(flows, (*dsl.Flow).OfThreatQ) {
		return nil, nil
	}
	return s.Platform(log, onSecret)
}

// collect maps records until limit of them make objects or fail.
func collect(ctx context.Context, r *engine.Run, flows []*dsl.Flow, limit int, from []string) ([]engine.Mapped, error) {
	shown := []engine.Mapped{}
	for _, f := range flows {
		emit := func(m engine.Mapped) bool {
			if m.Skipped == "" {
				shown = append(shown, m)
			}
			return limit == 0 || len(shown) < limit
		}
		if len(from) == 0 {
			if err := r.Preview(ctx, f, emit); err != nil {
				return nil, err
			}
		}
		for _, name := range from {
			body, err := os.ReadFile(name)
			if err != nil {
				return nil, usagef("--from: %w", err)
			}
			if limit > 0 && len(shown) >= limit {
				break
			}
			if err := r.PreviewAnswer(ctx, f, body, emit); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return shown, nil
}

// fillRequired gives required parameters a stand-in, and secrets, which may be required by the
// value of another one: a recorded answer needs no address and no password.
func fillRequired(m *dsl.Mapping, given map[string]dsl.Given) {
	for _, p := range m.Params {
		if _, ok := given[p.Name]; !ok && (p.Required || p.Sensitive) && p.Type == dsl.StringParam && p.Default() == "" {
			given[p.Name] = dsl.Text("preview", "--from")
		}
	}
}
