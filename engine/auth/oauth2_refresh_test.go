package auth_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"tqmap/engine/auth"
	"tqmap/engine/request"
)

// TestOAuth2Refresh: one call to start with, then one whose token is revoked.
func TestOAuth2Refresh(t *testing.T) {
	tests := []struct {
		name    string
		config  auth.OAuth2Config
		issuer  *issuer
		asked   string // grant types
		carried string // refresh tokens
		want    error
	}{
		{"no refresh token", password(), &issuer{}, "password password", "", nil},
		{"refresh before a new login", password(), &issuer{rotates: true}, "password refresh_token", "refresh-1", nil},
		{"refused, then a login", password(), &issuer{rotates: true, scripts: []string{"", "400 invalid_grant"}}, "password refresh_token password", "refresh-1", nil},
		{"refused with 401", password(), &issuer{rotates: true, scripts: []string{"", "401 invalid_grant"}}, "password refresh_token password", "refresh-1", nil},
		{"refused with 200", password(), &issuer{rotates: true, scripts: []string{"", `{"error":"bad_refresh_token"}`}}, "password refresh_token password", "refresh-1", nil},
		{"refused without a code", password(), &issuer{rotates: true, scripts: []string{"", "400"}}, "password refresh_token password", "refresh-1", nil},
		{"both refused", password(), &issuer{rotates: true, scripts: []string{"", "400 invalid_grant", "400 invalid_grant"}}, "password refresh_token password", "refresh-1", request.ErrUnauthorized},
		{"wrong client", password(), &issuer{rotates: true, scripts: []string{"", "401 invalid_client"}}, "password refresh_token", "refresh-1", request.ErrUnauthorized},
		{"down, then up", password(), &issuer{rotates: true, scripts: []string{"", "503", "429"}}, "password refresh_token refresh_token refresh_token", "refresh-1 refresh-1 refresh-1", nil},
		{"down", password(), &issuer{rotates: true, scripts: []string{"", "503", "503", "503", "503"}}, "password refresh_token refresh_token refresh_token refresh_token", "refresh-1 refresh-1 refresh-1 refresh-1", request.ErrUnavailable},
		{"refresh only", auth.OAuth2Config{Grant: "refresh_token", RefreshToken: "stored-0"}, &issuer{rotates: true, valid: "stored-0"}, "refresh_token refresh_token", "stored-0 refresh-1", nil},
		{"refresh only, not rotated", auth.OAuth2Config{Grant: "refresh_token", RefreshToken: "stored-0"}, &issuer{valid: "stored-0"}, "refresh_token refresh_token", "stored-0 stored-0", nil},
		{"refresh only, refused later", auth.OAuth2Config{Grant: "refresh_token", RefreshToken: "stored-0"}, &issuer{valid: "stored-0", scripts: []string{"", "400 invalid_grant"}}, "refresh_token refresh_token", "stored-0 stored-0", request.ErrUnauthorized},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := test.issuer
				a := authorize(t, i, test.config)
				if err := a.call(t.Context()); err != nil {
					t.Fatal(err)
				}
				i.revoked = map[string]bool{"access-1": true}
				err := a.call(t.Context())
				if test.want == nil && err != nil {
					t.Fatal(err)
				}
				if test.want != nil {
					expectClass(t, err, test.want)
				}
				var carried []string
				for _, form := range i.forms {
					if token := form.Get("refresh_token"); token != "" {
						carried = append(carried, token)
					}
				}
				if strings.Join(i.asked, " ") != test.asked || strings.Join(carried, " ") != test.carried {
					t.Errorf("asked %q with %q", i.asked, carried)
				}
				a.tells(t, err)
				before := len(i.asked)
				if test.want == request.ErrUnauthorized {
					expectClass(t, a.call(t.Context()), test.want)
					if len(i.asked) != before {
						t.Error("asked again after a refusal")
					}
				}
			})
		})
	}
}

