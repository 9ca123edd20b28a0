package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"tqmap/cmd/show"
	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/runtime"
	"tqmap/runtime/state"
)

// report prints changes.
func (a *app) report(o *remembered, changes []show.Change) error {
	return a.answer(o, show.Changes(changes), changes)
}

// move replaces the checkpoint of one flow by what to makes of it.
func (a *app) move(ctx context.Context, o *remembered, args []string, flow string, to func(engine.Checkpoint) (engine.Checkpoint, error)) error {
	return a.about(ctx, o, args, func(store *state.Store, name string) error {
		var changes []show.Change
		err := change(ctx, store, name, func(in *state.Instance) error {
			f, err := flowOf(ctx, in, name, flow)
			if err != nil {
				return err
			}
			before, err := in.Checkpoint(ctx, f.Name)
			if err != nil {
				return err
			}
			after, err := to(before)
			if err != nil {
				return err
			}
			changes = show.Differences(name, f.Name, before, after)
			return in.Commit(ctx, f.Name, engine.Commit{Checkpoint: &after})
		})
		if err != nil {
			return err
		}
		return a.report(o, changes)
	})
}

func (a *app) stateSetCmd() *cobra.Command {
	var o remembered
	var flow, cursor, token string
	cmd := &cobra.Command{
		Use:   "set CONNECTOR --flow FLOW --cursor TIME|--token TEXT",
		Short: "Say where a flow goes on",
		Long: `Sets the instant from which a flow reads on, or the token of an API that hands out
marks of its own. A flow that is moved ahead never reads what lies between.
What was delivered stays known, so nothing is sent twice.`,
		Example: "  tqmap state set ironnet --flow alerts --cursor 2024-05-01T00:00:00",
		RunE: func(cmd *cobra.Command, args []string) error {
			if (cursor == "") == (token == "") {
				return usagef("give either --cursor TIME or --token TEXT; tqmap state forget makes a flow begin anew")
			}
			a.redactor.Add(token)
			return a.move(cmd.Context(), &o, args, flow, func(at engine.Checkpoint) (engine.Checkpoint, error) {
				if token != "" {
					at.Token = token
					return at, nil
				}
				t, err := parseTime("--cursor", cursor)
				return engine.Checkpoint{Cursor: t}, err
			})
		},
	}
	o.declare(cmd)
	f := cmd.Flags()
	f.StringVar(&flow, "flow", "", "the flow; needed if there are several")
	f.StringVar(&cursor, "cursor", "", "YYYY-MM-DDTHH:MM:SS (UTC), or with a zone")
	f.StringVar(&token, "token", "", "token of the API")
	return cmd
}

// parseTime refuses the year 1, which stands for no time at all.
func parseTime(flag, text string) (time.Time, error) {
	t, err := dsl.ParseTime(text)
	if err == nil && t.IsZero() {
		err = errors.New("that is no time to read from")
	}
	if err != nil {
		return t, usagef("%s: %w", flag, err)
	}
	return t, nil
}

func (a *app) stateRewindCmd() *cobra.Command {
	var o remembered
	var flow, to, by string
	cmd := &cobra.Command{
		Use:   "rewind CONNECTOR --flow FLOW --to TIME|--by DURATION",
		Short: "Make a flow read again from an earlier time",
		Long: `Moves the cursor of a flow back. What was delivered stays known, so that
records which are read again change nothing unless they are different.`,
		Example: `  tqmap state rewind ironnet --flow alerts --by 2d
  tqmap state rewind ironnet --flow alerts --to 2024-05-01T00:00:00`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if (to == "") == (by == "") {
				return usagef("give either --to TIME or --by DURATION, e.g. --by 2d")
			}
			return a.move(cmd.Context(), &o, args, flow, func(at engine.Checkpoint) (engine.Checkpoint, error) {
				t, err := earlier(at, to, by)
				return engine.Checkpoint{Cursor: t}, err
			})
		},
	}
	o.declare(cmd)
	f := cmd.Flags()
	f.StringVar(&flow, "flow", "", "the flow; needed if there are several")
	f.StringVar(&to, "to", "", "YYYY-MM-DDTHH:MM:SS (UTC), or with a zone")
	f.StringVar(&by, "by", "", "how far, e.g. 90m, 12h, 2d")
	return cmd
}

func earlier(at engine.Checkpoint, to, by string) (time.Time, error) {
	switch {
	case at.Cursor.IsZero() && at.Token != "":
		return time.Time{}, usagef("the flow goes on from a token of the API, not from a time: tqmap state forget makes it begin anew")
	case at.Cursor.IsZero():
		return time.Time{}, usagef("the flow has no cursor yet, so its next run begins at the very start anyway")
	case by != "":
		d, err := dsl.ParseDuration(by)
		if err != nil || d <= 0 {
			return time.Time{}, usagef("--by takes a duration such as 90m, 12h or 2d, not %q", by)
		}
		return at.Cursor.Add(-d), nil
	}
	t, err := parseTime("--to", to)
	if err == nil && !t.Before(at.Cursor) {
		err = usagef("--to %s is not before the cursor, which is at %s; tqmap state set moves it ahead", show.Instant(t), show.Instant(at.Cursor))
	}
	return t, err
}

