package runtime

import (
	"context"
	"errors"
	"sync"

	"tqmap/engine"
	"tqmap/runtime/state"
)

// Tokens are the tokens of an instance for whoever does not run it: a dry run, a preview. A
// server that replaces a token does so for them, too, and the old one is worth nothing
// then, so that the new one is kept whatever happens. Nothing else is written; where there is
// no state yet, the first token makes one.
type Tokens struct {
	dir, instance string

	mu    sync.Mutex
	store *state.Store // nil: none yet
}

var _ engine.Tokens = (*Tokens)(nil)

// OpenTokens finds the tokens of an instance, as FindState does. Close them.
func OpenTokens(ctx context.Context, dir, database, instance string) (*Tokens, error) {
	store, err := FindState(ctx, dir, database)
	if errors.Is(err, ErrNoState) {
		err = nil
	}
	return &Tokens{dir: dir, instance: instance, store: store}, err
}

// Close closes the state, if there is one.
func (t *Tokens) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.store == nil {
		return nil
	}
	return t.store.Close()
}

// Token implements engine.Tokens.
func (t *Tokens) Token(ctx context.Context, name string) (string, int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.store == nil {
		return "", 0, ctx.Err()
	}
	return t.store.Instance(t.instance).Token(ctx, name)
}

// SetToken implements engine.Tokens.
func (t *Tokens) SetToken(ctx context.Context, name, value string, was int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.store == nil {
		store, err := OpenState(ctx, t.dir, "")
		if err != nil {
			return err
		}
		t.store = store
	}
	return t.store.Instance(t.instance).SetToken(ctx, name, value, was)
}
