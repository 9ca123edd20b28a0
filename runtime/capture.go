package runtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/recording"
	"tqmap/engine/threatq"
)

// Capture reads what a first run would read, and keeps the exchanges.
type Capture struct {
	Look
	Flows []*dsl.Flow
	// Limit ends the run after so many records; 0: none.
	Limit  int
	Limits recording.Limits
}

// Run runs c. The recording is nil where nothing was sent at all; else it is what was kept
// until an error, which it names, too. It holds secrets.
func (c *Capture) Run(ctx context.Context) (*recording.Recording, []engine.Mapped, error) {
	recorder := recording.NewRecorder(c.Limits)
	c.transport = recorder.Transport
	c.Platform = slices.ContainsFunc(c.Flows, (*dsl.Flow).OfThreatQ)
	r, done, err := c.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	shown, full, err := collect(ctx, r, c.Flows, c.Limit)
	rec := recorder.Recording(r.Bound)
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

// Replay reads what a recording holds, through the whole chain, and sends nothing.
type Replay struct {
	Look
	Recording *recording.Recording
	// Flows to replay; nil: the recorded ones.
	Flows []*dsl.Flow
}

// Replayed is a replay that is ready.
type Replayed struct {
	Run   *engine.Run
	Flows []*dsl.Flow
	// Limit is how many records were recorded, if not all of them; else 0.
	Limit int

	player *recording.Player
}

// Open makes a replay ready. Settings.Params win over the recorded ones; so do Now and
// Until, where they are not zero.
func (r Replay) Open(ctx context.Context) (*Replayed, error) {
	run := &r.Recording.Run
	flows, err := r.flows()
	if err != nil {
		return nil, err
	}
	params := run.Given(r.Mapping)
	for name, given := range r.Settings.Params {
		params[name] = given
	}
	r.Mapping.StandIns(params, standIn, "the recording")
	if r.Now.IsZero() {
		r.Now = run.Now
	}
	if r.Until.IsZero() {
		r.Until = run.Until
	}
	player := recording.NewPlayer(r.Recording)
	r.Settings = &Settings{Params: params, ThreatQ: r.account()}
	r.Platform, r.transport, r.offline = slices.ContainsFunc(flows, (*dsl.Flow).OfThreatQ), player.Transport, true
	er, _, err := r.Look.Open(ctx) // offline, there is nothing to close
	if err != nil {
		return nil, err
	}
	return &Replayed{Run: er, Flows: flows, Limit: run.Limit, player: player}, nil
}

// Ended says whether err only means that a run which had been stopped at a limit goes on here.
func (r *Replayed) Ended(err error) bool {
	var missing *recording.UnrecordedError
	return r.Limit > 0 && errors.As(err, &missing) && len(r.Unused()) == 0
}

// Unused are the exchanges that nothing has asked for.
func (r *Replayed) Unused() []recording.Exchange { return r.player.Unused() }

// account logs in to the recorded ThreatQ as was recorded.
func (r Replay) account() ThreatQ {
	t := ThreatQ{Host: "threatq.example", ClientID: standIn, Username: standIn, Password: standIn}
	for _, x := range r.Recording.Exchanges {
		if x.Client == "threatq" && strings.Contains(x.Request.URL, "grant_type="+string(threatq.GrantClientCredentials)) {
			t.ClientSecret = standIn
		}
	}
	return t
}

func (r Replay) flows() ([]*dsl.Flow, error) {
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
		return nil, &ConfigError{Reason: fmt.Sprintf("the recording is of the flows %s of %q, and this mapping has none of them; name one with --flow", strings.Join(r.Recording.Run.Flows, ", "), r.Recording.Run.Connector)}
	}
	return out, nil
}

// standIn stands for a secret where nothing is sent.
const standIn = "recorded"

// atOnce waits for nobody: what a server works on was done when it was recorded.
func atOnce(ctx context.Context, _ time.Duration) error { return ctx.Err() }
