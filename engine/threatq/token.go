package threatq

import (
	"context"
	"errors"
	"net/http"
	"time"

	"tqmap/engine/request"
)

// The grants of TokenConfig.
const (
	GrantPassword          = "password"           // a user, with the public client of the platform
	GrantClientCredentials = "client_credentials" // a private client
)

// TokenConfig says how to log in to ThreatQ.
type TokenConfig struct {
	// Doer sends the token requests: a client of the same platform without
	// authentication of its own.
	Doer request.Doer
	// Grant is GrantPassword (the default) or GrantClientCredentials.
	Grant    string
	ClientID string
	// ClientSecret belongs to GrantClientCredentials, Username (an e-mail
	// address) and Password to GrantPassword.
	ClientSecret       string
	Username, Password string
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// OnSecret is told every secret before it is used, so that it can be kept
	// out of logs. It may be nil.
	OnSecret func(string)
}

// Token is the authenticator of ThreatQ: it logs in when first needed, renews the
// token before it expires and once after a 401. After a rejected login it does not
// try again, because repeated failures lock accounts.
type Token struct {
	cfg TokenConfig
	// turn holds one value: whoever takes it may use the fields below. Unlike a
	// mutex it can be waited for with a context.
	turn chan struct{}

	access, refresh string
	renewAt         time.Time // zero: only after a 401
	rejected        error     // a login that must not be repeated
}

var _ request.Authenticator = (*Token)(nil)

// NewToken makes an authenticator. It does nothing until a request needs a token.
func NewToken(cfg TokenConfig) *Token {
	if cfg.Grant == "" {
		cfg.Grant = GrantPassword
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	t := &Token{cfg: cfg, turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	t.tell(cfg.ClientSecret, cfg.Password)
	return t
}

// Apply puts the token on r, after a login or a renewal where one is due. A
// rejected login is a *LoginError.
func (t *Token) Apply(ctx context.Context, r *http.Request) error {
	if err := t.take(ctx); err != nil {
		return err
	}
	defer t.give()
	due := t.access == "" || !t.renewAt.IsZero() && !t.cfg.Now().Before(t.renewAt)
	if due {
		if err := t.renew(ctx); err != nil {
			return err
		}
	}
	r.Header.Set("Authorization", t.header())
	return nil
}

// Renew gets another token, by refresh if possible, else by login. If the token
// of the refused request has been replaced meanwhile, that was it.
func (t *Token) Renew(ctx context.Context, refused *http.Request) (bool, error) {
	if err := t.take(ctx); err != nil {
		return false, err
	}
	defer t.give()
	if t.access != "" && refused.Header.Get("Authorization") != t.header() {
		return true, nil
	}
	if err := t.renew(ctx); err != nil {
		return false, err
	}
	return true, nil
}

func (t *Token) header() string { return "Bearer " + t.access }

func (t *Token) take(ctx context.Context) error {
	select {
	case <-t.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *Token) give() { t.turn <- struct{}{} }

func (t *Token) tell(secrets ...string) {
	for _, s := range secrets {
		if s != "" && t.cfg.OnSecret != nil {
			t.cfg.OnSecret(s)
		}
	}
}

// renew replaces the token. A refresh that is refused, or answers no token, is
// followed by a login; one that gets no answer is not, as a login would get none.
func (t *Token) renew(ctx context.Context) error {
	if t.rejected != nil {
		return t.rejected
	}
	if t.access != "" && t.refresh != "" && t.cfg.Grant == GrantPassword {
		err := t.ask(ctx, t.refreshRequest())
		if err == nil || !loginHelps(err) {
			return err
		}
	}
	t.access, t.refresh = "", ""
	r, err := t.loginRequest()
	if err == nil {
		err = t.ask(ctx, r)
	}
	var final *LoginError
	if errors.As(err, &final) {
		t.rejected = final
	}
	return err
}

// keep stores a new token. Its life is cut by a minute, or by half where it lives
// less than two minutes.
func (t *Token) keep(a tokenAnswer) {
	t.access, t.refresh, t.renewAt = string(a.AccessToken), string(a.RefreshToken), time.Time{}
	t.tell(t.access, t.refresh)
	const longest = 365 * 24 * 60 * 60
	if life := time.Duration(min(int64(a.ExpiresIn), longest)) * time.Second; life > 0 {
		t.renewAt = t.cfg.Now().Add(life - min(time.Minute, life/2))
	}
}
