package auth

import (
	"context"
	"fmt"
	"net/http"

	"tqmap/engine/request"
)

// APIKey sends one fixed key with every request.
type APIKey struct {
	text  string // the key in its format
	place Place
}

var _ request.Authenticator = (*APIKey)(nil)

// NewAPIKey makes an APIKey that goes to p. It fails if p cannot be or if the key is
// empty or not printable.
func NewAPIKey(key string, p Place) (*APIKey, error) {
	return fixed("api_key", key, "", p)
}

func fixed(kind, key, header string, p Place) (*APIKey, error) {
	at, err := place(header, p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	if err := usable(key); err != nil {
		return nil, fmt.Errorf("%s: the credential cannot be sent: %w", kind, err)
	}
	return &APIKey{text: at.text(grant{token: key, kind: "Bearer"}), place: at}, nil
}

// Apply puts the key in its place.
func (k *APIKey) Apply(_ context.Context, r *http.Request) error { return k.place.put(r, k.text) }

// Renew has nothing to renew.
func (k *APIKey) Renew(context.Context, *http.Request) (bool, error) { return false, nil }

// String hides the key from %v and from logs.
func (k *APIKey) String() string { return fmt.Sprintf("key in the %s %s", k.place.In, k.place.Name) }

// GoString hides it from %#v.
func (k *APIKey) GoString() string { return k.String() }
