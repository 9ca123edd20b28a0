package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/cmd/show"
	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/console"
)

func (a *app) consoleCmd() *cobra.Command {
	var o options
	var live bool
	var limit int
	r := &reading{app: a, options: &o}
	cmd := &cobra.Command{
		Use:   "console MAPPING",
		Short: "Try expr and jq on the records of a mapping",
		Long: `Answers each line that is typed: an expr as the mapping would compute it, or behind
jq a jq program, about a record of the samples that the mapping names. Other records
come from a recording or recorded answers (--from), the simulators (--sandbox) or the
API (--live). Nothing is written anywhere but the history of lines.

Lines that are piped in are answered one by one; the exit code is 1 if one fails.`,
		Example: `  tqmap console ironnet
  echo "alert.severity > 500" | tqmap console ironnet
  tqmap console my-copy.hcl --from recorded-answer.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := a.loaded(args)
			if err != nil {
				return err
			}
			r.cmd = cmd
			defer r.shut()
			c, err := r.console(cmd.Context(), m, limit, !o.sandbox && !live && len(r.from) == 0)
			if err != nil {
				return err
			}
			return a.converse(cmd.Context(), c)
		},
	}
	o.declare(cmd)
	cmd.Flags().BoolVar(&live, "live", false, "records from the live API, as preview reads them")
	cmd.Flags().IntVar(&limit, "limit", 20, "records to read, where not from the samples; 0: all")
	r.declareFrom(cmd)
	return cmd
}

// console is about the first of the chosen flows that has records.
func (r *reading) console(ctx context.Context, m *dsl.Mapping, limit int, samples bool) (*console.Console, error) {
	flows, err := r.options.chosen(m, func(*dsl.Flow) bool { return true })
	if err != nil {
		return nil, err
	}
	read := func(f *dsl.Flow) ([]engine.Mapped, *dsl.Bound, error) { return r.sampled(ctx, m, f) }
	if !samples {
		read = func(f *dsl.Flow) ([]engine.Mapped, *dsl.Bound, error) { return r.mapped(ctx, m, f, limit) }
	}
	for _, f := range flows {
		if f.Exports() && !f.Items() || f.Source.Spec.Yields != nil && (samples || len(r.from) > 0) {
			continue // it has no answers, or none that is given here
		}
		records, bound, err := read(f)
		if err != nil {
			return nil, err
		}
		if len(records) > 0 {
			return console.New(bound, f, records), nil
		}
	}
	return nil, usagef("%s has no record to try anything on: name samples in a record block, or give --from, --sandbox or --live", m.Connector.Name)
}

// mapped are the first records of a flow, those that it leaves out among them.
func (r *reading) mapped(ctx context.Context, m *dsl.Mapping, f *dsl.Flow, limit int) ([]engine.Mapped, *dsl.Bound, error) {
	from, err := r.open(ctx, m, []*dsl.Flow{f})
	if err != nil {
		return nil, nil, err
	}
	defer from.close()
	var out []engine.Mapped
	limit = from.limit(limit)
	keep := func(m engine.Mapped) bool { out = append(out, m); return limit == 0 || len(out) < limit }
	err = from.each(ctx, f, keep)
	return out, from.run.Bound, err
}

// sampled are the records of the samples. Nothing is asked, so no settings are needed.
func (r *reading) sampled(ctx context.Context, m *dsl.Mapping, f *dsl.Flow) ([]engine.Mapped, *dsl.Bound, error) {
	given := map[string]dsl.Given{}
	m.StandIns(given, "preview", "--from")
	bound, errs := m.Bind(given, r.now().UTC())
	if len(errs) > 0 {
		return nil, nil, errors.Join(errs...)
	}
	var out []engine.Mapped
	run := &engine.Run{Bound: bound}
	for _, name := range m.SampleFiles(f) {
		body, err := m.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		if err := run.PreviewAnswer(ctx, f, body, func(m engine.Mapped) bool { out = append(out, m); return true }); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return out, bound, nil
}

// converse answers line by line until the input ends.
func (a *app) converse(ctx context.Context, c *console.Console) error {
	lines, leave, err := a.lines(c)
	if err != nil {
		return err
	}
	defer leave()
	failed := false
	for {
		line, err := lines.ReadLine()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		out, err := c.Do(ctx, line)
		if errors.Is(err, console.ErrQuit) {
			break
		}
		if out != "" {
			fmt.Fprintln(lines, a.text(out))
		}
		if err != nil {
			failed = true
			fmt.Fprint(lines, show.Visible(a.said(err)))
		}
	}
	if _, typed := lines.(*typed); failed && !typed {
		return exitError(exitFailed)
	}
	return nil
}

// said is what went wrong with a line.
func (a *app) said(err error) string {
	var bad *console.CodeError
	if !errors.As(err, &bad) {
		return a.text(fmt.Sprintf("Error: %s\n", err))
	}
	return show.Diagnostics(bad.Files, bad.Diags, false, a.text)
}

// lines are those of the terminal, where there is one, else those of a pipe.
func (a *app) lines(c *console.Console) (conversation, func(), error) {
	in, ok := a.stdin.(*os.File)
	if !ok || !terminal(in) {
		return &piped{bufio.NewReader(a.stdin), a.stdout}, func() {}, nil
	}
	return newTyped(in, a.stdout, c, a.historyFile())
}

// conversation reads lines and writes the answers.
type conversation interface {
	ReadLine() (string, error)
	io.Writer
}

// piped are lines out of a file.
type piped struct {
	in *bufio.Reader
	io.Writer
}

func (p *piped) ReadLine() (string, error) {
	line, err := p.in.ReadString('\n')
	if line != "" {
		return strings.TrimRight(line, "\r\n"), nil
	}
	return "", err
}

// common is what all of names begin with.
func common(names []string) string {
	if len(names) == 0 {
		return ""
	}
	first, last := slices.Min(names), slices.Max(names)
	n := 0
	for n < len(first) && n < len(last) && first[n] == last[n] {
		n++
	}
	return first[:n]
}
