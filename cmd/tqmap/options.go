package main

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/runtime"
	"tqmap/runtime/logs"
)

// options are the flags that run and preview share.
type options struct {
	config, logDir, name string
	verbosity            int
	params, flows        []string
	imports, exports     bool
	sandbox              bool
	records, indicators  int
	rate                 float64
	faults               []string
	threatqHost          string
	database             string
	now, until           timeFlag
}

func (o *options) declare(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", ".", "folder of the settings file and of the state")
	f.StringVar(&o.logDir, "loglocation", "", "folder for a log file beside the log on stderr (also -ll)")
	f.IntVarP(&o.verbosity, "verbosity", "v", 2, "1 errors and warnings, 2 also what happens, 3 everything")
	f.StringVarP(&o.name, "name", "n", "", "connector instance, with settings and state of its own (default: the connector's name)")
	f.StringArrayVar(&o.params, "param", nil, "`name=value` of a parameter; may be repeated")
	f.StringSliceVar(&o.flows, "flow", nil, "only this flow; may be repeated")
	f.BoolVar(&o.imports, "import", false, "only flows into ThreatQ (also -i, where the mapping has no other use for it)")
	f.BoolVar(&o.exports, "export", false, "only flows out of ThreatQ (also -e, where the mapping has no other use for it)")
	f.Var(&o.until, "until", "end of what is read, UTC or RFC 3339 (default: now)")
	f.Var(&o.now, "now", "clock of the run, for trying things as of another day")
	f.StringVar(&o.threatqHost, "threatq-host", "", "address of ThreatQ")
	f.BoolVar(&o.sandbox, "sandbox", false, "use a simulated appliance, where the connector has one, and a local ThreatQ-compatible library; with a folder -c of its own, as the state remembers what was delivered")
	f.IntVar(&o.records, "sandbox-records", 0, "how many records the simulated appliance holds when it is first started")
	f.IntVar(&o.indicators, "sandbox-indicators", 0, "how many indicators a new library holds, in data collections; negative: none")
	f.Float64Var(&o.rate, "sandbox-rate", 0, "requests per second that it allows; negative: any")
	f.StringArrayVar(&o.faults, "sandbox-fault", nil, "fault switch of the appliance, or of the library after \"threatq:\"")
	cmd.Annotations = map[string]string{takesMapping: "yes"}
}

const databaseHelp = "postgres://user@host/name of a database that keeps the state, in place of tqmap.db in the folder of -c"

// declareDatabase is for the verbs that write the state.
func (o *options) declareDatabase(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.database, "database", "", databaseHelp)
}

func (o *options) instance(m *dsl.Mapping) string {
	if o.name != "" {
		return o.name
	}
	return m.Connector.Name
}

// clock is the time by which a run goes. It is asked for last: what a sandbox makes up
// must not lie in the run's future.
func (o *options) clock(now func() time.Time) time.Time {
	if !o.now.IsZero() {
		return o.now.Time
	}
	return now().UTC()
}

// timeFlag is a flag that takes an instant.
type timeFlag struct{ time.Time }

func (t *timeFlag) Set(text string) (err error) {
	t.Time, err = dsl.ParseTime(text)
	return err
}

func (t *timeFlag) String() string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func (t *timeFlag) Type() string { return "YYYY-MM-DDTHH:MM:SS" }

// settings are read from the file, the environment and the command line.
func (a *app) settings(cmd *cobra.Command, o *options, m *dsl.Mapping) (runtime.Settings, error) {
	s, err := runtime.LoadSettings(o.config, o.instance(m), m, a.getenv)
	if err != nil {
		return s, err
	}
	for _, p := range m.Params {
		if f := cmd.Flags().Lookup(p.Flag); p.Flag != "" && f != nil && f.Changed {
			s.Params[p.Name] = dsl.Text(f.Value.String(), "--"+p.Flag)
		}
	}
	given, err := paramFlags(o.params)
	if err != nil {
		return s, err
	}
	maps.Copy(s.Params, given)
	if o.threatqHost != "" {
		s.ThreatQ.Host = o.threatqHost
	}
	if o.database != "" {
		s.Database = o.database
	}
	for _, secret := range s.Secrets(m) {
		a.redactor.Add(secret)
	}
	return s, nil
}

// paramFlags are what --param gives.
func paramFlags(params []string) (map[string]dsl.Given, error) {
	out := map[string]dsl.Given{}
	for _, text := range params {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, usagef("--param %s: write name=value", name)
		}
		out[strings.TrimSpace(name)] = dsl.Text(value, "--param")
	}
	return out, nil
}

// logger writes to stderr, or to what stands before it, and to a file below -ll.
func (a *app) logger(o *options, m *dsl.Mapping, to io.Writer) (*slog.Logger, io.Closer, error) {
	if o.verbosity < 1 || o.verbosity > 3 {
		return nil, nil, usagef("-v takes 1, 2 or 3, not %d", o.verbosity)
	}
	tty := terminal(a.stderr)
	log, closer, err := logs.New(logs.Options{
		Stderr: to, Terminal: tty, Color: a.coloured(a.stderr),
		Dir: o.logDir, Connector: o.instance(m), Verbosity: o.verbosity, Redactor: a.redactor,
	})
	if err != nil {
		return nil, nil, &usageError{err}
	}
	return log, closer, nil
}

// chosen are the flows that the command line selects; all is what is taken where
// it selects none.
func (o *options) chosen(m *dsl.Mapping, all func(*dsl.Flow) bool) ([]*dsl.Flow, error) {
	var out []*dsl.Flow
	for _, name := range o.flows {
		f := m.Flow(name)
		if f == nil {
			return nil, usagef("%s has no flow %q; it has: %s", m.Connector.Name, name, strings.Join(flowNames(m), ", "))
		}
		out = append(out, f)
	}
	if len(out) > 0 {
		return out, nil
	}
	for _, f := range m.Flows {
		if !all(f) || o.imports != o.exports && o.exports != f.Exports() { // both are as none
			continue
		}
		out = append(out, f)
	}
	if len(out) == 0 {
		return nil, usagef("%s has no such flow; it has: %s", m.Connector.Name, strings.Join(flowNames(m), ", "))
	}
	return out, nil
}

func flowNames(m *dsl.Mapping) []string {
	var out []string
	for _, f := range m.Flows {
		out = append(out, fmt.Sprintf("%q", f.Name))
	}
	return out
}
