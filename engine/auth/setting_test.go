package auth_test

import (
	"errors"
	"testing"
	"time"

	"tqmap/engine/auth"
	"tqmap/engine/request"
)

// TestSettingErrors: a mistake says which setting it is in, so that a message can point there.
func TestSettingErrors(t *testing.T) {
	sign := []request.Pair{{Name: "X", Value: "{signature}"}}
	signer := func(c auth.SignerConfig) func() error {
		return func() error {
			if c.Header == nil {
				c.Header = sign
			}
			_, err := auth.NewSigner(c)
			return err
		}
	}
	jwt := func(c auth.JWTConfig) func() error {
		return func() error { _, err := auth.NewJWT(c); return err }
	}
	place := func(header string, p auth.Place) func() error {
		return func() error { _, err := auth.NewPlace(header, p); return err }
	}
	for want, run := range map[string]func() error{
		"header":          place("no line", auth.Place{}),
		"in":              place("", auth.Place{In: "x", Name: "n"}),
		"name":            place("", auth.Place{In: "cookie", Name: "a b"}),
		"format":          place("", auth.Place{In: "query", Name: "n", Format: "x"}),
		"text":            signer(auth.SignerConfig{Key: "k", Text: "{x}"}),
		"let":             signer(auth.SignerConfig{Key: "k", Text: "x", Let: []request.Pair{{Name: "a", Value: "{b}"}}}),
		"values":          signer(auth.SignerConfig{Key: "k", Text: "x", Values: map[string]string{"signature": "x"}}),
		"headers":         signer(auth.SignerConfig{Key: "k", Text: "x", Header: []request.Pair{{Name: "X", Value: "x"}}}),
		"derive":          signer(auth.SignerConfig{Key: "k", Text: "x", Derive: []string{"{x}"}}),
		"derive_encoding": signer(auth.SignerConfig{Key: "k", Text: "x", DeriveEncoding: "x"}),
		"date":            signer(auth.SignerConfig{Key: "k", Text: "x", Date: "x"}),
		"key":             signer(auth.SignerConfig{Text: "x"}),
		"algorithm":       jwt(auth.JWTConfig{Algorithm: "x", Key: "k"}),
		"claims":          jwt(auth.JWTConfig{Algorithm: "HS256", Key: "k", Claims: map[string]any{"exp": 1}}),
		"jose":            jwt(auth.JWTConfig{Algorithm: "HS256", Key: "k", JOSE: map[string]any{"alg": 1}}),
		"lifetime":        jwt(auth.JWTConfig{Algorithm: "HS256", Key: "k", Life: time.Nanosecond}),
	} {
		t.Run(want, func(t *testing.T) {
			var got *auth.SettingError
			if err := run(); !errors.As(err, &got) || got.Setting != want {
				t.Errorf("got %+v, want %s: %v", got, want, err)
			}
		})
	}
}

// TestCheckWithoutKey: what needs no key is checked without one.
func TestCheckWithoutKey(t *testing.T) {
	good := chained("")
	good.Key = ""
	bad := good
	bad.Text = "{x}"
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"signature":           {good.Check(), true},
		"signature of an x":   {bad.Check(), false},
		"token":               {auth.JWTConfig{Algorithm: "RS256", Claims: map[string]any{"a": nil}}.Check(), true},
		"token that is ended": {auth.JWTConfig{Algorithm: "RS256", Life: -time.Second}.Check(), false},
	} {
		t.Run(name, func(t *testing.T) {
			if (test.err == nil) != test.want {
				t.Error(test.err)
			}
		})
	}
}
