package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"

	"tqmap/engine/auth"
)

// tokenStore keeps one token from run to run: a refresh token or a session.
type tokenStore struct {
	tokens Tokens
	name   string
	log    *slog.Logger
	seen   int64 // the version last read
	read   bool  // it still is that
}

// tokenName is what a refresh token is kept under. It changes with the account and with the
// token an operator configures: what was kept before is not for the new one.
func tokenName(client string, c auth.OAuth2Config) string {
	h := sha256.New()
	for _, part := range []string{c.TokenURL, c.Grant, c.ClientID, c.Username, c.RefreshToken} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return fmt.Sprintf("client.%s/%s", client, hex.EncodeToString(h.Sum(nil)[:8]))
}

func (s *tokenStore) load(ctx context.Context) (string, error) {
	value, version, err := s.tokens.Token(ctx, s.name)
	if err == nil {
		s.seen, s.read = version, true
	}
	return value, err
}

// store keeps token. Where another process has kept one since, that one stays, as it is as
// good: this run uses its own, and finds the other should its own be refused.
func (s *tokenStore) store(ctx context.Context, token string) error {
	if !s.read {
		if _, err := s.load(ctx); err != nil {
			return err
		}
	}
	err := s.tokens.SetToken(ctx, s.name, token, s.seen)
	if errors.Is(err, ErrStale) {
		s.log.Warn("another run has kept a newer token meanwhile; that one stays for the next run", "token", s.name)
		err = nil
	}
	if err == nil {
		s.read = false // the version is another now
	}
	return err
}
