package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/textproto"
	"strings"
	"time"

	"tqmap/engine/request"
)

// LoginConfig describes how a session token is got and shown.
type LoginConfig struct {
	// Doer sends the login request: a client without this Authenticator.
	Doer request.Doer
	// Request makes the login request. It is called for every login.
	Request func(context.Context) (request.Request, error)
	// Token reads the token from the answer, and when it ends; the zero time if
	// the answer does not say.
	Token func(*request.Response) (token string, expiry time.Time, err error)
	// Header is the header line that carries the token, with {token} in its
	// place. Default "Authorization: Bearer {token}".
	Header string
	// Early is how long before its end a token is renewed. Default 60 s, but
	// at most half of the token's life.
	Early time.Duration
	// Now is the clock, by default time.Now.
	Now func() time.Time
	// OnSecret is told of each token before it is used, so that a redactor
	// knows it.
	OnSecret func(string)
	// Log gets logins at debug level, without token. Nil: none.
	Log *slog.Logger
}

// Login gets a session token with the first request and shares it among all. It
// logs in again shortly before the token ends, and after a 401. A token whose end is
// unknown, or already past when it comes (the clocks differ), is kept until a 401.
//
// Once the server has refused a login, Login does not try again, as repeated
// attempts lock accounts: every later request fails with the same error.
type Login struct {
	cfg          LoginConfig
	name, format string // of the header
	// turn is a lock that waiting for ends with the context. It guards the rest.
	turn    chan struct{}
	token   string
	renewAt time.Time // zero: only after a 401
	refused error
}

var _ request.Authenticator = (*Login)(nil)

const placeholder = "{token}"

// NewLogin makes a Login. It fails if c lacks a function or its header is no header
// line with {token}.
func NewLogin(c LoginConfig) (*Login, error) {
	if c.Doer == nil || c.Request == nil || c.Token == nil {
		return nil, errors.New("login: Doer, Request and Token are needed")
	}
	if c.Header == "" {
		c.Header = "Authorization: Bearer " + placeholder
	}
	name, format, ok := strings.Cut(c.Header, ":")
	name, format = strings.TrimSpace(name), strings.TrimSpace(format)
	if !ok || name == "" || strings.ContainsAny(name, " \t{}") || !strings.Contains(format, placeholder) {
		return nil, fmt.Errorf("login: header %q must read like %q", c.Header, "Authorization: Bearer "+placeholder)
	}
	if c.Early <= 0 {
		c.Early = time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Login{cfg: c, name: textproto.CanonicalMIMEHeaderKey(name), format: format, turn: make(chan struct{}, 1)}, nil
}

// Apply sets the token's header, after a login if there is no token or it is about to end.
func (l *Login) Apply(ctx context.Context, r *http.Request) error {
	if err := l.lock(ctx); err != nil {
		return err
	}
	defer l.unlock()
	if l.token == "" || !l.renewAt.IsZero() && !l.cfg.Now().Before(l.renewAt) {
		if err := l.login(ctx); err != nil {
			return err
		}
	}
	r.Header.Set(l.name, l.line())
	return nil
}

// Renew logs in again, unless another request has done so since refused was sent.
func (l *Login) Renew(ctx context.Context, refused *http.Request) (bool, error) {
	if err := l.lock(ctx); err != nil {
		return false, err
	}
	defer l.unlock()
	if l.token != "" && refused.Header.Get(l.name) != l.line() {
		return true, nil
	}
	if err := l.login(ctx); err != nil {
		return false, err
	}
	return true, nil
}

func (l *Login) line() string { return strings.ReplaceAll(l.format, placeholder, l.token) }

func (l *Login) lock(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for another request to log in: %w", ctx.Err())
	}
}

func (l *Login) unlock() { <-l.turn }

// login gets a token; the caller holds the lock.
func (l *Login) login(ctx context.Context) error {
	if l.refused != nil {
		return l.refused
	}
	l.token, l.renewAt = "", time.Time{}
	token, expiry, err := l.fetch(ctx)
	if err != nil {
		return l.keep(err)
	}
	if l.cfg.OnSecret != nil {
		l.cfg.OnSecret(token)
	}
	l.token, l.renewAt = token, l.renewal(expiry)
	l.cfg.Log.DebugContext(ctx, "logged in", "renew_at", l.renewAt)
	return nil
}

// keep remembers err if another login would only repeat it.
func (l *Login) keep(err error) error {
	var unread *tokenError
	if rejected(err) || errors.As(err, &unread) {
		l.refused = &loginError{err}
		return l.refused
	}
	return err
}

func (l *Login) fetch(ctx context.Context) (string, time.Time, error) {
	r, err := l.cfg.Request(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	resp, err := l.cfg.Doer.Do(ctx, r)
	if err != nil {
		return "", time.Time{}, err
	}
	token, expiry, err := l.cfg.Token(resp)
	if err == nil {
		err = usable(token)
	}
	if err != nil {
		return "", time.Time{}, &tokenError{resp, err}
	}
	if expiry.IsZero() {
		expiry = jwtExpiry(token)
	}
	return token, expiry, nil
}

// renewal is when to log in again for a token that ends at expiry.
func (l *Login) renewal(expiry time.Time) time.Time {
	life := expiry.Sub(l.cfg.Now())
	if expiry.IsZero() || life <= 0 {
		return time.Time{}
	}
	return expiry.Add(-min(l.cfg.Early, life/2))
}
