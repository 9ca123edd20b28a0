package engine

import (
	"context"
	"errors"
)

// Tokens keeps the secrets of a connector instance that change while it runs: a
// refresh token that its server replaces with every use. A new value is to be
// stored before it is used, because the old one is worth nothing by then.
type Tokens interface {
	// Token returns the value of that name and its version; "" and 0 if there is none.
	Token(ctx context.Context, name string) (value string, version int64, err error)
	// SetToken stores value if the stored version is still was (0: there is none), and
	// fails with ErrStale if it is not: another process was faster, so read again.
	SetToken(ctx context.Context, name, value string, was int64) error
}

// ErrStale says that a token was replaced since it was read.
var ErrStale = errors.New("the token was replaced in the meantime")
