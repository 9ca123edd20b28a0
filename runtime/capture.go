package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/recording"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
	"tqmap/runtime/state"
)

// Capture reads what a first run would read, and keeps the exchanges. Nothing is written to
// ThreatQ, to a vendor or into a state.
type Capture struct {
	Mapping  *dsl.Mapping
	Settings Settings
	Instance string
	// Dir holds tokens that a server replaces; "": they are not kept.
	Dir        string
	Flows      []*dsl.Flow
	Now, Until time.Time
	// Limit ends the run after so many records; 0: none.
	Limit    int
	Limits   recording.Limits
	Log      *slog.Logger
	OnSecret func(string)
}

// Run runs c. The recording is nil where nothing was sent at all; else it is what was kept
// until an error, which it names, too. It holds secrets.
func (c *Capture) Run(ctx context.Context) (*recording.Recording, []engine.Mapped, error) {
	bound, errs := c.Mapping.As(c.Instance).Bind(c.Settings.Params, c.Now)
	if len(errs) > 0 {
		return nil, nil, errors.Join(errs...)
	}
	recorder := recording.NewRecorder(c.Limits)
	c.Settings.Transport = recorder.Transport
	opts := engine.ClientOptions{OnSecret: c.OnSecret, Log: c.Log, Proxy: c.Settings.Proxy(c.Log, c.OnSecret), Transport: recorder.Transport}
	if c.Dir != "" {
		tokens, err := OpenTokens(ctx, c.Dir, c.Settings.Database, c.Instance)
		if err != nil {
			return nil, nil, err
		}
		defer tokens.Close()
		opts.Tokens = tokens
	}
	platform, err := platformFor(c.Flows, &c.Settings, c.Log, c.OnSecret)
	if err != nil {
		return nil, nil, err
	}
	r := &engine.Run{Bound: bound, Platform: platform, State: state.NewMemory(), Until: c.Until, DryRun: true, Named: true, Log: c.Log, Clients: clients(bound, opts)}
	shown, full, err := collect(ctx, r, c.Flows, c.Limit)
	rec := recorder.Recording(bound)
	rec.Run.Until = c.Until
	for _, f := range c.Flows {
		rec.Run.Flows = append(rec.Run.Flows, f.Name)
	}
	if full {
		rec.Run.Limit = c.Limit
	}
	if err != nil {
		rec.Run.Failed = err.Error()
	}
	if len(rec.Exchanges) == 0 {
		rec = nil
	}
	return rec, shown, err
}

func clients(b *dsl.Bound, opts engine.ClientOptions) func(context.Context, *dsl.Client) (request.Doer, error) {
	return func(ctx context.Context, c *dsl.Client) (request.Doer, error) {
		return engine.OpenClient(ctx, b, c, opts)
	}
}

func platformFor(flows []*dsl.Flow, s *Settings, log *slog.Logger, onSecret func(string)) (*threatq.Client, error) {
	if !slices.ContainsFunc(flows, (*dsl.Flow).OfThreatQ) {
		return nil, nil
	}
	return s.Platform(log, onSecret)
}

// collect maps the records of each flow until limit of all make objects or fail; full says
// that a flow ended so.
func collect(ctx context.Context, r *engine.Run, flows []*dsl.Flow, limit int) (shown []engine.Mapped, full bool, err error) {
	shown = []engine.Mapped{}
	for _, f := range flows {
		err := r.Preview(ctx, f, func(m engine.Mapped) bool {
			if m.Skipped == "" {
				shown = append(shown, m)
			}
			enough := limit > 0 && len(shown) >= limit
			full = full || enough
			return !enough
		})
		if err != nil {
			return shown, full, err
		}
	}
	return shown, full, nil
}

