package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tqmap/runtime/state"
)

func (a *app) stateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Look at what is remembered of a connector, and repair it",
		Example: `  tqmap state show ironnet -c /etc/tq_labs
  tqmap state rewind ironnet -c /etc/tq_labs --flow alerts --by 2d
  tqmap state export ironnet -c /etc/tq_labs > ironnet.json`,
		RunE: needsVerb,
	}
	cmd.AddCommand(a.stateShowCmd(), a.stateSetCmd(), a.stateRewindCmd(), a.stateForgetCmd(), a.stateExportCmd(), a.stateImportCmd())
	return cmd
}

// needsVerb answers a command that only has commands below it.
func needsVerb(cmd *cobra.Command, args []string) error {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	if len(args) > 0 {
		return usagef("tqmap %s has no %q; it has: %s", cmd.Name(), args[0], strings.Join(names, ", "))
	}
	return usagef("tqmap %s takes one of: %s", cmd.Name(), strings.Join(names, ", "))
}

func (a *app) stateShowCmd() *cobra.Command {
	var o remembered
	var flow string
	cmd := &cobra.Command{
		Use:   "show CONNECTOR",
		Short: "Show where its flows stand, what was delivered, and who runs it",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.about(cmd.Context(), &o, args, func(store *state.Store, name string) error {
				shown, err := show(cmd.Context(), store, name, flow)
				if err != nil {
					return err
				}
				return a.print(&o, shown.text(a.now()), shown)
			})
		},
	}
	o.declare(cmd)
	cmd.Flags().StringVar(&flow, "flow", "", "only this flow")
	return cmd
}

// shownState is what `state show` tells; its JSON form is what --format json prints.
type shownState struct {
	Connector string      `json:"connector"`
	Place     string      `json:"place"`
	LastRun   *shownRun   `json:"last_run"`
	Lock      *shownLock  `json:"lock"`
	Tokens    []string    `json:"tokens"` // by name: their values are secrets
	Flows     []shownFlow `json:"flows"`
}

type shownFlow struct {
	Name        string         `json:"name"`
	Cursor      string         `json:"cursor"`
	Boundary    int            `json:"boundary"`
	Token       bool           `json:"token"`
	Done        []shownSpan    `json:"done"`
	Ledger      map[string]int `json:"ledger"`
	DeadLetters int            `json:"dead_letters"`
	rules       []state.RuleCount
}

type shownSpan struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

func show(ctx context.Context, store *state.Store, name, flow string) (*shownState, error) {
	in := store.Instance(name)
	out := &shownState{Connector: name, Place: store.Place(), Tokens: []string{}, Flows: []shownFlow{}}
	runs, err := store.Runs(ctx, name, 1)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		one := showRun(r)
		out.LastRun = &one
	}
	held, err := store.Holder(ctx, name)
	if err != nil {
		return nil, err
	}
	out.Lock = showLock(held)
	tokens, err := in.TokenNames(ctx)
	if err != nil {
		return nil, err
	}
	out.Tokens = append(out.Tokens, tokens...)
	flows, err := in.Flows(ctx)
	if flow != "" && err == nil {
		flows = make([]state.Flow, 1)
		flows[0], err = flowOf(ctx, in, name, flow)
	}
	if err != nil {
		return nil, err
	}
	for _, f := range flows {
		one, err := showFlow(ctx, in, f)
		if err != nil {
			return nil, err
		}
		out.Flows = append(out.Flows, one)
	}
	return out, nil
}

func showFlow(ctx context.Context, in *state.Instance, f state.Flow) (shownFlow, error) {
	out := shownFlow{Name: f.Name, Cursor: instant(f.Cursor), Boundary: f.Boundary, Token: f.Token, Done: []shownSpan{}, Ledger: map[string]int{}, DeadLetters: f.Dead}
	for _, s := range f.Done {
		out.Done = append(out.Done, shownSpan{instant(s.Start), instant(s.End)})
	}
	var err error
	out.rules, err = in.Rules(ctx, f.Name)
	for _, r := range out.rules {
		out.Ledger[r.Rule] = r.Count
	}
	return out, err
}

func (s *shownState) text(now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s\n", s.Connector, s.Place)
	w := tabwriter.NewWriter(&b, 2, 8, 2, ' ', 0)
	fmt.Fprintf(w, "  last run\t%s\n", s.LastRun.line())
	fmt.Fprintf(w, "  lock\t%s\n", s.Lock.line(now))
	if len(s.Tokens) > 0 {
		fmt.Fprintf(w, "  tokens\t%s: set\n", strings.Join(s.Tokens, ", "))
	}
	w.Flush()
	for _, f := range s.Flows {
		f.write(&b)
	}
	return b.String()
}

func (f *shownFlow) write(b *strings.Builder) {
	fmt.Fprintf(b, "\nflow %s\n", f.Name)
	w := tabwriter.NewWriter(b, 2, 8, 2, ' ', 0)
	fmt.Fprintf(w, "  cursor\t%s (%d records on it)\n", orNone(f.Cursor), f.Boundary)
	token := "not set"
	if f.Token {
		token = "set"
	}
	fmt.Fprintf(w, "  token\t%s\n", token)
	for n, s := range f.Done {
		label := ""
		if n == 0 {
			label = "done ahead"
		}
		fmt.Fprintf(w, "  %s\t%s to %s\n", label, s.Start, s.End)
	}
	var counts []string
	for _, r := range f.rules {
		counts = append(counts, fmt.Sprintf("%d %s", r.Count, r.Rule))
	}
	fmt.Fprintf(w, "  ledger\t%s\n", orNone(strings.Join(counts, ", ")))
	fmt.Fprintf(w, "  dead letters\t%d\n", f.DeadLetters)
	w.Flush()
}

func (a *app) stateExportCmd() *cobra.Command {
	var o remembered
	var secrets bool
	cmd := &cobra.Command{
		Use:   "export CONNECTOR",
		Short: "Print what is remembered as one JSON document",
		Long: `Prints what is remembered of a connector as one JSON document, for a look, a copy,
or another state (tqmap state import). Tokens are left out: a flow that goes on from a
token begins anew after the import. --secrets prints them, too.`,
		Example: "  tqmap state export ironnet -c /etc/tq_labs > ironnet.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.about(cmd.Context(), &o, args, func(store *state.Store, name string) error {
				return store.Instance(name).Export(cmd.Context(), a.stdout, state.ExportOptions{Secrets: secrets, Redact: a.redactor.String})
			})
		},
	}
	o.declare(cmd)
	_ = cmd.Flags().MarkHidden("format") // it is always JSON
	cmd.Flags().BoolVar(&secrets, "secrets", false, "print tokens as well: keep the output like a password")
	return cmd
}
