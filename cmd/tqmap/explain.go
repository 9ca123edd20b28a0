package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/plan"
	"tqmap/engine/request"
	"tqmap/runtime"
	"tqmap/runtime/state"
)

// explaining are the flags of explain beside those of run.
type explaining struct {
	options
	format, object, field string
	limit                 int
	from                  []string
}

func (a *app) explainCmd() *cobra.Command {
	var o explaining
	cmd := &cobra.Command{
		Use:   "explain MAPPING | CODE",
		Short: "Say in plain words what a run would do, or where a value comes from",
		Long: `Says what a run of the mapping would do with the settings there are: the servers it
talks to and how it signs in, each request, the window, the pages, what it makes of
the answers, and what it does about those that are none. Nothing is sent.

With --object it shows where one object comes from: the request, the record in the
answer, and each value with the place of the mapping that computes it. With --field
that value step by step: what was read, every part of the expression with its value,
the row of a table that was hit, and what was done with it afterwards. Records are
read as by preview: from a recorded answer (--from), the sandbox or the live API.

With the code of a message, such as TQ0203, it tells more about that: why it is a
mistake, and an example of it put right. With the word codes it lists all of them.`,
		Example: `  tqmap explain TQ0203
  tqmap explain ironnet --flow alerts
  tqmap explain my-copy.hcl --from answer.json --object a1b2
  tqmap explain ironnet --sandbox --object "DNS_TUNNELING" --field Severity`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && isCode(args[0]) {
				return a.explainCode(args[0])
			}
			if err := o.check(); err != nil {
				return err
			}
			m, err := a.loaded(args)
			if err != nil {
				return err
			}
			if o.object == "" {
				return a.explainPlan(cmd, &o, m)
			}
			return a.explainObject(cmd, &o, m)
		},
	}
	o.declare(cmd)
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "text", "text or json")
	f.StringVar(&o.object, "object", "", "an object by its `key`, its name or title or part of it, or the key of its record: show where it comes from")
	f.StringVar(&o.field, "field", "", "with --object: this field or attribute alone, step by step")
	f.IntVar(&o.limit, "limit", 1000, "with --object: records of each flow to look through; 0: all")
	f.StringArrayVar(&o.from, "from", nil, "with --object: file with a recorded answer, in place of the live API; may be repeated")
	return cmd
}

func (o *explaining) check() error {
	switch {
	case o.format != "text" && o.format != "json":
		return usagef("--format takes text or json, not %q", o.format)
	case o.limit < 0:
		return usagef("--limit takes a number of records, 0 for all")
	case o.object == "" && (o.field != "" || len(o.from) > 0):
		return usagef("--field and --from are about one object: name it with --object")
	}
	return nil
}