// Replay maps what a recording holds, through the whole chain, and sends nothing.
type Replay struct {
	Mapping   *dsl.Mapping
	Recording *recording.Recording
	// Params are those that win over the recorded ones.
	Params map[string]dsl.Given
	// Instance names the run; "": as the connector.
	Instance string
	// Flows to replay; nil: the recorded ones.
	Flows []*dsl.Flow
	// Now and Until, where they are not zero, win over the recorded ones.
	Now, Until time.Time
	Limit      int
	Log        *slog.Logger
}

// Run replays. unused are exchanges that nothing asked for, after a run that was not limited.
func (r *Replay) Run(ctx context.Context) (shown []engine.Mapped, unused []recording.Exchange, err error) {
	run := &r.Recording.Run
	flows, err := r.flows()
	if err != nil {
		return nil, nil, err
	}
	params := run.Given(r.Mapping)
	for name, given := range r.Params {
		params[name] = given
	}
	standIns(r.Mapping, params)
	now, until := run.Now, run.Until
	if !r.Now.IsZero() {
		now = r.Now
	}
	if !r.Until.IsZero() {
		until = r.Until
	}
	bound, errs := r.Mapping.As(r.Instance).Bind(params, now)
	if len(errs) > 0 {
		return nil, nil, errors.Join(errs...)
	}
	player := recording.NewPlayer(r.Recording)
	settings := &Settings{ThreatQ: r.account(), Transport: player.Transport}
	platform, err := platformFor(flows, settings, r.Log, nil)
	if err != nil {
		return nil, nil, err
	}
	opts := engine.ClientOptions{Log: r.Log, Transport: player.Transport, Offline: true, Sleep: atOnce}
	er := &engine.Run{Bound: bound, Platform: platform, State: state.NewMemory(), Until: until, DryRun: true, Named: true, Log: r.Log, Sleep: atOnce, Clients: clients(bound, opts)}
	limit := r.Limit
	if run.Limit > 0 && (limit == 0 || limit > run.Limit) {
		limit = run.Limit
	}
	shown, full, err := collect(ctx, er, flows, limit)
	if err != nil && r.ended(player, err) {
		return shown, nil, nil
	}
	if err != nil || full {
		return shown, nil, err
	}
	return shown, player.Unused(), nil
}

// account logs in to the recorded ThreatQ as was recorded.
func (r *Replay) account() ThreatQ {
	t := ThreatQ{Host: "threatq.example", ClientID: standIn, Username: standIn, Password: standIn}
	for _, x := range r.Recording.Exchanges {
		if x.Client == "threatq" && strings.Contains(x.Request.URL, "grant_type="+string(threatq.GrantClientCredentials)) {
			t.ClientSecret = standIn
		}
	}
	return t
}

// ended says whether err only means that a run which had been stopped at a limit goes on here.
func (r *Replay) ended(p *recording.Player, err error) bool {
	var missing *recording.UnrecordedError
	return r.Recording.Run.Limit > 0 && errors.As(err, &missing) && len(p.Unused()) == 0
}

func (r *Replay) flows() ([]*dsl.Flow, error) {
	if r.Flows != nil {
		return r.Flows, nil
	}
	var out []*dsl.Flow
	for _, name := range r.Recording.Run.Flows {
		if f := r.Mapping.Flow(name); f != nil {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return nil, &ConfigError{fmt.Sprintf("the recording is of the flows %s of %q, and this mapping has none of them; name one with --flow", strings.Join(r.Recording.Run.Flows, ", "), r.Recording.Run.Connector)}
	}
	return out, nil
}

// standIn stands for a secret where nothing is sent.
const standIn = "recorded"

// standIns gives secrets, and texts that are required, a value: nothing is sent with it.
func standIns(m *dsl.Mapping, given map[string]dsl.Given) {
	for _, p := range m.Params {
		if _, ok := given[p.Name]; !ok && (p.Required || p.Sensitive) && p.Type == dsl.StringParam && p.Default() == "" {
			given[p.Name] = dsl.Text(standIn, "the recording")
		}
	}
}

// atOnce waits for nobody: what a server works on was done when it was recorded.
func atOnce(ctx context.Context, _ time.Duration) error { return ctx.Err() }
