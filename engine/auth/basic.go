// Package auth holds the ways to put credentials on requests. Each is one file and
// one request.Authenticator.
package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"tqmap/engine/request"
)

// Basic sends user name and password with every request (RFC 7617).
type Basic struct{ Username, Password string }

var _ request.Authenticator = Basic{}

// Apply sets the Authorization header.
func (b Basic) Apply(_ context.Context, r *http.Request) error {
	if strings.Contains(b.Username, ":") {
		return errors.New("basic auth: a user name must not contain a colon, as the server would take the rest for the password")
	}
	r.SetBasicAuth(b.Username, b.Password)
	return nil
}

// Renew has nothing to renew.
func (b Basic) Renew(context.Context, *http.Request) (bool, error) { return false, nil }

// Secrets are the texts a redactor must know: the password, and the pair as it goes
// over the wire.
func (b Basic) Secrets() []string {
	return []string{b.Password, base64.StdEncoding.EncodeToString([]byte(b.Username + ":" + b.Password))}
}

// String hides the password from %v and from logs.
func (b Basic) String() string { return "basic auth of " + b.Username }

// GoString hides it from %#v.
func (b Basic) GoString() string { return b.String() }