// show prints v as JSON, or text.
func (a *app) show(o *explaining, v any, text func() string) error {
	if o.format == "text" {
		fmt.Fprint(a.stdout, a.redactor.String(text()))
		return nil
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	fmt.Fprint(a.stdout, a.redactor.String(b.String()))
	return nil
}

func (a *app) explainPlan(cmd *cobra.Command, o *explaining, m *dsl.Mapping) error {
	flows, err := o.chosen(m, func(*dsl.Flow) bool { return true })
	if err != nil {
		return err
	}
	settings, err := a.settings(cmd, &o.options, m)
	if err != nil {
		return err
	}
	sketch, errs := m.As(o.name).Sketch(settings.Params, o.clock(a.now))
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	p := plan.Of(sketch, flows)
	return a.show(o, p, p.Text)
}

func (a *app) explainObject(cmd *cobra.Command, o *explaining, m *dsl.Mapping) error {
	flows, err := o.previewed(m)
	if err != nil {
		return err
	}
	r, done, err := a.tracedRun(cmd, o, m, flows)
	if err != nil {
		return err
	}
	defer done()
	find, flow, err := lookThrough(cmd.Context(), r, flows, o)
	if err != nil {
		return err
	}
	found := find.Found()
	switch {
	case len(found) == 0:
		return a.notFound(o, find)
	case len(found) > 1:
		return a.ambiguous(o, found)
	}
	l, err := r.Lineage(cmd.Context(), flow, found[0])
	if err != nil {
		return err
	}
	if o.field != "" && l.Dead == "" && l.Skipped == "" {
		fields, near := l.Field(o.field)
		if len(fields) == 0 {
			return noField(o.field, near, l)
		}
		l.Fields = fields
	}
	return a.show(o, l, func() string { return lineageText(l, m, o.field != "" || l.Dead != "" || l.Skipped != "") })
}

// tracedRun is a run that reads as preview does and writes nothing.
func (a *app) tracedRun(cmd *cobra.Command, o *explaining, m *dsl.Mapping, flows []*dsl.Flow) (*engine.Run, func(), error) {
	var closers []func() error
	done := func() {
		for _, c := range closers {
			_ = c()
		}
	}
	fail := func(err error) (*engine.Run, func(), error) {
		done()
		return nil, nil, err
	}
	settings, err := a.settings(cmd, &o.options, m)
	if err != nil {
		return fail(err)
	}
	log, closer, err := a.logger(&o.options, m, a.stderr)
	if err != nil {
		return fail(err)
	}
	closers = append(closers, closer.Close)
	if o.sandbox {
		box, err := a.openSandbox(cmd.Context(), &o.options, m, "", &settings, log)
		if err != nil {
			return fail(err)
		}
		closers = append(closers, func() error { box.Close(); return nil })
	}
	if len(o.from) > 0 {
		fillRequired(m, settings.Params)
	}
	bound, errs := m.As(o.name).Bind(settings.Params, o.clock(a.now))
	if len(errs) > 0 {
		return fail(errors.Join(errs...))
	}
	platform, err := readPlatform(flows, o.from, &settings, log, a.redactor.Add)
	if err != nil {
		return fail(err)
	}
	opts := engine.ClientOptions{OnSecret: a.redactor.Add, Log: log, Proxy: settings.Proxy(log, a.redactor.Add)}
	if len(o.from) == 0 && !o.sandbox {
		tokens, err := runtime.OpenTokens(cmd.Context(), o.config, settings.Database, o.instance(m))
		if err != nil {
			return fail(err)
		}
		closers = append(closers, func() error { tokens.Close(); return nil })
		opts.Tokens = tokens
	}
	r := &engine.Run{Platform: platform, Bound: bound, State: state.NewMemory(), Until: o.until.Time, DryRun: true, Named: true, Log: log}
	r.Clients = func(ctx context.Context, c *dsl.Client) (request.Doer, error) {
		return engine.OpenClient(ctx, bound, c, opts)
	}
	return r, done, nil
}

// lookThrough reads records until the object is found, and says in which flow.
func lookThrough(ctx context.Context, r *engine.Run, flows []*dsl.Flow, o *explaining) (*engine.Finder, *dsl.Flow, error) {
	find := &engine.Finder{Want: o.object}
	for _, f := range flows {
		left, ended := o.limit, false
		see := func(t engine.Traced) bool {
			left--
			ended = !find.See(t)
			return !ended && left != 0
		}
		if len(o.from) == 0 {
			if err := r.Trace(ctx, f, see); err != nil {
				return nil, nil, err
			}
		}
		for _, name := range o.from {
			body, err := os.ReadFile(name)
			if err != nil {
				return nil, nil, usagef("--from: %w", err)
			}
			if ended || o.limit > 0 && left <= 0 {
				break
			}
			if err := r.TraceAnswer(ctx, f, name, body, see); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		if ended {
			break
		}
	}
	if found := find.Found(); len(found) > 0 {
		return find, r.Bound.Flow(found[0].Flow), nil
	}
	return find, nil, nil
}
