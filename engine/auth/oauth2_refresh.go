package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"tqmap/engine/request"
)

// errRefresh is a refresh that another login may make up for.
var errRefresh = errors.New("no refresh token can be used")

// refreshError is the refusal of the last refresh token there was; nil if there was none.
type refreshError struct{ err error }

func (e *refreshError) Error() string {
	if e.err == nil {
		return "oauth2: there is no refresh token: authorize the connector, and configure the token it gets"
	}
	return "oauth2: the refresh token is refused, authorize the connector again: " + e.err.Error()
}

func (e *refreshError) Unwrap() error { return e.err }

func (e *refreshError) Is(target error) bool {
	return target == errRefresh || e.err == nil && target == request.ErrUnauthorized
}

// refresh tries the refresh tokens it can find, each once: the stored one; what is stored
// by then, if that was refused; the last one received; the configured one.
func (o *OAuth2) refresh(ctx context.Context) (grant, error) {
	received := func(context.Context) (string, error) { return o.refreshToken, nil }
	configured := func(context.Context) (string, error) { return o.cfg.RefreshToken, nil }
	var refusal error
	for _, find := range []func(context.Context) (string, error){o.load, o.load, received, configured} {
		token, err := find(ctx)
		if err != nil {
			return grant{}, err
		}
		if o.spent[token] {
			continue
		}
		g, err := o.ask(ctx, token)
		if !refused(err) {
			return g, err
		}
		o.spent[token], refusal = true, err
		o.cfg.Log.DebugContext(ctx, "refresh token refused")
	}
	return grant{}, &refreshError{refusal}
}

// refused tells a refusal of the refresh token from one of the client, which no other
// token can make up for, and from an outage.
func refused(err error) bool {
	var unread *tokenError // some servers refuse with 200
	return rejected(err) && refusalCode(err) != "invalid_client" || errors.As(err, &unread)
}

// refusalCode is the error code of RFC 6749, 5.2.
func refusalCode(err error) string {
	var status *request.StatusError
	if !errors.As(err, &status) {
		return ""
	}
	var answer struct{ Error any }
	if json.Unmarshal(status.Body, &answer) != nil {
		return ""
	}
	code, _ := answer.Error.(string)
	return code
}

func (o *OAuth2) load(ctx context.Context) (string, error) {
	if o.cfg.Load == nil {
		return "", nil
	}
	token, err := o.cfg.Load(ctx)
	if err != nil {
		return "", fmt.Errorf("oauth2: the stored refresh token cannot be read: %w", err)
	}
	if token != "" {
		o.cfg.OnSecret(token)
	}
	return token, nil
}

// rotate takes over the refresh token of an answer, if it brings a new one.
func (o *OAuth2) rotate(ctx context.Context, token, used string) error {
	if token == "" || token == used {
		return nil
	}
	o.cfg.OnSecret(token)
	o.refreshToken, o.unsaved = token, true
	delete(o.spent, token)
	return o.save(ctx)
}

// save stores the refresh token before it is used. A run that is being stopped stores it
// too: its predecessor may be worth nothing any more. What cannot be stored is tried again
// before the next token request.
func (o *OAuth2) save(ctx context.Context) error {
	if !o.unsaved {
		return nil
	}
	if o.cfg.Store != nil {
		if err := o.cfg.Store(context.WithoutCancel(ctx), o.refreshToken); err != nil {
			return fmt.Errorf("oauth2: the new refresh token cannot be stored, so it is not used: %w", err)
		}
	}
	o.unsaved = false
	return nil
}
