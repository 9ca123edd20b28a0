package auth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"time"

	"tqmap/engine/request"
)

// JWTConfig describes a token that the client makes and signs itself (RFC 7519).
type JWTConfig struct {
	// Algorithm is HS256, HS384, HS512, RS256, RS384, RS512, ES256 or ES384 (RFC 7518).
	Algorithm string
	// Key is the secret of an HS algorithm, in KeyEncoding ("text", the default,
	// "base64" or "hex"), or a private key in PEM.
	Key, KeyEncoding string
	// KeyID is the kid of the token's header, if not empty.
	KeyID string
	// Issuer, Subject and Audience are the claims iss, sub and aud, where not empty.
	// One audience is written as text, several are an array.
	Issuer, Subject string
	Audience        []string
	// Claims and JOSE are further claims and header fields. They must not hold what is
	// set from elsewhere: iss, sub, aud, iat, nbf, exp, and jti if ID is set; alg, and
	// kid if KeyID is set. The header's typ is JWT unless it is here.
	Claims, JOSE map[string]any
	// ID gives each token a random jti.
	ID bool
	// Life is how long a token is good for; default 5 min, in whole seconds.
	Life time.Duration
	// EachRequest makes a token for each attempt. Otherwise one is shared by all, until
	// Early before its end (default 60 s, at most half its life) or a 401.
	EachRequest bool
	Early       time.Duration
	// Header, Place, Now and Log are as in LoginConfig.
	Header string
	Place  Place
	Now    func() time.Time
	Log    *slog.Logger
	// OnSecret is told of each token before it is used.
	OnSecret func(string)
}

// JWT sends a token that it has signed itself.
type JWT struct {
	cfg    JWTConfig
	sign   func(text []byte) ([]byte, error)
	fixed  map[string]any // claims
	header string         // encoded
	keeper *keeper
}

var _ request.Authenticator = (*JWT)(nil)

// NewJWT makes a JWT. It fails if the key does not suit the algorithm, or if Claims or JOSE
// hold a name that is set from elsewhere.
func NewJWT(c JWTConfig) (*JWT, error) {
	j := &JWT{cfg: c}
	at, err := place(c.Header, c.Place)
	if err != nil {
		return nil, fmt.Errorf("jwt: %w", err)
	}
	if j.cfg.Life == 0 {
		j.cfg.Life = 5 * time.Minute
	}
	k := &keeper{place: at, fetch: j.fetch, early: c.Early, now: c.Now, onSecret: c.OnSecret, log: c.Log}
	j.keeper = k.ready()
	for _, step := range []func() error{j.life, j.claims, j.jose, j.key} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("jwt: %w", err)
		}
	}
	return j, nil
}

// Check reports what NewJWT would, but for the key, which it does not look at.
func (c JWTConfig) Check() error {
	j := &JWT{cfg: c}
	if j.cfg.Life == 0 {
		j.cfg.Life = time.Minute
	}
	for _, step := range []func() error{j.life, j.claims, j.jose} {
		if err := step(); err != nil {
			return fmt.Errorf("jwt: %w", err)
		}
	}
	return nil
}

func (j *JWT) life() error {
	if j.cfg.Life < time.Second || j.cfg.Life > longest {
		return setting("lifetime", fmt.Errorf("a token cannot live for %s", j.cfg.Life))
	}
	return nil
}

// Apply puts a token on r.
func (j *JWT) Apply(ctx context.Context, r *http.Request) error {
	if !j.cfg.EachRequest {
		return j.keeper.apply(ctx, r)
	}
	g, err := j.fetch(ctx)
	if err != nil {
		return err
	}
	j.keeper.onSecret(g.token)
	return j.keeper.place.put(r, j.keeper.place.text(g))
}

// Renew makes a new token, unless that has been done since refused was sent. There is
// nothing to renew where each request has its own.
func (j *JWT) Renew(ctx context.Context, refused *http.Request) (bool, error) {
	if j.cfg.EachRequest {
		return false, nil
	}
	return j.keeper.renew(ctx, refused)
}

// Token makes a token, as an assertion for OAuth2Config.Extra, say (RFC 7523).
func (j *JWT) Token() (string, error) {
	g, err := j.fetch(context.Background())
	if err == nil {
		j.keeper.onSecret(g.token)
	}
	return g.token, err
}

func (j *JWT) fetch(context.Context) (grant, error) {
	begin := j.keeper.now().Truncate(time.Second)
	end := begin.Add(j.cfg.Life.Truncate(time.Second))
	claims := maps.Clone(j.fixed)
	claims["iat"], claims["nbf"], claims["exp"] = begin.Unix(), begin.Unix(), end.Unix()
	if j.cfg.ID {
		claims["jti"] = rand.Text()
	}
	payload, err := segment(claims)
	if err != nil {
		return grant{}, fmt.Errorf("jwt: claims: %w", err)
	}
	text := j.header + "." + payload
	signature, err := j.sign([]byte(text))
	if err != nil {
		return grant{}, fmt.Errorf("jwt: %w", err)
	}
	return grant{token: text + "." + base64.RawURLEncoding.EncodeToString(signature), kind: "Bearer", expiry: end}, nil
}

// String hides the key from %v and from logs.
func (j *JWT) String() string { return j.cfg.Algorithm + " token" }

// GoString hides it from %#v.
func (j *JWT) GoString() string { return j.String() }
