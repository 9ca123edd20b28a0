package state

import (
	"context"
	"errors"
	"fmt"

	"tqmap/engine"
)

var _ engine.Tokens = (*Instance)(nil)

type token struct {
	value   string
	version int64
}

func scanToken(scan func(...any) error) (t token, err error) {
	return t, scan(&t.value, &t.version)
}

// Token implements engine.Tokens.
func (i *Instance) Token(ctx context.Context, name string) (value string, version int64, err error) {
	found, err := collect(ctx, i.store, "read a token of "+i.name, scanToken,
		`SELECT value, version FROM token WHERE instance = ? AND name = ?`, i.name, name)
	if err != nil || len(found) == 0 {
		return "", 0, err
	}
	return found[0].value, found[0].version, nil
}

// errNoToken refuses "": nothing would be left to log in with.
var errNoToken = errors.New("an empty token is not stored")

// SetToken implements engine.Tokens. It does not ask for the lock: a run that has
// lost it may hold the only token that still works.
func (i *Instance) SetToken(ctx context.Context, name, value string, was int64) error {
	if value == "" {
		return errNoToken
	}
	return i.store.write(ctx, "store a token of "+i.name, i.name, func(tx *transaction) error {
		query := `UPDATE token SET value = ?3, version = ?4 + 1 WHERE instance = ?1 AND name = ?2 AND version = ?4`
		if was == 0 {
			query = `INSERT INTO token (instance, name, value, version) VALUES (?1, ?2, ?3, ?4 + 1) ON CONFLICT DO NOTHING`
		}
		done, err := tx.exec(ctx, query, i.name, name, value, was)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return fmt.Errorf("%q: %w", name, engine.ErrStale)
	})
}

// TokenNames lists the tokens that are stored, without their values.
func (i *Instance) TokenNames(ctx context.Context) ([]string, error) {
	return collect(ctx, i.store, "list the tokens of "+i.name, scanText, `SELECT name FROM token WHERE instance = ? ORDER BY name`, i.name)
}

func scanText(scan func(...any) error) (text string, err error) {
	return text, scan(&text)
}

// ForgetTokens removes all tokens of the instance. The next run logs in with what
// its settings say.
func (i *Instance) ForgetTokens(ctx context.Context) error {
	return i.store.write(ctx, "forget the tokens of "+i.name, i.name, func(tx *transaction) error {
		if err := i.fence(ctx, tx); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `DELETE FROM token WHERE instance = ?`, i.name)
		return err
	})
}
