package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/cmd/show"
	"tqmap/dsl"
	"tqmap/dsl/prose"
	"tqmap/engine"
	"tqmap/engine/plan"
	"tqmap/runtime/redact"
)

// explaining are the flags of explain beside those of run.
type explaining struct {
	options
	reading
	format, object, field string
	limit                 int
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
			o.reading.app, o.reading.cmd, o.reading.options = a, cmd, &o.options
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
	o.declareFrom(cmd)
	return cmd
}

func (o *explaining) check() error {
	switch err := oneOf(o.format, "text", "json"); {
	case err != nil:
		return err
	case o.limit < 0:
		return usagef("--limit takes a number of records, 0 for all")
	case o.object == "" && (o.field != "" || len(o.from) > 0):
		return usagef("--field and --from are about one object: name it with --object")
	}
	return nil
}

// print prints v as JSON, or its text.
func (o *explaining) print(v any, text func() string) error {
	if o.format == "text" {
		return o.app.print(text())
	}
	doc, err := prose.Indented(v)
	if err != nil {
		return err
	}
	return o.document(doc)
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
	p := redact.Copy(a.redactor, plan.Of(sketch, flows))
	return o.print(p, p.Text)
}

func (a *app) explainObject(cmd *cobra.Command, o *explaining, m *dsl.Mapping) error {
	flows, err := o.previewed(m)
	if err != nil {
		return err
	}
	defer o.shut()
	from, err := o.open(cmd.Context(), m, flows)
	if err != nil {
		return err
	}
	defer from.close()
	find, flow, err := lookThrough(cmd.Context(), from, o)
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
	l, err := from.run.Lineage(cmd.Context(), flow, found[0])
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
	l = redact.Copy(a.redactor, l) // before it is cut and laid out
	return o.print(l, func() string { return show.Lineage(l, m.Files, o.field != "" || l.Dead != "" || l.Skipped != "") })
}

func (a *app) notFound(o *explaining, find *engine.Finder) error {
	if find.Seen == 0 {
		return usagef("there are no records, so there is no object %q; look at what cuts them out (decode, extract), and at the window and the parameters of the request", o.object)
	}
	hint := prose.DidYouMean(find.Near())
	return usagef("none of %d records makes an object with the key, name or title %q.%s There are:\n%s", find.Seen, o.object, hint, show.Found(redact.Copy(a.redactor, find.Known())))
}

func (a *app) ambiguous(o *explaining, found []engine.Found) error {
	return usagef("%d objects fit %q; give the key, or more of the name:\n%s", len(found), o.object, show.Found(redact.Copy(a.redactor, found)))
}

func noField(name, near string, l *engine.Lineage) error {
	var names []string
	for _, f := range l.Fields {
		names = append(names, f.Name)
	}
	hint := prose.DidYouMean(near)
	return usagef("%s has no field or attribute %q.%s The mapping gives it: %s", l.Object, name, hint, strings.Join(names, ", "))
}

// lookThrough reads records until the object is found, and says in which flow.
func lookThrough(ctx context.Context, from *opened, o *explaining) (*engine.Finder, *dsl.Flow, error) {
	find := &engine.Finder{Want: o.object}
	ended := false
	for _, f := range from.flows {
		left := from.limit(o.limit)
		err := from.trace(ctx, f, func(t engine.Traced) bool {
			left--
			ended = !find.See(t)
			return !ended && left != 0
		})
		if err = from.ended(err); err != nil {
			return nil, nil, err
		}
		if ended {
			break
		}
	}
	if found := find.Found(); len(found) > 0 {
		return find, from.run.Bound.Flow(found[0].Flow), nil
	}
	return find, nil, nil
}

// trace is each with where a record came from.
func (o *opened) trace(ctx context.Context, f *dsl.Flow, see func(engine.Traced) bool) error {
	if len(o.answers) == 0 {
		return o.run.Trace(ctx, f, see)
	}
	more := true
	for _, name := range o.answers {
		if !more {
			break
		}
		body, err := os.ReadFile(name)
		if err != nil {
			return usagef("--from: %w", err)
		}
		if err := o.run.TraceAnswer(ctx, f, name, body, func(t engine.Traced) bool { more = see(t); return more }); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
