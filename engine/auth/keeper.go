package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// keeper holds the token that all requests of a client share. It gets one with the first
// request, another shortly before it ends, and another after a 401; never two at once.
// Once the server has refused to give one, every later request fails with the same error.
type keeper struct {
	place Place
	// fetch gets a token. It is never called twice at once.
	fetch    func(context.Context) (grant, error)
	early    time.Duration // before the end; default 60 s, at most half of the life
	validity time.Duration // of tokens that do not say; 0: unknown
	now      func() time.Time
	onSecret func(string)
	log      *slog.Logger

	// turn is a lock that waiting for ends with the context. It guards the rest.
	turn    chan struct{}
	current grant
	serial  int       // counts the tokens
	renewAt time.Time // zero: only after a 401
	refused error
}

// ready fills in what a config may leave out.
func (k *keeper) ready() *keeper {
	if k.early <= 0 {
		k.early = time.Minute
	}
	if k.now == nil {
		k.now = time.Now
	}
	if k.onSecret == nil {
		k.onSecret = func(string) {}
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	k.turn = make(chan struct{}, 1)
	return k
}

// apply puts the token on r, after getting one if there is none or it is about to end. It
// notes on r, by its context, which token it was: a vendor may give the same text twice.
func (k *keeper) apply(ctx context.Context, r *http.Request) error {
	if err := k.lock(ctx); err != nil {
		return err
	}
	defer k.unlock()
	if err := k.fresh(ctx); err != nil {
		return err
	}
	*r = *r.WithContext(context.WithValue(r.Context(), k, k.serial))
	return k.place.put(r, k.place.text(k.current))
}

// fresh makes sure that there is a token; the caller holds the lock.
func (k *keeper) fresh(ctx context.Context) error {
	if k.current.token != "" && (k.renewAt.IsZero() || k.now().Before(k.renewAt)) {
		return nil
	}
	return k.replace(ctx)
}

// renew gets another token, unless that has been done since refused was sent.
func (k *keeper) renew(ctx context.Context, refused *http.Request) (bool, error) {
	if err := k.lock(ctx); err != nil {
		return false, err
	}
	defer k.unlock()
	if k.current.token != "" && refused.Context().Value(k) != k.serial {
		return true, nil
	}
	if err := k.replace(ctx); err != nil {
		return false, err
	}
	return true, nil
}

func (k *keeper) lock(ctx context.Context) error {
	select {
	case k.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for another request to log in: %w", ctx.Err())
	}
}

func (k *keeper) unlock() { <-k.turn }

// replace gets a token; the caller holds the lock.
func (k *keeper) replace(ctx context.Context) error {
	if k.refused != nil {
		return k.refused
	}
	k.forget()
	begin := k.now()
	g, err := k.fetch(ctx)
	if err != nil {
		return k.keep(err)
	}
	k.onSecret(g.token)
	k.current, k.serial, k.renewAt = g, k.serial+1, k.renewal(g, begin)
	k.log.DebugContext(ctx, "logged in", "renew_at", k.renewAt)
	return nil
}

func (k *keeper) forget() { k.current, k.renewAt = grant{}, time.Time{} }

// keep remembers err if another login would only repeat it.
func (k *keeper) keep(err error) error {
	var unread *tokenError
	if rejected(err) || errors.As(err, &unread) {
		k.refused = &loginError{err}
		return k.refused
	}
	return err
}

// renewal is when to replace g, which was asked for at begin. What the answer says counts
// more than what the mapping says, and that more than what the token itself seems to say.
func (k *keeper) renewal(g grant, begin time.Time) time.Time {
	end := g.expiry
	if end.IsZero() && k.validity > 0 {
		end = begin.Add(k.validity)
	}
	if end.IsZero() {
		end = jwtExpiry(g.token)
	}
	life := end.Sub(k.now())
	if end.IsZero() || life <= 0 {
		return time.Time{}
	}
	return end.Add(-min(k.early, life/2))
}
