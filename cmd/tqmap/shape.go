package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/cmd/show"
	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/recording"
	"tqmap/runtime/redact"
	"tqmap/runtime/rewrite"
)

// shapeOptions are the flags of tqmap shape.
type shapeOptions struct {
	flows, from   []string
	format        string
	check, update bool
}

func (a *app) shapeCmd() *cobra.Command {
	var o shapeOptions
	cmd := &cobra.Command{
		Use:   "shape MAPPING",
		Short: "Show what records look like, or write it into the mapping",
		Long: `Lists the fields of the records in the samples that a mapping names, or in recorded
answers (--from): their kind, how many records have them, and an example.

With --update the mapping is given the attribute shape, or a new one: every expr is
then checked against it, also where the samples are not at hand. With --check nothing
is written, and the exit code is 1 where records do not look as the shape says.`,
		Example: `  tqmap shape ironnet
  tqmap shape my-copy.hcl --from recorded-answer.json
  tqmap shape my-copy.hcl --update`,
		Annotations: map[string]string{takesMapping: "yes"},
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := a.loaded(args)
			if err != nil {
				return err
			}
			return a.shape(m, &o)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.flows, "flow", nil, "only this flow; may be repeated")
	f.StringArrayVar(&o.from, "from", nil, "file with a recorded answer, in place of the samples; may be repeated")
	f.StringVar(&o.format, "format", "text", "text, json, or hcl: as the attribute shape says it")
	f.BoolVar(&o.check, "check", false, "exit 1 where records do not look as the mapping says")
	f.BoolVar(&o.update, "update", false, "write the shape into the mapping")
	return cmd
}

func (a *app) shape(m *dsl.Mapping, o *shapeOptions) error {
	if err := oneOf(o.format, "text", "json", "hcl"); err != nil {
		return err
	}
	if o.check && o.update {
		return usagef("--check writes nothing and --update does: use one of them")
	}
	all, err := o.survey(m)
	if err != nil {
		return err
	}
	switch {
	case o.check:
		return a.checkShapes(all)
	case o.update:
		return a.updateShapes(m, all)
	}
	return a.printShapes(all, o.format)
}

// survey reads the records of each chosen flow that has answers to show.
func (o *shapeOptions) survey(m *dsl.Mapping) ([]show.Surveyed, error) {
	chosen, err := (&options{flows: o.flows}).chosen(m, func(*dsl.Flow) bool { return true })
	if err != nil {
		return nil, err
	}
	var out []show.Surveyed
	why := "the mapping names no samples; give a recorded answer with --from"
	for _, f := range chosen {
		if f.Source.Spec.Yields != nil {
			why = fmt.Sprintf("what its source makes is always the same: tqmap reference source %s", f.Source.Kind())
			continue
		}
		records, err := o.records(m, f)
		if err != nil {
			return nil, err
		}
		if len(records) > 0 {
			out = append(out, show.Surveyed{Flow: f, Records: records})
		}
	}
	if len(out) == 0 {
		return nil, usagef("%s has no records to look at: %s", m.Connector.Name, why)
	}
	return out, nil
}

func (o *shapeOptions) records(m *dsl.Mapping, f *dsl.Flow) ([]any, error) {
	if len(o.from) == 0 {
		return m.SampleRecords(f)
	}
	var out []any
	for _, name := range o.from {
		body, err := os.ReadFile(name)
		if err != nil {
			return nil, usagef("--from: %w", err)
		}
		if recording.Is(body) {
			return nil, usagef("--from %s: this is a recording of a run; shape reads bodies of answers. What it holds shows: tqmap console %s --from %[1]s", name, m.Connector.Name)
		}
		more, err := m.Records(f, body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, more...)
	}
	return out, nil
}

func (a *app) printShapes(all []show.Surveyed, format string) error {
	for i := range all {
		all[i].Records = redact.Copy(a.redactor, all[i].Records) // before examples are cut
	}
	text, err := map[string]func([]show.Surveyed) (string, error){"text": show.Shapes, "json": show.ShapesJSON, "hcl": show.ShapesHCL}[format](all)
	if err != nil {
		return err
	}
	if format == "json" {
		return a.document(text)
	}
	return a.print(text)
}

// checkShapes compares the records with what the mapping says of them.
func (a *app) checkShapes(all []show.Surveyed) error {
	worse := false
	for _, s := range all {
		outline, ok := s.Flow.Record.Outline()
		if !ok {
			return usagef("record %q of flow %q has no shape to check; write one with --update", s.Flow.Record.Name, s.Flow.Name)
		}
		for _, line := range code.Unlike(outline, code.Infer(s.Records)) {
			worse = true
			fmt.Fprint(a.stdout, a.text(fmt.Sprintf("flow.%s: %s\n", s.Flow.Name, line)))
		}
	}
	if worse {
		return exitError(exitFailed)
	}
	fmt.Fprintln(a.stdout, "The records look as the mapping says.")
	return nil
}

func (a *app) updateShapes(m *dsl.Mapping, all []show.Surveyed) error {
	w := m.Rewrite()
	for _, s := range all {
		w.Shape(s.Flow.Record, code.Infer(s.Records))
	}
	files, err := w.Files()
	if err != nil {
		return err
	}
	for name, src := range files {
		if strings.HasPrefix(name, builtinPrefix+"/") {
			return unchangeable(name)
		}
		if err := rewrite.File(name, src); err != nil {
			return err
		}
	}
	for _, s := range all {
		fmt.Fprintf(a.stdout, "%s: the shape of record %q is that of %d records.\n", s.Flow.Record.Node.Range.Filename, s.Flow.Record.Name, len(s.Records))
	}
	return nil
}
