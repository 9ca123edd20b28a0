package main

import (
	"context"
	"io"
	"regexp"

	"github.com/spf13/cobra"

	"tqmap/cmd/show"
	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/mappings"
	"tqmap/runtime/redact"
	"tqmap/runtime/rewrite"
)

// testFlags are the flags of test.
type testFlags struct {
	run, format, out  string
	verbose, coverage bool
	update            bool
	least             float64 // of the coverage, in percent
	match             *regexp.Regexp
}

func (a *app) testCmd() *cobra.Command {
	var f testFlags
	cmd := &cobra.Command{
		Use:   "test MAPPING…",
		Short: "Run the test blocks of a mapping",
		Long: `Runs the test blocks of a mapping on recorded answers, or with exchange blocks
the whole flow. Nothing is sent anywhere, and waits take no time.

A value that is not as expected is shown with the place in the mapping that made
it. Exits 1 where a test fails, and 2 where a mapping is not valid.`,
		Example: `  tqmap test my-feed.hcl --run 'two pages'     # only tests whose name matches
  tqmap test my-feed.hcl --coverage            # what no test exercises
  tqmap test my-feed.hcl --update              # take what came out for what is expected
  tqmap test *.hcl --format junit -o tests.xml # for a build server`,
		Annotations: map[string]string{takesMapping: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.coverage = f.coverage || cmd.Flags().Changed("coverage-min")
			return a.test(cmd.Context(), f, args)
		},
	}
	cmd.Flags().StringVar(&f.run, "run", "", "only tests whose name matches this regular expression")
	cmd.Flags().StringVar(&f.format, "format", "text", "form of the output: text, json or junit")
	cmd.Flags().StringVarP(&f.out, "out", "o", "", "write the output to this file; other forms than text are then told as text, too")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "tell how long each test takes")
	cmd.Flags().BoolVar(&f.update, "update", false, "write what came out into the expectations of tests that fail; not for built-in mappings")
	cmd.Flags().BoolVar(&f.coverage, "coverage", false, "tell which rules, fields, conditions and rows no test exercises")
	cmd.Flags().Float64Var(&f.least, "coverage-min", 0, "fail where the coverage of a mapping is less, in percent")
	return cmd
}

// testForm writes what became of tests, without secrets.
type testForm func(all []*show.Tests) (string, error)

func (a *app) testForms(f testFlags) map[string]testForm {
	return map[string]testForm{
		"text":  func(all []*show.Tests) (string, error) { return a.text(show.TestsText(all, f.verbose)), nil },
		"json":  func(all []*show.Tests) (string, error) { doc, err := show.TestsJSON(all); return a.json(doc), err },
		"junit": func(all []*show.Tests) (string, error) { return show.TestsJUnit(all, a.text) },
	}
}

func (a *app) test(ctx context.Context, f testFlags, args []string) error {
	write, ok := a.testForms(f)[f.format]
	if !ok {
		return usagef("--format takes text, json or junit, not %q", f.format)
	}
	var err error
	if f.match, err = regexp.Compile(f.run); err != nil {
		return usagef("--run takes a regular expression: %s", err)
	}
	all, invalid, err := a.testAll(ctx, f, args)
	if err != nil {
		return err
	}
	if err := a.writeTests(write, f, all); err != nil {
		return err
	}
	for _, t := range all {
		if t.Failed() > 0 || t.Thin() {
			return exitError(max(exitFailed, invalid))
		}
	}
	if invalid != exitOK {
		return exitError(invalid)
	}
	return nil
}

// testAll tests the mappings one by one; invalid is the exit code of those that cannot be.
func (a *app) testAll(ctx context.Context, f testFlags, args []string) (all []*show.Tests, invalid int, err error) {
	if len(args) == 0 {
		_, err := a.loaded(nil)
		return nil, exitUsage, err
	}
	for i, arg := range args {
		if i > 0 {
			a.load(arg)
		}
		t, err := a.testMapping(ctx, f, arg)
		if err != nil && len(args) == 1 {
			return nil, 0, err
		}
		if code := a.fail(err); code != exitOK {
			invalid = exitUsage
			continue
		}
		all = append(all, t)
	}
	return all, invalid, nil
}

func (a *app) testMapping(ctx context.Context, f testFlags, arg string) (*show.Tests, error) {
	m, err := a.loaded([]string{arg})
	if err != nil {
		return nil, err
	}
	if in, err := resolve(arg); f.update && err == nil && in.FS == mappings.FS {
		return nil, unchangeable(arg)
	}
	if len(m.Tests) == 0 && !f.coverage {
		return nil, usagef("%s has no test blocks", m.Connector.Name)
	}
	out := &show.Tests{Mapping: m, Least: f.least, Updated: map[string]bool{}}
	s := engine.Suite{Mapping: m, Clock: a.now}
	if f.coverage {
		s.Seen = &dsl.Seen{}
	}
	for _, t := range m.Tests {
		if f.match.MatchString(t.Name) {
			r := s.Run(ctx, t)
			r.Mismatches = redact.Copy(a.redactor, r.Mismatches) // before values are cut
			out.Results = append(out.Results, r)
		}
	}
	if len(out.Results) == 0 && len(m.Tests) > 0 {
		return nil, usagef("no test of %s has a name that matches %q", m.Connector.Name, f.run)
	}
	if f.coverage {
		c := s.Coverage()
		out.Coverage = &c
	}
	if f.update {
		return out, a.updateTests(out)
	}
	return out, nil
}

// writeTests prints what became of tests, or writes it to the file that is asked for.
func (a *app) writeTests(write testForm, f testFlags, all []*show.Tests) error {
	text, err := write(all)
	if err != nil {
		return err
	}
	if f.out == "" {
		_, err := io.WriteString(a.stdout, text)
		return err
	}
	if err := rewrite.Out(f.out, []byte(text), 0o644); err != nil {
		return usagef("-o: %w", err)
	}
	if f.format == "text" {
		return nil
	}
	text, err = a.testForms(f)["text"](all)
	if err == nil {
		_, err = io.WriteString(a.stdout, text)
	}
	return err
}
