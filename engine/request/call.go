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
	attempts int  // sent so far
	retries  int  // of those, repeats that count against Config.Retries
	reached  bool // something of the present attempt may have reached the server
	renewed  bool
	schedule backoff.ExponentialBackOff
}

// answer is an HTTP answer of any status, and what is to be done about it.
type answer struct {
	*Response
	cut    bool          // of a refusal, only part of the body
	sent   *http.Request // as it left, credentials included
	at     target
	ruling Ruling
	ruled  bool // by a rule, not by the default table
}

func newCall(c *Client, r Request, at target) *call {
	return &call{Client: c, req: r, at: at, start: c.cfg.Now(), schedule: backoff.ExponentialBackOff{
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

// do runs the call within its deadline.
func (k *call) do(ctx context.Context) (*Response, error) {
	bounded, cancel := k.within(ctx)
	defer cancel()
	resp, err := k.run(bounded)
	if late, is := isLate(bounded); is && errors.Is(err, context.DeadlineExceeded) {
		return nil, k.overdue(late) // whoever noticed it first, the Authenticator say
	}
	return resp, err
}

func (k *call) run(ctx context.Context) (*Response, error) {
	for {
		k.attempts++
		k.reached = false
		a, err := k.attempt(ctx)
		// Not errors.As: a TransportError inside another error is the
		// Authenticator's, which has done its own retries.
		lost, isLost := err.(*TransportError)
		switch {
		case isLost:
			err = k.afterLoss(ctx, lost)
		case err == nil && a.ruling.Action == Accept:
			return a.Response, nil
		case errors.Is(err, ErrTooLarge):
			err = k.unanswered(ctx, true, err)
		case err == nil:
			err = k.afterRefusal(ctx, a)
		}
		if a != nil {
			a.discard()
		}
		if err != nil {
			return nil, err
		}
	}
}

// attempt sends the request once, asks the rules, and follows the redirects it may
// follow where they are silent.
func (k *call) attempt(ctx context.Context) (*answer, error) {
	at := k.at
	for hops := 0; ; hops++ {
		a, err := k.send(ctx, at)
		if err != nil {
			return nil, err
		}
		if err := k.judge(ctx, a); err != nil || a.ruled {
			return a, err
		}
		next, err := k.redirect(a, hops)
		if err != nil || next == nil {
			return a, err
		}
		a.discard()
		at = *next
	}
}

// afterLoss decides what follows an attempt that got no whole answer: nil means
// try again.
func (k *call) afterLoss(ctx context.Context, lost *TransportError) error {
	lost.Attempts, lost.Elapsed = k.attempts, k.elapsed()
	switch {
	case lost.final || lost.permanent || k.retries >= k.cfg.Retries:
		return k.unanswered(ctx, lost.Sent && !lost.permanent, lost)
	case k.req.Once && lost.Sent:
		lost.Hint = uncertain
		return k.unanswered(ctx, true, lost)
	}
	d := k.backOff()
	if k.beyond(d) {
		lost.Hint = k.tooLong("the next attempt would come in " + rounded(d).String())
		return lost
	}
	return k.wait(ctx, d, "there was no answer: "+lost.Err.Error())
}

// afterRefusal does the same for an answer that is not accepted.
func (k *call) afterRefusal(ctx context.Context, a *answer) error {
	switch a.ruling.Action {
	case Reauth:
		return k.renew(ctx, a)
	case Retry, Wait:
		return k.again(ctx, a)
	case Skip, Split, Stop, Reset:
		a.discard()
		return k.ruledError(a)
	case Fail:
		return k.statusError(a)
	}
	return fmt.Errorf("%s: there is no action %q%s", k.cfg.Name, a.ruling.Action, by(a.ruling.Where))
}

// renew asks for fresh credentials, once per request: a second refusal stands, and so
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
	k.cfg.Log.DebugContext(ctx, fmt.Sprintf("credentials renewed after %d", a.Status), "client", k.cfg.Name)
	return nil
}

// again waits as long as the rule or the server asks, or backs off if neither says.
func (k *call) again(ctx context.Context, a *answer) error {
	asked, why := k.asked(ctx, a)
	e := k.statusError(a)
	e.Wait = asked
	switch {
	case k.req.Once && !a.spared():
		e.Hint = uncertain
		return e
	case asked > k.cfg.MaxWait:
		e.Hint = fmt.Sprintf("it asks to wait %s, more than the %s allowed: run again later", rounded(asked), k.cfg.MaxWait)
		return e
	case k.retries >= k.cfg.Retries:
		return e
	case asked == 0:
		asked = k.backOff()
	}
	if k.beyond(asked) {
		e.Hint = k.tooLong("the next attempt is to come in " + rounded(asked).String())
		return e
	}
	return k.wait(ctx, asked, why)
}

// asked is how long a asks to wait, 0 if it does not say, and why we wait.
func (k *call) asked(ctx context.Context, a *answer) (time.Duration, string) {
	why := fmt.Sprintf("the server answered %d", a.Status) + by(a.ruling.Where)
	switch {
	case a.ruling.Wait > 0:
		return a.ruling.Wait, why
	case !a.ruled && a.ruling.Action == Retry:
		return 0, why
	}
	asked, err := a.retryAfter()
	if err != nil {
		k.cfg.Log.WarnContext(ctx, "Retry-After ignored: "+err.Error(), "client", k.cfg.Name)
	}
	if asked > 0 {
		why += " (Retry-After)"
	}
	return asked, why
}

// spared is whether the server has not acted on the request.
func (a *answer) spared() bool {
	return !a.at.acted && (a.ruling.Action == Wait || verdict(a.Status) == Wait)
}

func (k *call) backOff() time.Duration {
	// The schedule caps the interval before it adds jitter.
	return min(k.schedule.NextBackOff(), maxBackOff, k.cfg.MaxWait)
}

func (k *call) wait(ctx context.Context, d time.Duration, why string) error {
	k.retries++
	k.cfg.Log.InfoContext(ctx, fmt.Sprintf("waiting %s because %s", rounded(d), why),
		"client", k.cfg.Name, "retry", k.retries, "of", k.cfg.Retries)
	return k.sleep(ctx, d)
}

// stopped is the error of a request whose context ended.
func (k *call) stopped(ctx context.Context) error {
	if late, is := isLate(ctx); is {
		return k.overdue(late)
	}
	what := fmt.Sprintf("%s: %s %s stopped%s", k.cfg.Name, k.req.Method, bare(k.at.url), tried(k.attempts, k.elapsed()))
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return fmt.Errorf("%s: %w: %w", what, ctx.Err(), cause)
	}
	return fmt.Errorf("%s: %w", what, ctx.Err())
}
