package request

import (
	"context"
	"net/http"
	"net/url"
)

// Declared is a request as its author declared it, before credentials, signatures and
// cookies were put on it. It must not be changed.
type Declared struct {
	URL    *url.URL
	Header http.Header
	Body   []byte
}

type declaredKey struct{}

// DeclaredOf is what a Config.Transport may ask of the context of a request it is given: what
// differs from it are credentials. False: the request is not one of this package.
func DeclaredOf(ctx context.Context) (Declared, bool) {
	d, ok := ctx.Value(declaredKey{}).(Declared)
	return d, ok
}

func (k *call) declare(ctx context.Context, at target) context.Context {
	return context.WithValue(ctx, declaredKey{}, Declared{URL: at.url, Header: k.header(at), Body: at.body})
}

// Final is an error of a Config.Transport that no repetition mends: it is not repeated, and
// no rule is asked about it.
type Final interface {
	error
	// Hint says what to do about it.
	Hint() string
}