func (a *app) stateForgetCmd() *cobra.Command {
	var o remembered
	var flow string
	var yes, tokens bool
	cmd := &cobra.Command{
		Use:   "forget CONNECTOR --yes",
		Short: "Forget all that is remembered of a connector, or of one flow",
		Long: `Forgets where flows stand, what was delivered and what was refused: the next run
begins as the very first one did. What ThreatQ holds is found again and not doubled, where
the mapping declares an identity; a vendor may be sent everything once more. The tokens
of the connector stay, unless --tokens is given; so does its history.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.about(cmd.Context(), &o, args, func(store *state.Store, name string) error {
				changes, err := forget(cmd.Context(), store, name, flow, tokens, yes)
				if err != nil {
					return err
				}
				return a.report(&o, changes)
			})
		},
	}
	o.declare(cmd)
	f := cmd.Flags()
	f.StringVar(&flow, "flow", "", "only this flow")
	f.BoolVar(&yes, "yes", false, "really do it")
	f.BoolVar(&tokens, "tokens", false, "forget the tokens of the connector, too: it logs in as its settings say")
	return cmd
}

func forget(ctx context.Context, store *state.Store, name, flow string, tokens, yes bool) (changes []show.Change, err error) {
	return changes, change(ctx, store, name, func(in *state.Instance) error {
		flows, err := in.Flows(ctx)
		if flow != "" && err == nil {
			flows = make([]state.Flow, 1)
			flows[0], err = flowOf(ctx, in, name, flow)
		}
		if err != nil {
			return err
		}
		if !yes {
			return usagef("this forgets %s of %s; say --yes if you mean it, and tqmap state export %s keeps a copy", contents(flows), name, name)
		}
		for _, f := range flows {
			if err := in.Forget(ctx, f.Name); err != nil {
				return err
			}
			changes = append(changes, show.Change{Connector: name, Flow: f.Name, What: "state", From: contents([]state.Flow{f}), To: "nothing"})
		}
		if !tokens {
			return nil
		}
		changes = append(changes, show.Change{Connector: name, What: "tokens", From: "kept", To: "nothing"})
		return in.ForgetTokens(ctx)
	})
}

func contents(flows []state.Flow) string {
	ledger, dead := 0, 0
	for _, f := range flows {
		ledger, dead = ledger+f.Ledger, dead+f.Dead
	}
	return fmt.Sprintf("%d ledger entries, %d dead letters", ledger, dead)
}

func (a *app) stateImportCmd() *cobra.Command {
	var o remembered
	var yes bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Bring in what tqmap state export has printed (- for stdin)",
		Long: `Puts an export in the place of all that is remembered of its connector, as a whole or
not at all. Use it to put a copy back, or to move from the file to a database:

  tqmap state export ironnet -c /etc/tq_labs --secrets > ironnet.json
  tqmap state import ironnet.json --database postgres://tqmap@db.example.com/tqmap`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name one file, or - for stdin")
			}
			doc, err := a.readDocument(args[0])
			if err != nil {
				return err
			}
			return a.importState(cmd.Context(), &o, doc, yes)
		},
	}
	o.declare(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "replace what is remembered already")
	return cmd
}

func (a *app) readDocument(name string) (*state.Document, error) {
	var from io.Reader = a.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, &usageError{err}
		}
		defer f.Close()
		from = f
	}
	doc, err := state.ReadDocument(from)
	if err != nil {
		return nil, usagef("%s: %w", name, err)
	}
	return doc, nil
}

func (a *app) importState(ctx context.Context, o *remembered, doc *state.Document, yes bool) error {
	store, err := a.open(ctx, o, doc.Connector)
	if errors.Is(err, runtime.ErrNoState) { // the first thing there
		store, err = runtime.OpenState(ctx, o.config, "")
	}
	if err != nil {
		return err
	}
	defer store.Close()
	var changes []show.Change
	err = change(ctx, store, doc.Connector, func(in *state.Instance) error {
		before, err := in.Flows(ctx)
		if err != nil {
			return err
		}
		if len(before) > 0 && !yes {
			return usagef("%s is remembered in %s already (%s); --yes replaces it", doc.Connector, store.Place(), contents(before))
		}
		if err := in.Import(ctx, doc); err != nil {
			return err
		}
		after, err := in.Flows(ctx)
		changes = append(changes, show.Change{Connector: doc.Connector, What: "state", From: contents(before), To: contents(after)})
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range doc.Flows {
		if f.TokenSet && f.Token == "" {
			changes = append(changes, show.Change{Connector: doc.Connector, Flow: f.Name, What: "token", From: "left out of the export", To: "not set: the next run begins anew"})
		}
	}
	return a.report(o, changes)
}
