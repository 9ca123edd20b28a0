package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"tqmap/engine/request"
)

// LoginConfig describes how a session token is got, shown and given back.
type LoginConfig struct {
	// Doer sends the login and logout requests: a client without this Authenticator.
	Doer request.Doer
	// Request makes the login request. It is called for every login.
	Request func(context.Context) (request.Request, error)
	// Token reads the token from the answer, and when it ends; the zero time if
	// the answer does not say. See FromCookie.
	Token func(*request.Response) (token string, expiry time.Time, err error)
	// Says finds the server's own words in an answer without a token. Nil: none.
	Says func(body []byte) string
	// Header is the header line that carries the token, with {token} in its
	// place. Default "Authorization: Bearer {token}".
	Header string
	// Place carries the token where it is no header; instead of Header.
	Place Place
	// Validity is how long a token lives whose end the answer does not say.
	// 0: until its exp claim if it is a JWT, else until a 401.
	Validity time.Duration
	// Early is how long before its end a token is renewed. Default 60 s, but
	// at most half of the token's life.
	Early time.Duration
	// Logout makes the request that ends the session; the token is put on it
	// as on every other. Nil: sessions are left to end by themselves.
	Logout func(context.Context) (request.Request, error)
	// Probe makes the request by which a session of an earlier run shows that it is alive: the
	// token that Load knows is put on it. 2xx means yes; a refusal or a redirect, to a login
	// page say, means no. With Load and Store, where Store is told of the token of each
	// login. What either of them fails with is logged: a login makes up for it.
	Probe func(context.Context) (request.Request, error)
	Load  func(context.Context) (token string, err error)
	Store func(ctx context.Context, token string) error
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
	cfg    LoginConfig
	keeper *keeper
	probed bool // the session of an earlier run was tried; guarded by keeper
}

var _ request.Authenticator = (*Login)(nil)

// NewLogin makes a Login. It fails if c lacks a function or its header is no header
// line with {token}.
func NewLogin(c LoginConfig) (*Login, error) {
	if c.Doer == nil || c.Request == nil || c.Token == nil {
		return nil, errors.New("login: Doer, Request and Token are needed")
	}
	if c.Probe != nil && (c.Load == nil || c.Store == nil) {
		return nil, errors.New("login: Probe needs Load and Store")
	}
	at, err := place(c.Header, c.Place)
	if err != nil {
		return nil, fmt.Errorf("login: %w", err)
	}
	l := &Login{cfg: c}
	k := &keeper{place: at, fetch: l.fetch, early: c.Early, validity: c.Validity, now: c.Now, onSecret: c.OnSecret, log: c.Log}
	l.keeper = k.ready()
	return l, nil
}

// Apply puts the token on r, after a login if there is no token or it is about to end.
func (l *Login) Apply(ctx context.Context, r *http.Request) error { return l.keeper.apply(ctx, r) }

// Renew logs in again, unless another request has done so since refused was sent.
func (l *Login) Renew(ctx context.Context, refused *http.Request) (bool, error) {
	return l.keeper.renew(ctx, refused)
}

// Close logs out if there is a session and a way to end it. A session that the server no
// longer knows (401, 404) counts as ended. Whatever the outcome, the token is forgotten: a
// second Close does nothing, and another request would log in again. Use a context that
// has not ended with the run.
func (l *Login) Close(ctx context.Context) error {
	if l.cfg.Logout == nil {
		return nil
	}
	if err := l.keeper.lock(ctx); err != nil {
		return fmt.Errorf("logout: %w", err)
	}
	defer l.keeper.unlock()
	if l.keeper.current.token == "" {
		return nil
	}
	err := l.logout(ctx)
	l.keeper.forget()
	var status *request.StatusError
	if errors.As(err, &status) && (status.Status == http.StatusUnauthorized || status.Status == http.StatusNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("logout: the session may stay open at the server: %w", err)
	}
	return nil
}

func (l *Login) logout(ctx context.Context) error {
	r, err := l.cfg.Logout(ctx)
	if err != nil {
		return err
	}
	return l.send(ctx, r, l.keeper.current)
}

// send sends r with the token of g on it.
func (l *Login) send(ctx context.Context, r request.Request, g grant) error {
	if err := l.keeper.place.declare(&r, l.keeper.place.text(g)); err != nil {
		return err
	}
	_, err := l.cfg.Doer.Do(ctx, r)
	return err
}

// earlier is the session of an earlier run, if it is still alive.
func (l *Login) earlier(ctx context.Context) (grant, error) {
	if l.cfg.Probe == nil || l.probed {
		return grant{}, nil
	}
	l.probed = true
	token, err := l.cfg.Load(ctx)
	if err != nil {
		l.keeper.log.WarnContext(ctx, "the session of an earlier run cannot be read, so this one logs in", "error", err)
	}
	if err != nil || token == "" {
		return grant{}, nil
	}
	l.keeper.onSecret(token)
	r, err := l.cfg.Probe(ctx)
	if err != nil {
		return grant{}, err
	}
	r.Judge = stay
	g := grant{token: token}
	err = l.send(ctx, r, g)
	var status *request.StatusError
	if errors.As(err, &status) && !errors.Is(err, request.ErrUnavailable) {
		l.keeper.log.DebugContext(ctx, "the session of an earlier run has ended", "status", status.Status)
		return grant{}, nil
	}
	return g, err
}

// stay refuses redirects: the login page where one ends would look like a yes.
func stay(_ context.Context, a *request.Response) (request.Ruling, error) {
	if a.Status >= 300 && a.Status < 400 {
		return request.Ruling{Action: request.Fail}, nil
	}
	return request.Ruling{}, nil
}

func (l *Login) fetch(ctx context.Context) (grant, error) {
	if g, err := l.earlier(ctx); err != nil || g.token != "" {
		return g, err
	}
	r, err := l.cfg.Request(ctx)
	if err != nil {
		return grant{}, err
	}
	resp, err := l.cfg.Doer.Do(ctx, r)
	if err != nil {
		return grant{}, err
	}
	token, expiry, err := l.cfg.Token(resp)
	g, err := found(resp, grant{token: token, expiry: expiry}, err)
	if err == nil {
		l.store(ctx, g.token)
	}
	var none *tokenError
	if l.cfg.Says != nil && errors.As(err, &none) {
		none.says = l.cfg.Says(resp.Body)
	}
	return g, err
}

// store keeps the session for the next run, also where this one is being stopped.
func (l *Login) store(ctx context.Context, token string) {
	if l.cfg.Store == nil {
		return
	}
	l.keeper.onSecret(token)
	if err := l.cfg.Store(context.WithoutCancel(ctx), token); err != nil {
		l.keeper.log.WarnContext(ctx, "the session cannot be kept, so the next run logs in", "error", err)
	}
}
