package engine

import "context"

// Tokens keeps refresh tokens from run to run.
type Tokens interface {
	Token(ctx context.Context, name string) (value string, version int64, err error)
	SetToken(ctx context.Context, name, value string, was int64) error
}