// TestOAuth2Store: a rotated refresh token is stored before it is used, and what another
// process has stored is found.
func TestOAuth2Store(t *testing.T) {
	onlyRefresh := auth.OAuth2Config{Grant: "refresh_token"}
	tests := []struct {
		name       string
		config     auth.OAuth2Config
		configured string
		store      store
		issuer     *issuer
		carried    string
		saved      string
		want       error
		text       string
	}{
		{"stored", onlyRefresh, "", store{token: "stored-0"}, &issuer{rotates: true, valid: "stored-0"}, "stored-0", "refresh-1", nil, ""},
		{"the stored one wins", onlyRefresh, "stored-old", store{token: "stored-0"}, &issuer{rotates: true, valid: "stored-0"}, "stored-0", "refresh-1", nil, ""},
		{"nothing stored yet", onlyRefresh, "stored-0", store{}, &issuer{rotates: true, valid: "stored-0"}, "stored-0", "refresh-1", nil, ""},
		{"authorized anew", onlyRefresh, "stored-new", store{token: "stored-0"}, &issuer{rotates: true, valid: "stored-new"}, "stored-0 stored-new", "refresh-2", nil, ""},
		{"not rotated", onlyRefresh, "", store{token: "stored-0"}, &issuer{valid: "stored-0"}, "stored-0", "", nil, ""},
		{"none at all", onlyRefresh, "", store{}, &issuer{}, "", "", request.ErrUnauthorized, "there is no refresh token: authorize the connector"},
		{"refused, and still the same", onlyRefresh, "", store{token: "stored-0"}, &issuer{}, "stored-0", "", request.ErrUnauthorized, "authorize the connector again"},
		{"a login gives the first", password(), "", store{}, &issuer{rotates: true}, "", "refresh-1", nil, ""},
		{"instead of a login", password(), "", store{token: "stored-0"}, &issuer{rotates: true, valid: "stored-0"}, "stored-0", "refresh-1", nil, ""},
		{"rotated by another process", onlyRefresh, "", store{token: "stored-0", onLoad: nil}, &issuer{rotates: true, valid: "stored-1"}, "stored-0 stored-1", "refresh-2", nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, i := &test.store, test.issuer
			if test.name == "rotated by another process" {
				s.onLoad = func(n int) {
					if n == 2 {
						s.token = "stored-1"
					}
				}
			}
			c := test.config
			c.RefreshToken = test.configured
			c.Load = s.load
			c.Store = func(ctx context.Context, token string) error {
				if len(i.calls) > 0 {
					t.Errorf("%s was stored after its access token was used", token)
				}
				return s.save(ctx, token)
			}
			a := authorize(t, i, c)
			err := a.call(t.Context())
			if test.want == nil && err != nil {
				t.Fatal(err)
			}
			if test.want != nil {
				expectClass(t, err, test.want)
				if !strings.Contains(err.Error(), test.text) {
					t.Errorf("got %v, want %q", err, test.text)
				}
			}
			var carried []string
			for _, form := range i.forms {
				if form.Has("refresh_token") {
					carried = append(carried, form.Get("refresh_token"))
				}
			}
			if strings.Join(carried, " ") != test.carried || strings.Join(s.saved, " ") != test.saved {
				t.Errorf("carried %q, stored %q", carried, s.saved)
			}
			a.tells(t, err, append(carried, s.saved...)...)
		})
	}
}

// TestOAuth2StoreFails: a refresh token that cannot be stored is not used, not lost, and
// stored as soon as that is possible.
func TestOAuth2StoreFails(t *testing.T) {
	full := errors.New("disk full")
	s := &store{token: "stored-0", err: full}
	i := &issuer{rotates: true, valid: "stored-0"}
	a := authorize(t, i, auth.OAuth2Config{Grant: "refresh_token", Load: s.load, Store: s.save})
	for range 2 {
		err := a.call(t.Context())
		if !errors.Is(err, full) || len(i.asked) != 1 || len(i.calls) != 0 {
			t.Fatalf("%d token requests, calls %q, %v", len(i.asked), i.calls, err)
		}
		a.tells(t, err, "refresh-1")
	}
	s.err = nil
	if err := a.call(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.saved, []string{"refresh-1", "refresh-2"}) || i.forms[1].Get("refresh_token") != "refresh-1" || !slices.Equal(i.calls, []string{"Bearer access-2"}) {
		t.Errorf("stored %q, calls %q, forms %v", s.saved, i.calls, i.forms)
	}
}

// TestOAuth2StoreWhenStopped: a run that is stopped meanwhile does not lose the token.
func TestOAuth2StoreWhenStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	s := &store{token: "stored-0"}
	i := &issuer{rotates: true, valid: "stored-0"}
	c := auth.OAuth2Config{Grant: "refresh_token", Load: s.load, Store: func(ctx context.Context, token string) error {
		stop()
		return s.save(ctx, token)
	}}
	authorize(t, i, c).call(ctx)
	if !slices.Equal(s.saved, []string{"refresh-1"}) {
		t.Errorf("stored %q", s.saved)
	}
}

func TestOAuth2LoadFails(t *testing.T) {
	broken := errors.New("state is locked")
	i := &issuer{}
	c := password()
	c.Load = func(context.Context) (string, error) { return "", broken }
	c.Store = (&store{}).save
	if err := authorize(t, i, c).call(t.Context()); !errors.Is(err, broken) || len(i.asked) != 0 {
		t.Errorf("%d token requests, %v", len(i.asked), err)
	}
}

// TestOAuth2UnusableAnswerKeepsRefreshToken: the old one may be worth nothing any more.
func TestOAuth2UnusableAnswerKeepsRefreshToken(t *testing.T) {
	s := &store{token: "stored-0"}
	i := &issuer{scripts: []string{`{"access_token":"","refresh_token":"refresh-9"}`}}
	a := authorize(t, i, auth.OAuth2Config{Grant: "refresh_token", Load: s.load, Store: s.save})
	err := a.call(t.Context())
	expectClass(t, err, request.ErrUnauthorized)
	if !slices.Equal(s.saved, []string{"refresh-9"}) {
		t.Errorf("stored %q", s.saved)
	}
	a.tells(t, err, "refresh-9")
}
