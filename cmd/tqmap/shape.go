package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/recording"
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

// surveyed are the records of one flow.
type surveyed struct {
	flow    *dsl.Flow
	records []any
}

func (a *app) shape(m *dsl.Mapping, o *shapeOptions) error {
	if o.format != "text" && o.format != "json" && o.format != "hcl" {
		return usagef("--format takes text, json or hcl, not %q", o.format)
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
func (o *shapeOptions) survey(m *dsl.Mapping) ([]surveyed, error) {
	chosen, err := (&options{flows: o.flows}).chosen(m, func(*dsl.Flow) bool { return true })
	if err != nil {
		return nil, err
	}
	var out []surveyed
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
			out = append(out, surveyed{f, records})
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

func (a *app) printShapes(all []surveyed, format string) error {
	var b strings.Builder
	flows := map[string][]code.Field{}
	for _, s := range all {
		name := "flow." + s.flow.Name
		switch format {
		case "json":
			flows[s.flow.Name] = code.Survey(s.records)
		case "hcl":
			fmt.Fprintf(&b, "# %s, record %q\nshape = %s\n\n", name, s.flow.Record.Name, dsl.WriteOutline(code.Infer(s.records), ""))
		default:
			fmt.Fprintf(&b, "%s, record %q: %d records\n", name, s.flow.Record.Name, len(s.records))
			tableOfFields(&b, s)
			b.WriteByte('\n')
		}
	}
	if format == "json" {
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(flows); err != nil {
			return err
		}
	}
	text := b.String()
	if format == "text" {
		text = visible(text)
	}
	_, err := fmt.Fprint(a.stdout, a.redactor.String(text))
	return err
}

func tableOfFields(b *strings.Builder, s surveyed) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  field\tkind\tpresent\texample")
	for _, f := range code.Survey(s.records) {
		present := "always"
		if f.Count < f.Of {
			present = fmt.Sprintf("%d of %d", f.Count, f.Of)
		}
		path := strings.TrimSuffix(s.flow.Record.Name+"."+f.Path, ".")
		if strings.HasPrefix(f.Path, "[]") {
			path = s.flow.Record.Name + f.Path // a record that is a list
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", path, strings.Join(f.Kinds, " or "), present, f.Example)
	}
	w.Flush()
}

// checkShapes compares the records with what the mapping says of them.
func (a *app) checkShapes(all []surveyed) error {
	worse := false
	for _, s := range all {
		outline, ok := s.flow.Record.Outline()
		if !ok {
			return usagef("record %q of flow %q has no shape to check; write one with --update", s.flow.Record.Name, s.flow.Name)
		}
		for _, line := range code.Unlike(outline, code.Infer(s.records)) {
			worse = true
			fmt.Fprintf(a.stdout, "flow.%s: %s\n", s.flow.Name, line)
		}
	}
	if worse {
		return exitError(exitFailed)
	}
	fmt.Fprintln(a.stdout, "The records look as the mapping says.")
	return nil
}

func (a *app) updateShapes(m *dsl.Mapping, all []surveyed) error {
	w := m.Rewrite()
	for _, s := range all {
		w.Shape(s.flow.Record, code.Infer(s.records))
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
		fmt.Fprintf(a.stdout, "%s: the shape of record %q is that of %d records.\n", s.flow.Record.Node.Range.Filename, s.flow.Record.Name, len(s.records))
	}
	return nil
}
