package auth

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"tqmap/engine/request"
)

// Stacked is several Authenticators on each request.
type Stacked []request.Authenticator

var _ request.Authenticator = Stacked(nil)

// Stack makes a Stacked of all that are not nil. They apply in the order given, but for
// Signers, which come last: they must see what the others add.
func Stack(all ...request.Authenticator) Stacked {
	var first, last Stacked
	for _, a := range all {
		switch a := a.(type) {
		case nil:
		case Stacked:
			split := slices.IndexFunc(a, isSigner)
			if split < 0 {
				split = len(a)
			}
			first, last = append(first, a[:split]...), append(last, a[split:]...)
		case *Signer:
			last = append(last, a)
		default:
			first = append(first, a)
		}
	}
	return slices.Concat(first, last)
}

// Apply applies each.
func (s Stacked) Apply(ctx context.Context, r *http.Request) error {
	for _, a := range s {
		if err := a.Apply(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// Renew asks each, as the 401 does not say which was meant, and is true if any has renewed.
func (s Stacked) Renew(ctx context.Context, refused *http.Request) (bool, error) {
	any := false
	for _, a := range s {
		again, err := a.Renew(ctx, refused)
		if err != nil {
			return false, err
		}
		any = any || again
	}
	return any, nil
}

// Close closes each that has a Close, even after one has failed.
func (s Stacked) Close(ctx context.Context) error {
	var errs []error
	for _, a := range s {
		if c, ok := a.(interface{ Close(context.Context) error }); ok {
			errs = append(errs, c.Close(ctx))
		}
	}
	return errors.Join(errs...)
}
