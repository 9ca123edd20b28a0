package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/runtime"
	"tqmap/runtime/state"
)

// remembered are the flags of the verbs that look at the state and repair it.
type remembered struct {
	config, database, format string
}

func (o *remembered) declare(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", ".", "folder of the state and of the settings file")
	f.StringVar(&o.database, "database", "", databaseHelp)
	f.StringVar(&o.format, "format", "text", "text or json")
}

// open opens a state that is there already, of the instance's database if its settings
// name one. Secrets are masked from now on.
func (a *app) open(ctx context.Context, o *remembered, instance string) (*state.Store, error) {
	if o.format != "text" && o.format != "json" {
		return nil, usagef("--format takes text or json, not %q", o.format)
	}
	stored := runtime.Stored{Database: a.getenv(runtime.DatabaseEnv)}
	if instance != "" {
		var err error
		if stored, err = runtime.LoadStored(o.config, instance, a.getenv); err != nil {
			return nil, err
		}
		a.knowSecrets(o.config, instance)
	}
	if o.database != "" {
		stored.Database = o.database
	}
	for _, secret := range append(stored.Secrets, runtime.DatabaseSecrets(stored.Database)...) {
		a.redactor.Add(secret)
	}
	return runtime.FindState(ctx, o.config, stored.Database)
}

// knowSecrets learns which settings are secrets where the mapping of the instance can be found by its
// name. Mistakes in mapping and settings do not matter here.
func (a *app) knowSecrets(dir, instance string) {
	in, err := resolve(instance)
	if err != nil {
		return
	}
	m, diags := dsl.Load(in, engine.Vocabulary())
	if diags.HasErrors() {
		return
	}
	s, _ := runtime.LoadSettings(dir, instance, m, a.getenv)
	for _, secret := range s.Secrets(m) {
		a.redactor.Add(secret)
	}
}

// one refuses a second argument.
func one(args []string) error {
	if len(args) > 1 {
		return usagef("one connector at a time; %q is one too many", args[1])
	}
	return nil
}

// about does something with the state of the one connector that args name.
func (a *app) about(ctx context.Context, o *remembered, args []string, do func(store *state.Store, name string) error) error {
	if err := one(args); err != nil {
		return err
	}
	store, name, err := a.known(ctx, o, args)
	if err != nil {
		return err
	}
	return errors.Join(do(store, name), store.Close())
}

// known opens the state of the connector that the command line names first, and refuses
// one of which nothing is remembered.
func (a *app) known(ctx context.Context, o *remembered, args []string) (*state.Store, string, error) {
	if len(args) == 0 {
		return nil, "", usagef("name a connector; tqmap runs lists those that ran")
	}
	name := strings.TrimSuffix(args[0], ".hcl")
	store, err := a.open(ctx, o, name)
	if err != nil {
		return nil, "", err
	}
	names, err := store.Instances(ctx)
	switch {
	case err != nil:
	case len(names) == 0:
		err = usagef("nothing is remembered in %s yet: no connector has run", store.Place())
	case !slices.Contains(names, name):
		err = usagef("nothing is remembered of %q in %s; known: %s", name, store.Place(), strings.Join(names, ", "))
	default:
		return store, name, nil
	}
	return nil, "", errors.Join(err, store.Close())
}

// change lets do change what is remembered of a connector while no run can.
func change(ctx context.Context, store *state.Store, name string, do func(*state.Instance) error) error {
	lock, err := store.Lock(ctx, name, state.Owner{})
	if err != nil {
		return err
	}
	return errors.Join(do(lock.Instance()), lock.Release())
}

// flow finds a flow of the instance; "" stands for the only one.
func flowOf(ctx context.Context, in *state.Instance, connector, flow string) (state.Flow, error) {
	flows, err := in.Flows(ctx)
	if err != nil {
		return state.Flow{}, err
	}
	var names []string
	for _, f := range flows {
		if f.Name == flow || flow == "" && len(flows) == 1 {
			return f, nil
		}
		names = append(names, f.Name)
	}
	switch {
	case len(names) == 0:
		return state.Flow{}, usagef("nothing is remembered of any flow of %s", connector)
	case flow == "":
		return state.Flow{}, usagef("name one with --flow; %s has: %s", connector, strings.Join(names, ", "))
	}
	return state.Flow{}, usagef("nothing is remembered of flow %q of %s; it has: %s", flow, connector, strings.Join(names, ", "))
}

// print writes text, or v as JSON, without secrets.
func (a *app) print(o *remembered, text string, v any) error {
	if o.format == "json" {
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(a.stdout, a.json(string(b)))
		return err
	}
	_, err := fmt.Fprint(a.stdout, a.text(text))
	return err
}

// instant is t for a person and for JSON; "" if there is none.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// toSecond is a time of instant as a table shows it.
func toSecond(text string) string {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return t.Format(time.RFC3339)
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
