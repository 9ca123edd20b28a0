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

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/console"
)

func (a *app) consoleCmd() *cobra.Command {
	var o options
	var live bool
	var limit int
	var from []string
	cmd := &cobra.Command{
		Use:   "console MAPPING",
		Short: "Try expr and jq on the records of a mapping",
		Long: `Answers each line that is typed: an expr as the mapping would compute it, or behind
jq a jq program, about a record of the samples that the mapping names. Other records
come from recorded answers (--from), the simulators (--sandbox) or the API (--live).
Nothing is written anywhere but the history of lines.

Lines that are piped in are answered one by one; the exit code is 1 if one fails.`,
		Example: `  tqmap console ironnet
  echo "alert.severity > 500" | tqmap console ironnet
  tqmap console my-copy.hcl --from recorded-answer.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := a.loaded(args)
			if err != nil {
				return err
			}
			read := func(f *dsl.Flow) ([]engine.Mapped, error) { return a.sampled(cmd.Context(), m, f, from) }
			if o.sandbox || live {
				read = func(f *dsl.Flow) ([]engine.Mapped, error) {
					one := o
					one.flows = []string{f.Name}
					return a.preview(cmd, &one, m, limit, nil)
				}
			}
			c, err := a.consoleOn(&o, m, read)
			if err != nil {
				return err
			}
			return a.converse(cmd.Context(), c)
		},
	}
	o.declare(cmd)
	cmd.Flags().BoolVar(&live, "live", false, "records from the live API, as preview reads them")
	cmd.Flags().IntVar(&limit, "limit", 20, "records to read with --sandbox or --live")
	cmd.Flags().StringArrayVar(&from, "from", nil, "file with a recorded answer, in place of the samples; may be repeated")
	return cmd
}

// consoleOn is about the first of the chosen flows that has records.
func (a *app) consoleOn(o *options, m *dsl.Mapping, read func(*dsl.Flow) ([]engine.Mapped, error)) (*console.Console, error) {
	flows, err := o.chosen(m, func(*dsl.Flow) bool { return true })
	if err != nil {
		return nil, err
	}
	bound, err := a.boundForSamples(m)
	if err != nil {
		return nil, err
	}
	for _, f := range flows {
		records, err := read(f)
		if err != nil {
			return nil, err
		}
		if len(records) > 0 {
			return console.New(bound, f, records), nil
		}
	}
	return nil, usagef("%s has no record to try anything on: name samples in a record block, or give --from, --sandbox or --live", m.Connector.Name)
}

// boundForSamples needs no address and no password.
func (a *app) boundForSamples(m *dsl.Mapping) (*dsl.Bound, error) {
	given := map[string]dsl.Given{}
	fillRequired(m, given)
	bound, errs := m.Bind(given, a.now().UTC())
	return bound, errors.Join(errs...)
}

// sampled are the records of recorded answers: those of from, else the samples.
func (a *app) sampled(ctx context.Context, m *dsl.Mapping, f *dsl.Flow, from []string) ([]engine.Mapped, error) {
	if f.Source.Spec.Yields != nil {
		return nil, nil // it has no answers
	}
	bound, err := a.boundForSamples(m)
	if err != nil {
		return nil, err
	}
	names, read := from, os.ReadFile
	if len(from) == 0 {
		names, read = m.SampleFiles(f), m.ReadFile
	}
	run := &engine.Run{Bound: bound}
	var records []engine.Mapped
	for _, name := range names {
		body, err := read(name)
		if err != nil {
			return nil, usagef("--from: %w", err)
		}
		keep := func(m engine.Mapped) bool { records = append(records, m); return true }
		if err := run.PreviewAnswer(ctx, f, body, keep); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return records, nil
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
			fmt.Fprintln(lines, a.redactor.String(out))
		}
		if err != nil {
			failed = true
			fmt.Fprint(lines, a.said(err))
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
		return a.redactor.String(fmt.Sprintf("Error: %s\n", err))
	}
	return renderDiags(map[string]*hcl.File{"<code>": {Bytes: []byte(bad.Code)}}, bad.Diags, false, a.redactor.String)
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
