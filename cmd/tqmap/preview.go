package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/cmd/show"
	"tqmap/dsl"
)

// previewOptions are the flags of preview.
type previewOptions struct {
	options
	format, html string
	limit        int
	diff, watch  bool
}

// previewForms are what --format takes, each with what writes it.
func (a *app) previewForms() map[string]func(*show.Preview) (string, error) {
	return map[string]func(*show.Preview) (string, error){
		"table": func(s *show.Preview) (string, error) { return s.Table(), nil },
		"tree":  func(s *show.Preview) (string, error) { return s.Tree(a.treeWidth(), a.coloured(a.stdout)), nil },
		"json":  (*show.Preview).JSON,
	}
}

// treeWidth is how wide a tree may be: as the terminal, unless that is too narrow for one.
func (a *app) treeWidth() int {
	if n, ok := a.wide(); ok && n >= 40 {
		return n
	}
	return 80
}

func (a *app) previewCmd() *cobra.Command {
	var o previewOptions
	p := &previewing{o: &o}
	cmd := &cobra.Command{
		Use:   "preview MAPPING",
		Short: "Show the objects a mapping makes, before anything is written",
		Long: `Reads what a first run would read, a recording of that or a recorded answer (--from),
and shows what the mapping makes of it: objects for ThreatQ, or with --export the items for the
vendor. Nothing is written anywhere, and ThreatQ is asked only for what is exported
from it, and with --diff.

With --html FILE everything is written into one page that opens in a browser and
loads nothing: each record beside its objects, with a search.

With --diff the objects are compared with what ThreatQ holds: + create, ~ update
field by field, = unchanged. It needs the connection that tqmap run needs, also with --from,
where the vendor is not asked. What flows out of ThreatQ would send is shown by
tqmap run --dry-run.

With --watch it is shown again each time the mapping, one of its samples or test files, or
a file of --from is saved, until Ctrl-C. What a live API answered is kept and only mapped
anew, and read again where client, source or parameters of the mapping change.

Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 some records cannot be mapped.`,
		Example: `  tqmap preview ironnet --sandbox --limit 3
  tqmap preview my-copy.hcl --from recorded-answer.json --format tree
  tqmap preview my-copy.hcl --from recorded-answer.json --html preview.html --watch
  tqmap preview ironnet --sandbox --diff`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			p.reading.app, p.reading.cmd, p.reading.options, p.compared = a, cmd, &o.options, o.diff
			defer p.shut()
			if o.watch {
				return p.watched(args)
			}
			m, err := a.loaded(args)
			if err != nil {
				return err
			}
			return p.once(m)
		},
	}
	o.declare(cmd)
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "table", "table, tree or json")
	f.StringVar(&o.html, "html", "", "write one HTML page to this `FILE`, in place of the table")
	f.IntVar(&o.limit, "limit", 20, "records to show; 0: all")
	p.declareFrom(cmd)
	f.BoolVar(&o.diff, "diff", false, "compare with what ThreatQ holds: + create, ~ update, = unchanged")
	f.BoolVar(&o.watch, "watch", false, "show it again whenever the mapping or a file that it is shown with is saved")
	return cmd
}

func (o *previewOptions) check() error {
	switch err := oneOf(o.format, "table", "tree", "json"); {
	case err != nil:
		return err
	case o.limit < 0:
		return usagef("--limit takes a number of records, 0 for all")
	}
	return nil
}

// previewed are the flows that make something to show, and that ThreatQ can be compared with
// where that is asked for; arg is what names m on the command line.
func (o *previewOptions) previewed(m *dsl.Mapping, arg string) ([]*dsl.Flow, error) {
	flows, err := o.options.previewed(m)
	sandbox := ""
	if o.sandbox {
		sandbox = " --sandbox"
	}
	for _, f := range flows {
		if f.Exports() && o.diff {
			return nil, usagef("--diff compares with what ThreatQ holds, and flow %q sends to the vendor; see what it would add, change and take back with: tqmap run %s --dry-run --flow %s%s", f.Name, arg, f.Name, sandbox)
		}
	}
	return flows, err
}

// once shows a preview, and says with its exit code whether all could be mapped.
func (p *previewing) once(m *dsl.Mapping) error {
	s, err := p.preview(p.cmd.Context(), m)
	if err != nil {
		return err
	}
	if err := p.show(s); err != nil {
		return err
	}
	if s.Page.Tally().Dead > 0 || s.Page.Totals["!"] > 0 {
		return exitError(exitPartial)
	}
	return nil
}

// show prints a preview, or writes its page and prints what is in it; with both --html and --format, both.
func (p *previewing) show(s *show.Preview) error {
	if p.o.html == "" || p.cmd.Flags().Changed("format") {
		text, err := p.previewForms()[p.o.format](s)
		if err != nil {
			return err
		}
		printed := p.print
		if p.o.format == "json" {
			printed = p.document
		}
		if err := printed(text); err != nil {
			return err
		}
	}
	if p.o.html == "" {
		return nil
	}
	path, err := p.writePage(s)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stderr, "%s\n%s\n", p.redactor.String(strings.TrimSuffix(s.Totals(), "\n")), path)
	return nil
}
