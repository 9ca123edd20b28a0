package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/recording"
	"tqmap/examples"
	"tqmap/runtime"
)

// reading is how a verb gets at records and writes nothing: what it says on the command line,
// and what stays open from one time to the next.
type reading struct {
	*app
	cmd      *cobra.Command
	options  *options
	from     []string
	compared bool // ThreatQ is asked what it holds

	log    *slog.Logger
	closer io.Closer
	box    *examples.Sandbox
	at     time.Time // the clock of the first time
}

func (r *reading) declareFrom(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&r.from, "from", nil, "recording (see: tqmap record), or file with a recorded answer, in place of the live API; a file with an answer may be repeated")
}

// shut closes what is open.
func (r *reading) shut() {
	if r.box != nil {
		r.box.Close()
	}
	if r.closer != nil {
		r.closer.Close()
	}
}

// opened is what records are read with.
type opened struct {
	run   *engine.Run
	flows []*dsl.Flow
	// answers are the files of plain answers, which take the place of requests.
	answers []string
	replay  *runtime.Replayed // nil: no recording is played
	close   func()
}

// open makes ready to read the records of flows.
func (r *reading) open(ctx context.Context, m *dsl.Mapping, flows []*dsl.Flow) (*opened, error) {
	settings, err := r.settle(ctx, m)
	if err != nil {
		return nil, err
	}
	rec, err := recordingOf(r.from)
	if err != nil {
		return nil, err
	}
	look := runtime.Look{Mapping: m, Settings: settings, Instance: r.options.name, Until: r.options.until.Time, Log: r.log, OnSecret: r.redactor.Add}
	if rec != nil {
		return r.play(ctx, look, rec, flows)
	}
	if len(r.from) > 0 {
		m.StandIns(settings.Params, "preview", "--from")
	}
	if r.at.IsZero() {
		r.at = r.options.clock(r.now)
	}
	look.Now = r.at
	look.Platform = r.compared || len(r.from) == 0 && slices.ContainsFunc(flows, (*dsl.Flow).OfThreatQ)
	if len(r.from) == 0 && !r.options.sandbox {
		look.Dir = r.options.config
	}
	run, closeAll, err := look.Open(ctx)
	if err != nil {
		return nil, err
	}
	return &opened{run: run, flows: flows, answers: r.from, close: closeAll}, nil
}

// play replays a recording: its flows, parameters and clock hold, unless the command line
// says otherwise.
func (r *reading) play(ctx context.Context, look runtime.Look, rec *recording.Recording, flows []*dsl.Flow) (*opened, error) {
	if r.options.sandbox && !r.compared {
		return nil, usagef("--from and --sandbox exclude each other: a recording holds the answers already")
	}
	live := look.Settings
	said := *live
	said.Params = map[string]dsl.Given{}
	for name, v := range live.Params {
		if strings.HasPrefix(v.Origin, "--") {
			said.Params[name] = v
		}
	}
	look.Settings, look.Now = &said, r.options.now.Time
	again := runtime.Replay{Look: look, Recording: rec}
	if len(r.options.flows) > 0 || r.options.imports || r.options.exports {
		again.Flows = flows
	}
	replay, err := again.Open(ctx)
	if err != nil {
		return nil, err
	}
	if r.compared { // with the ThreatQ of today
		if replay.Run.Platform, err = live.Platform(r.log, r.redactor.Add); err != nil {
			return nil, err
		}
	}
	return &opened{run: replay.Run, flows: replay.Flows, replay: replay, close: func() {}}, nil
}

// limit is how many records there are to show at most; 0: all.
func (o *opened) limit(asked int) int {
	if o.replay == nil || o.replay.Limit == 0 || asked > 0 && asked < o.replay.Limit {
		return asked
	}
	return o.replay.Limit
}

// each maps the records of a flow until emit has seen enough.
func (o *opened) each(ctx context.Context, f *dsl.Flow, emit func(engine.Mapped) bool) error {
	if len(o.answers) == 0 {
		return o.run.Preview(ctx, f, emit)
	}
	more := true
	for _, name := range o.answers {
		if !more {
			break
		}
		body, err := os.ReadFile(name)
		if err != nil {
			return usagef("--from: %w", err)
		}
		if err := o.run.PreviewAnswer(ctx, f, body, func(m engine.Mapped) bool { more = emit(m); return more }); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// ended is err, unless it only says that a recording goes no further.
func (o *opened) ended(err error) error {
	if o.replay != nil && o.replay.Ended(err) {
		return nil
	}
	return err
}

// leftOver tells of exchanges that a replay did not ask for.
func (o *opened) leftOver(log *slog.Logger) {
	if o.replay == nil {
		return
	}
	if n := len(o.replay.Unused()); n > 0 {
		log.Info("parts of the recording were not asked for", "exchanges", n)
	}
}

// settle reads the settings, and opens the log and the sandbox where they are not open yet.
func (r *reading) settle(ctx context.Context, m *dsl.Mapping) (*runtime.Settings, error) {
	settings, err := r.settings(r.cmd, r.options, m)
	if err != nil {
		return nil, err
	}
	if r.log == nil {
		if r.log, r.closer, err = r.logger(r.options, m, r.stderr); err != nil {
			return nil, err
		}
	}
	switch {
	case r.box != nil:
		r.useSandbox(r.box, m, &settings)
	case r.options.sandbox:
		r.box, err = r.openSandbox(ctx, r.options, m, r.sandboxDir(), &settings, r.log)
	}
	return &settings, err
}

// sandboxDir is the folder of the sandbox that runs were tried in, which is what there is to
// compare with; else a preview has one of its own that nobody keeps.
func (r *reading) sandboxDir() string {
	dir := filepath.Join(r.options.config, "sandbox")
	if _, err := os.Stat(dir); err != nil || !r.compared {
		return ""
	}
	return dir
}

// previewed are the flows that make something to show: by default those into ThreatQ, or
// where there are none, those out of it.
func (o *options) previewed(m *dsl.Mapping) ([]*dsl.Flow, error) {
	imports := slices.ContainsFunc(m.Flows, func(f *dsl.Flow) bool { return !f.Exports() })
	flows, err := o.chosen(m, func(f *dsl.Flow) bool { return !f.Exports() || f.Items() && (o.exports || !imports) })
	for _, f := range flows {
		if f.Exports() && !f.Items() {
			return nil, usagef("flow %q makes no objects; see what it would send with: tqmap run MAPPING --dry-run --flow %s", f.Name, f.Name)
		}
	}
	return flows, err
}
