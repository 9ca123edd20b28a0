package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"tqmap/engine/request"
)

// tokenError is a login that was accepted, but whose answer gives no token.
type tokenError struct {
	resp *request.Response
	err  error
	says string // the server's own words, "" for none
}

func (e *tokenError) Error() string {
	if e.says != "" {
		return fmt.Sprintf("%s answered %d without a token: %.500q; check the user name, password or key", e.resp.URL, e.resp.Status, e.says)
	}
	return fmt.Sprintf("%s answered %d, but there is no token to be had: %v; check where the mapping looks for it", e.resp.URL, e.resp.Status, e.err)
}

func (e *tokenError) Unwrap() error { return e.err }

// grant is a token, the name of its kind, and when it ends: the zero time if nobody said.
type grant struct {
	token, kind string
	expiry      time.Time
}

// found is g, read from resp with err, if its token can be used.
func found(resp *request.Response, g grant, err error) (grant, error) {
	if err == nil {
		err = usable(g.token)
	}
	if err == nil && g.kind != "" {
		err = usable(g.kind)
	}
	if err != nil {
		return grant{}, &tokenError{resp: resp, err: err}
	}
	return g, nil
}

// usable reports why token cannot stand in a header.
func usable(token string) error {
	if token == "" {
		return errors.New("it is empty")
	}
	return printable(token)
}

func printable(text string) error {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return errors.New("it holds control characters, which no header may")
	}
	return nil
}

// lastExpiry bounds exp to what a time can hold (the year 9999).
const lastExpiry = 253_402_300_799

// jwtExpiry is the exp claim of a JWT (RFC 7519), the zero time if token is none or has
// none. The signature is the server's business.
func jwtExpiry(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		Exp float64 `json:"exp"`
	}
	if json.Unmarshal(text, &claims) != nil || claims.Exp <= 0 || claims.Exp > lastExpiry {
		return time.Time{}
	}
	return time.Unix(int64(claims.Exp), 0)
}

// longest bounds the life of a token, to what can be added to a time.
const longest = 100 * 365 * 24 * time.Hour
