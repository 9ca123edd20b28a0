package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tqmap/cmd/show"
	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/examples"
	"tqmap/runtime"
	"tqmap/runtime/state"
)

func (a *app) runCmd() *cobra.Command {
	var o options
	var job cronjob
	var dryRun bool
	var format string
	cmd := &cobra.Command{
		Use:   "run MAPPING",
		Short: "Run a connector once",
		Long: `Runs the flows of a mapping once: a file, a folder of files, or the name of a
built-in mapping. Settings come from DIR/<name>.hcl (-c DIR), then from the
environment, then from the command line.

With --cron nothing is run: an entry for the connector is written to /etc/cron.d/<name>,
commented out. Configure the connector, then remove the # at the beginning of that file.
An entry that is in use or was edited is never overwritten.

Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 partial (some records
were refused or will be tried again), 4 another run holds the lock.`,
		Example: `  tqmap run ironnet --sandbox -c /tmp/tqmap
  tqmap run ironnet -c /etc/tq_labs -ll /var/log/tq_labs -v3
  tqmap run ironnet -c /etc/tq_labs --cron "0 */2 * * *"
  tqmap run my-copy.hcl --dry-run --param hostname=appliance.example.com`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf(format, "text", "json"); err != nil {
				return err
			}
			m, err := a.loaded(args)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("cron") {
				return a.installCron(cmd, &job, &o, m, args[0])
			}
			return a.run(cmd, &o, m, dryRun, format == "json")
		},
	}
	o.declare(cmd)
	o.declareDatabase(cmd)
	job.declare(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "compute everything, write nothing, print what would be done")
	cmd.Flags().StringVar(&format, "format", "text", "text, or json: one document on stdout and nothing else")
	return cmd
}

func (a *app) run(cmd *cobra.Command, o *options, m *dsl.Mapping, dryRun, asJSON bool) error {
	flows, err := o.chosen(m, func(*dsl.Flow) bool { return true })
	if err != nil {
		return err
	}
	return a.withJob(cmd, o, m, asJSON, func(job *runtime.Job) (*engine.Report, error) {
		job.Flows, job.Named, job.DryRun = flows, len(o.flows) > 0, dryRun
		return job.Run(cmd.Context())
	})
}

// withJob makes a job ready, in the sandbox where that is asked for, and prints what do
// reports of it.
func (a *app) withJob(cmd *cobra.Command, o *options, m *dsl.Mapping, asJSON bool, do func(*runtime.Job) (*engine.Report, error)) error {
	settings, err := a.settings(cmd, o, m)
	if err != nil {
		return err
	}
	if err := o.apart(settings.Database); err != nil {
		return err
	}
	line := newProgress(a.stderr, asJSON)
	log, closer, err := a.logger(o, m, line)
	if err != nil {
		return err
	}
	defer closer.Close()
	for _, w := range settings.Warnings {
		log.Warn(w)
	}
	if o.sandbox {
		s, err := a.openSandbox(cmd.Context(), o, m, filepath.Join(o.config, "sandbox"), &settings, log)
		if err != nil {
			return err
		}
		defer s.Close()
	}
	report, err := do(&runtime.Job{
		Mapping: m, Settings: settings, Instance: o.instance(m), Dir: o.config,
		Now: o.clock(a.now), Until: o.until.Time, Log: log, OnSecret: a.redactor.Add, Redact: a.redactor.String, Progress: line.show,
	})
	line.done()
	if err != nil {
		return err
	}
	return a.finish(report, asJSON)
}

// apart keeps sandbox and real runs out of each other's state: the cursor of the one would make
// the other jump over records.
func (o *options) apart(database string) error {
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(o.config, name))
		return err == nil
	}
	switch {
	case database != "" || !has(state.FileName):
	case o.sandbox && !has("sandbox"):
		return usagef("%s holds the state of real runs, and a sandbox would move its cursors: try it in a folder of its own, such as -c /tmp/tqmap", o.config)
	case !o.sandbox && has("sandbox"):
		return usagef("%s holds the state of a sandbox, whose records are made up: use another folder with -c", o.config)
	}
	return nil
}

// finish prints the report and turns its outcome into an exit code.
func (a *app) finish(report *engine.Report, asJSON bool) error {
	report = report.Masked(a.redactor.String) // before it is quoted and escaped
	var err error
	if asJSON {
		var b []byte
		if b, err = json.MarshalIndent(report, "", "  "); err == nil {
			err = a.document(string(b) + "\n")
		}
	} else {
		err = a.print(show.Summary(report))
	}
	if err != nil {
		return err
	}
	switch report.Outcome {
	case engine.Failed:
		return exitError(exitFailed)
	case engine.Partial:
		return exitError(exitPartial)
	}
	return nil
}

// openSandbox starts the simulators and points the settings at them. What the
// operator gave for other parameters stays. A connector that has no simulator gets the
// library alone, so that the author of a mapping can run it without a ThreatQ.
func (a *app) openSandbox(ctx context.Context, o *options, m *dsl.Mapping, dir string, s *runtime.Settings, log *slog.Logger) (*examples.Sandbox, error) {
	simulated := slices.Contains(examples.Names(), m.Connector.Name)
	trial := maps.Clone(s.Params) // before anything is started or written
	if simulated {
		m.StandIns(trial, "preview", "--from")
	}
	if _, errs := m.As(o.name).Bind(trial, a.now().UTC()); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	opts := examples.Options{Dir: dir, Records: o.records, Indicators: o.indicators, Rate: o.rate}
	for _, f := range o.faults {
		if rest, ok := strings.CutPrefix(f, "threatq:"); ok {
			opts.LibraryFaults = append(opts.LibraryFaults, rest)
		} else {
			opts.Faults = append(opts.Faults, f)
		}
	}
	open := examples.Open
	if !simulated && o.records == 0 && o.rate == 0 && len(opts.Faults) == 0 {
		log.Info("there is no simulated appliance for this connector: it talks to the server that its parameters name, and only ThreatQ is a local library", "connector", m.Connector.Name)
		open = func(ctx context.Context, _ string, opts examples.Options) (*examples.Sandbox, error) {
			return examples.OpenLibrary(ctx, opts)
		}
	}
	box, err := open(ctx, m.Connector.Name, opts)
	if err != nil {
		return nil, usagef("--sandbox: %w", err)
	}
	a.useSandbox(box, m, s)
	return box, nil
}

// useSandbox points the settings at a sandbox that is open.
func (a *app) useSandbox(box *examples.Sandbox, m *dsl.Mapping, s *runtime.Settings) {
	for name, value := range box.Params {
		s.Params[name] = dsl.Text(value, "--sandbox")
	}
	for name, value := range box.Defaults {
		if _, given := s.Params[name]; !given {
			s.Params[name] = dsl.Text(value, "--sandbox")
		}
	}
	if slices.Contains(examples.Names(), m.Connector.Name) {
		delete(s.Params, "port")
	}
	s.ThreatQ = runtime.ThreatQ{Host: box.LibraryURL, ClientID: box.Account.ClientID, Username: box.Account.Username, Password: box.Account.Password}
	for _, secret := range s.Secrets(m) {
		a.redactor.Add(secret)
	}
}
