package runtime

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
	"tqmap/runtime/state"
)

// Job is one run of a connector instance.
type Job struct {
	Mapping  *dsl.Mapping
	Settings Settings
	// Instance names the state and the lock; usually the connector's name.
	Instance string
	// Dir holds the state, unless Settings name a database for it.
	Dir string
	// Flows to run, in order; nil: all.
	Flows []*dsl.Flow
	// Named says that the operator named them one by one.
	Named bool
	Now   time.Time
	// Until is an end for all windows; zero: Now.
	Until time.Time
	// Clock is what tokens and signatures go by; nil: time.Now.
	Clock  func() time.Time
	DryRun bool
	Log    *slog.Logger
	// OnSecret is told of every token before it is used.
	OnSecret func(string)
	// Redact masks what is known as secret. What the state keeps for people to read (why a
	// run failed, why a record is a dead letter) passes it, as tokens are forgotten after the
	// run. Nil: nothing is masked.
	Redact func(string) string
	// Progress is called after each page; may be nil.
	Progress func(*engine.FlowReport)
}

// Run runs the job. Its error means that nothing was run: a *ConfigError,
// *dsl.ParamError or hcl.Diagnostics for what the operator or author has to set
// right, state.ErrLocked, or a state that cannot be used. What goes wrong in a
// flow is in the report.
func (j *Job) Run(ctx context.Context) (*engine.Report, error) {
	bound, platform, err := j.bind()
	if err != nil {
		return nil, err
	}
	if j.DryRun {
		return j.dryRun(ctx, bound, platform)
	}
	return j.locked(ctx, bound.Lock, func(ctx context.Context, in *state.Instance) *engine.Report {
		return j.run(ctx, bound, platform, in, in)
	})
}

func (j *Job) bind() (*dsl.Bound, *threatq.Client, error) {
	bound, errs := j.Mapping.As(j.Instance).Bind(j.Settings.Params, j.Now)
	if len(errs) > 0 {
		return nil, nil, errors.Join(errs...)
	}
	platform, err := j.Settings.Platform(j.Log, j.OnSecret)
	return bound, platform, err
}

// locked opens the state and lets do run with the lock of the instance, or beside others. What
// do reports is kept in the history.
func (j *Job) locked(ctx context.Context, how dsl.Lock, do func(context.Context, *state.Instance) *engine.Report) (*engine.Report, error) {
	store, err := OpenState(ctx, j.Dir, j.Settings.Database)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	if how.Multiple {
		in, err := store.Share(ctx, j.Instance)
		if err != nil {
			return nil, err
		}
		return j.record(ctx, store, func() *engine.Report { return do(ctx, in) })
	}
	lock, err := store.Lock(ctx, j.Instance, state.Owner{KillAfter: how.KillAfter, Ending: j.ending})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := lock.Release(); err != nil {
			j.Log.Warn("the lock could not be given back; the next run takes it over", "error", err)
		}
	}()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-lock.Lost():
			cancel(state.ErrFenced)
		case <-ctx.Done():
		}
	}()
	return j.record(ctx, store, func() *engine.Report { return do(ctx, lock.Instance()) })
}

func (j *Job) ending(h state.Holder) {
	j.Log.Warn("the previous run has taken too long, and is ended", "pid", h.PID, "since", h.Started)
}

// dryRun reads the state if there is one, and writes nothing anywhere but the tokens that a
// server replaces.
func (j *Job) dryRun(ctx context.Context, bound *dsl.Bound, platform *threatq.Client) (*engine.Report, error) {
	tokens, err := OpenTokens(ctx, j.Dir, j.Settings.Database, j.Instance)
	if err != nil {
		return nil, err
	}
	defer tokens.Close()
	memory := state.NewMemory()
	if tokens.store != nil {
		memory = state.NewOverlay(tokens.store.Instance(j.Instance))
	}
	return j.run(ctx, bound, platform, memory, tokens), nil
}

func (j *Job) run(ctx context.Context, bound *dsl.Bound, platform *threatq.Client, st engine.State, tokens engine.Tokens) *engine.Report {
	flows := j.Flows
	if flows == nil {
		flows = j.Mapping.Flows
	}
	return j.engine(bound, platform, st, tokens).Report(ctx, flows)
}

func (j *Job) engine(bound *dsl.Bound, platform *threatq.Client, st engine.State, tokens engine.Tokens) *engine.Run {
	return &engine.Run{
		Bound: bound, Platform: platform, State: j.masked(st), Until: j.Until, DryRun: j.DryRun, Named: j.Named, Log: j.Log, Progress: j.Progress,
		Clients: func(ctx context.Context, c *dsl.Client) (request.Doer, error) {
			return engine.OpenClient(ctx, bound, c, engine.ClientOptions{Proxy: platform.Proxy, OnSecret: j.OnSecret, Tokens: tokens, Now: j.Clock, Log: j.Log})
		},
	}
}

// record keeps the run in the history.
func (j *Job) record(ctx context.Context, store *state.Store, run func() *engine.Report) (*engine.Report, error) {
	id, err := store.StartRun(ctx, j.Instance)
	if err != nil {
		return nil, err
	}
	report := run()
	failure := ""
	for _, f := range report.Flows {
		failure = cmp.Or(failure, f.Error)
	}
	counts, _ := json.Marshal(report.Masked(j.redact).Flows)
	if err := store.FinishRun(context.WithoutCancel(ctx), id, string(report.Outcome), counts, j.redact(failure)); err != nil {
		j.Log.Warn("the run is not in the history", "error", err)
	}
	return report, nil
}
