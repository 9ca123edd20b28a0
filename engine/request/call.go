package request

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// call is one Do: the request, what was tried so far and what may still be.
type call struct {
	*Client
	req      Request
	at       target
	start    time.Time
	attempts int // sent so far
	retries  int // of those, repeats that count against Config.Retries
	renewed  bool
	schedule backoff.ExponentialBackOff
}

// answer is an HTTP answer of any status.
type answer struct {
	*Response
	sent *http.Request // as it left, credentials included
	at   target
}

func newCall(c *Client, r Request, at target) *call {
	return &call{Client: c, req: r, at: at, start: time.Now(), schedule: backoff.ExponentialBackOff{
		InitialInterval:     c.cfg.RetryWait,
		Multiplier:          2,
		MaxInterval:         maxBackOff,
		RandomizationFactor: 0.5,
	}}
}

// maxBackOff caps a wait that the server did not ask for.
const maxBackOff = 30 * time.Second

// uncertain is why a Request.Once is not repeated.
const uncertain = "it may have taken effect, so it was not repeated"

func (k *call) run(ctx context.Context) (*Response, error) {
	for {
		k.attempts++
		a, err := k.attempt(ctx)
		// Not errors.As: a TransportError inside another error is the
		// Authenticator's, which has done its own retries.
		lost, isLost := err.(*TransportError)
		switch {
		case isLost:
			err = k.afterLoss(ctx, lost)
		case err == nil && verdict(a.Status) == accept:
			return a.Response, nil
		case err == nil:
			err = k.afterRefusal(ctx, a)
		}
		if err != nil {
			return nil, err
		}
	}
}

// attempt sends the request once and follows the redirects it may follow.
func (k *call) attempt(ctx context.Context) (*answer, error) {
	at := k.at
	for hops := 0; ; hops++ {
		a, err := k.send(ctx, at)
		if err != nil {
			return nil, err
		}
		next, err := k.redirect(a, hops)
		if err != nil || next == nil {
			return a, err
		}
		at = *next
	}
}

// afterLoss decides what follows an attempt that got no whole answer: nil means
// try again.
func (k *call) afterLoss(ctx context.Context, lost *TransportError) error {
	lost.Attempts, lost.Elapsed = k.attempts, time.Since(k.start)
	switch {
	case lost.permanent || k.retries >= k.cfg.Retries:
		return lost
	case k.req.Once && lost.Sent:
		lost.Hint = uncertain
		return lost
	}
	return k.wait(ctx, k.backOff(), "there was no answer: "+lost.Err.Error())
}

// afterRefusal does the same for an answer outside 2xx.
func (k *call) afterRefusal(ctx context.Context, a *answer) error {
	switch verdict(a.Status) {
	case renew:
		return k.renew(ctx, a)
	case wait:
		return k.obey(ctx, a)
	case repeat:
		if k.req.Once {
			e := k.statusError(a)
			e.Hint = uncertain
			return e
		}
		if k.retries >= k.cfg.Retries {
			return k.statusError(a)
		}
		return k.wait(ctx, k.backOff(), fmt.Sprintf("the server answered %d", a.Status))
	default:
		return k.statusError(a)
	}
}

// renew asks for fresh credentials, once per request: a second 401 stands, and so
// does that of a foreign host, which never saw any.
func (k *call) renew(ctx context.Context, a *answer) error {
	if k.renewed || k.cfg.Auth == nil || a.at.foreign {
		return k.statusError(a)
	}
	k.renewed = true
	again, err := k.cfg.Auth.Renew(ctx, a.sent)
	switch {
	case err != nil:
		return fmt.Errorf("%s: sign in again: %w", k.cfg.Name, err)
	case !again:
		return k.statusError(a)
	}
	k.cfg.Log.DebugContext(ctx, "credentials renewed after 401", "client", k.cfg.Name)
	return nil
}

// obey waits as long as the server asks, or backs off if it does not say.
func (k *call) obey(ctx context.Context, a *answer) error {
	why := fmt.Sprintf("the server answered %d", a.Status)
	asked, err := retryAfter(a.Header, time.Now())
	if err != nil {
		k.cfg.Log.WarnContext(ctx, "Retry-After ignored: "+err.Error(), "client", k.cfg.Name)
	}
	switch {
	case asked > k.cfg.MaxWait:
		e := k.statusError(a)
		e.Wait = asked
		e.Hint = fmt.Sprintf("it asks to wait %s, more than the %s allowed: run again later", rounded(asked), k.cfg.MaxWait)
		return e
	case k.retries >= k.cfg.Retries:
		e := k.statusError(a)
		e.Wait = asked
		return e
	case asked > 0:
		return k.wait(ctx, asked, why+" (Retry-After)")
	}
	return k.wait(ctx, k.backOff(), why)
}

func (k *call) backOff() time.Duration {
	// The schedule caps the interval before it adds jitter.
	return min(k.schedule.NextBackOff(), maxBackOff, k.cfg.MaxWait)
}

func (k *call) wait(ctx context.Context, d time.Duration, why string) error {
	k.retries++
	k.cfg.Log.InfoContext(ctx, fmt.Sprintf("waiting %s because %s", rounded(d), why),
		"client", k.cfg.Name, "retry", k.retries, "of", k.cfg.Retries)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return k.stopped(ctx)
	}
}

// stopped is the error of a request whose context ended.
func (k *call) stopped(ctx context.Context) error {
	what := fmt.Sprintf("%s: %s %s stopped%s", k.cfg.Name, k.req.Method, bare(k.at.url), tried(k.attempts, time.Since(k.start)))
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return fmt.Errorf("%s: %w: %w", what, ctx.Err(), cause)
	}
	return fmt.Errorf("%s: %w", what, ctx.Err())
}
