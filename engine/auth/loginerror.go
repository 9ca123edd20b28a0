package auth

import (
	"errors"

	"tqmap/engine/request"
)

// loginError is a login that must not be repeated. It matches request.ErrUnauthorized and
// no other class: a 400 from the login is no refusal of the request that needed it.
// That is why it has As and no Unwrap.
type loginError struct{ err error }

func (e *loginError) Error() string {
	return e.err.Error() + " (no second login is tried, as that may lock the account)"
}

func (e *loginError) Is(target error) bool { return target == request.ErrUnauthorized }

func (e *loginError) As(target any) bool { return errors.As(e.err, target) }

// rejected tells a refusal of the login from an outage.
func rejected(err error) bool {
	var status *request.StatusError
	return errors.As(err, &status) && status.Status >= 400 && !errors.Is(err, request.ErrUnavailable)
}
