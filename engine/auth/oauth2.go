package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"tqmap/engine/request"
)

// OAuth2Config describes how access tokens are got (RFC 6749).
type OAuth2Config struct {
	// Doer sends the token requests: a client without this Authenticator whose own
	// origin is that of TokenURL, as other hosts get no Authorization header.
	Doer request.Doer
	// TokenURL is a path at Doer, or an absolute URL.
	TokenURL string
	// Grant is "client_credentials" (the default), "password", "refresh_token", or
	// another grant type, whose fields are all in Extra.
	Grant string
	// ClientID and ClientSecret are sent as ClientAuth says: "basic" (the default,
	// in the Authorization header), "body" (as fields), or "none" (only the id, as
	// a field; public clients).
	ClientID, ClientSecret string
	ClientAuth             string
	// Username and Password are for the grant "password".
	Username, Password string
	// Scope and Audience are sent if they are not empty.
	Scope, Audience string
	// Extra makes further fields for each token request; grant is its grant type:
	// Grant, or "refresh_token".
	Extra func(ctx context.Context, grant string) ([]request.Pair, error)
	// Rename gives the fields of the token request other names than those of
	// RFC 6749; a field that is called "" is not sent.
	Rename map[string]string
	// JSON sends the fields as a JSON object. Else they are a form.
	JSON bool
	// Answer gives the fields of the answer other names than access_token,
	// expires_in, refresh_token and token_type; a dot leads into an object.
	Answer map[string]string

	// RefreshToken is the first one. Where Load answers another, that is used.
	RefreshToken string
	// Load and Store keep the refresh token from run to run; either both are given
	// or none. Store is called with each new refresh token before that is used,
	// Load before each refresh and again when the server refuses one: another
	// process may have used it up and stored its successor. "" means none.
	Load  func(context.Context) (string, error)
	Store func(ctx context.Context, token string) error

	// Header, Place, Validity, Early, Now and Log are as in LoginConfig.
	Header   string
	Place    Place
	Validity time.Duration
	Early    time.Duration
	Now      func() time.Time
	Log      *slog.Logger
	// OnSecret is told of every secret, given or received, before it is used.
	OnSecret func(string)
}

// OAuth2 gets an access token with the first request and shares it among all. It gets
// another shortly before that one ends and after a 401: by the refresh token if there is
// one, else by its grant. There are never two token requests at once. Once the server has
// refused one for good, every later request fails with the same error, as with Login.
type OAuth2 struct {
	cfg    OAuth2Config
	keeper *keeper
	// What follows is guarded by the keeper's lock.
	refreshToken string          // the last one received
	unsaved      bool            // it could not be stored yet
	spent        map[string]bool // refused by the server
}

var _ request.Authenticator = (*OAuth2)(nil)

// NewOAuth2 makes an OAuth2. It fails if c lacks what its grant needs.
func NewOAuth2(c OAuth2Config) (*OAuth2, error) {
	if c.Grant == "" {
		c.Grant = "client_credentials"
	}
	if c.ClientAuth == "" {
		c.ClientAuth = "basic"
	}
	at, err := place(c.Header, c.Place)
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return nil, fmt.Errorf("oauth2: %w", err)
	}
	o := &OAuth2{spent: map[string]bool{"": true}}
	k := &keeper{place: at, fetch: o.fetch, early: c.Early, validity: c.Validity, now: c.Now, onSecret: c.OnSecret, log: c.Log}
	o.keeper = k.ready()
	c.Now, c.Log, c.OnSecret = k.now, k.log, k.onSecret
	o.cfg = c
	for _, secret := range c.secrets() {
		if secret != "" {
			c.OnSecret(secret)
		}
	}
	return o, nil
}

func (c OAuth2Config) check() error {
	switch {
	case c.Doer == nil || c.TokenURL == "":
		return errors.New("a Doer and a TokenURL are needed")
	case c.ClientAuth != "basic" && c.ClientAuth != "body" && c.ClientAuth != "none":
		return fmt.Errorf("client authentication must be basic, body or none, not %.40q", c.ClientAuth)
	case c.Grant == "client_credentials" && c.ClientAuth != "none" && (c.ClientID == "" || c.ClientSecret == ""):
		return errors.New("the grant client_credentials needs a client id and secret")
	case c.Grant == "password" && (c.Username == "" || c.Password == ""):
		return errors.New("the grant password needs a user name and password")
	case (c.Load == nil) != (c.Store == nil):
		return errors.New("either both Load and Store are needed or none: a refresh token that is not stored is lost with the run, and one that is not loaded is stored in vain")
	case c.Grant == "refresh_token" && c.RefreshToken == "" && c.Load == nil:
		return errors.New("the grant refresh_token needs a refresh token")
	}
	if err := KnownFields(slices.Sorted(maps.Keys(c.Rename)), RequestFields()); err != nil {
		return setting("rename", fmt.Errorf("renamed field of the request: %w", err))
	}
	if err := KnownFields(slices.Sorted(maps.Keys(c.Answer)), AnswerFields()); err != nil {
		return setting("answer", fmt.Errorf("renamed field of the answer: %w", err))
	}
	return nil
}

// Apply puts the token on r, after getting one if there is none or it is about to end.
func (o *OAuth2) Apply(ctx context.Context, r *http.Request) error { return o.keeper.apply(ctx, r) }

// Renew gets another token, unless another request has done so since refused was sent.
func (o *OAuth2) Renew(ctx context.Context, refused *http.Request) (bool, error) {
	return o.keeper.renew(ctx, refused)
}

// String hides the secrets from %v and from logs.
func (o *OAuth2) String() string { return "OAuth 2.0 " + o.cfg.Grant }

// GoString hides them from %#v.
func (o *OAuth2) GoString() string { return o.String() }

// fetch gets an access token: by a refresh, else by the grant.
func (o *OAuth2) fetch(ctx context.Context) (grant, error) {
	if err := o.save(ctx); err != nil {
		return grant{}, err
	}
	g, err := o.refresh(ctx)
	if err == nil || o.cfg.Grant == "refresh_token" || !errors.Is(err, errRefresh) {
		return g, err
	}
	g, err = o.ask(ctx, "")
	if err != nil && refusalCode(err) == "invalid_client" && o.cfg.ClientSecret != "" {
		return g, o.cfg.elsewhere(err)
	}
	return g, err
}

// elsewhere says that servers refuse a client that is sent where they do not look.
func (c OAuth2Config) elsewhere(err error) error {
	other := "body"
	if c.ClientAuth == "body" {
		other = "basic"
	}
	return fmt.Errorf("%w; if id and secret are right, the server may want them sent another way: client_auth = %q", err, other)
}
