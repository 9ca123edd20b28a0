package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/engine"
)

func (a *app) testCmd() *cobra.Command {
	return &cobra.Command{
		Use:         "test MAPPING",
		Short:       "Run the test blocks of a mapping",
		Long:        "Runs the test blocks of a mapping on recorded answers. Nothing is sent anywhere.",
		Annotations: map[string]string{takesMapping: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := a.loaded(args)
			if err != nil {
				return err
			}
			if len(m.Tests) == 0 {
				return usagef("%s has no test blocks", m.Connector.Name)
			}
			failed := 0
			for _, t := range m.Tests {
				if !a.testOne(cmd.Context(), m, t) {
					failed++
				}
			}
			fmt.Fprintf(a.stdout, "%d tests, %d failed.\n", len(m.Tests), failed)
			if failed > 0 {
				return exitError(exitFailed)
			}
			return nil
		},
	}
}

func (a *app) testOne(ctx context.Context, m *dsl.Mapping, t *dsl.Test) bool {
	bad, err := runTest(ctx, m, t, a)
	switch {
	case err != nil:
		fmt.Fprintf(a.stdout, "FAIL  %s\n      %s\n", t.Name, strings.ReplaceAll(err.Error(), "\n", "\n      "))
	case len(bad) > 0:
		fmt.Fprintf(a.stdout, "FAIL  %s\n", t.Name)
		for _, b := range bad {
			fmt.Fprintf(a.stdout, "      %s\n", strings.ReplaceAll(b.String(), "\n", "\n      "))
		}
	default:
		fmt.Fprintf(a.stdout, "ok    %s\n", t.Name)
	}
	return err == nil && len(bad) == 0
}

func runTest(ctx context.Context, m *dsl.Mapping, t *dsl.Test, a *app) ([]engine.Mismatch, error) {
	given, now, err := t.Setting(a.now().UTC())
	if err != nil {
		return nil, err
	}
	fillRequired(m, given)
	bound, errs := m.Bind(given, now)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	r := &engine.Run{Bound: bound, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	return r.Test(ctx, t)
}
