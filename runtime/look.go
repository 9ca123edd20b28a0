package runtime

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
	"tqmap/runtime/state"
)

// Look opens runs that only read, as a first run would: nothing is written to ThreatQ, to a
// vendor or into a state. Previews, lineage, the console and recordings are made of them.
type Look struct {
	Mapping  *dsl.Mapping
	Settings *Settings
	Instance string
	// Dir holds tokens that a server replaces; "": they are not kept.
	Dir string
	// Platform says that ThreatQ is asked.
	Platform   bool
	Now, Until time.Time
	Log        *slog.Logger
	OnSecret   func(string)

	transport func(client string, rt http.RoundTripper) http.RoundTripper
	offline   bool
}

// Open makes the run; close ends it.
func (l Look) Open(ctx context.Context) (run *engine.Run, closeAll func(), err error) {
	bound, errs := l.Mapping.As(l.Instance).Bind(l.Settings.Params, l.Now)
	if len(errs) > 0 {
		return nil, nil, errors.Join(errs...)
	}
	opts := engine.ClientOptions{OnSecret: l.OnSecret, Log: l.Log, Proxy: l.Settings.Proxy(l.Log, l.OnSecret), Transport: l.transport}
	run = &engine.Run{Bound: bound, State: state.NewMemory(), Until: l.Until, DryRun: true, Named: true, Log: l.Log}
	if l.offline {
		opts.Offline, opts.Sleep, run.Sleep = true, atOnce, atOnce
	}
	if run.Platform, err = l.platform(); err != nil {
		return nil, nil, err
	}
	closeAll = func() {}
	if l.Dir != "" {
		tokens, err := OpenTokens(ctx, l.Dir, l.Settings.Database, bound.Connector.Instance)
		if err != nil {
			return nil, nil, err
		}
		opts.Tokens, closeAll = tokens, func() { tokens.Close() }
	}
	run.Clients = func(ctx context.Context, c *dsl.Client) (request.Doer, error) {
		return engine.OpenClient(ctx, bound, c, opts)
	}
	return run, closeAll, nil
}

func (l Look) platform() (*threatq.Client, error) {
	if !l.Platform {
		return nil, nil
	}
	s := *l.Settings
	s.Transport = l.transport
	return s.Platform(l.Log, l.OnSecret)
}
