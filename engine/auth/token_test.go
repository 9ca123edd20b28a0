package auth

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

func jwt(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".sig"
}

func TestJWTExpiry(t *testing.T) {
	tests := []struct {
		name, token string
		want        int64 // Unix seconds, 0 for none
	}{
		{"exp", jwt(`{"exp":1580863600}`), 1580863600},
		{"among others", jwt(`{"sub":"x","exp":1580863600,"iat":1}`), 1580863600},
		{"fraction", jwt(`{"exp":1580863600.9}`), 1580863600},
		{"padded", "e30." + base64.URLEncoding.EncodeToString([]byte(`{"exp":1580863600}`)) + ".sig", 1580863600},
		{"none", jwt(`{"sub":"x"}`), 0},
		{"null", jwt(`{"exp":null}`), 0},
		{"text", jwt(`{"exp":"1580863600"}`), 0},
		{"negative", jwt(`{"exp":-1}`), 0},
		{"endless", jwt(`{"exp":1e300}`), 0},
		{"no object", jwt(`[1]`), 0},
		{"opaque", "0123456789abcdef", 0},
		{"opaque with dots", "a.b.c", 0},
		{"two parts", strings.TrimSuffix(jwt(`{"exp":1580863600}`), ".sig"), 0},
		{"empty", "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := jwtExpiry(test.token)
			if test.want == 0 && !got.IsZero() || test.want != 0 && got.Unix() != test.want {
				t.Errorf("got %s, want %d", got, test.want)
			}
		})
	}
}

// FuzzJWTExpiry: whatever a server calls a token has a sensible end, or none.
func FuzzJWTExpiry(f *testing.F) {
	for _, token := range []string{"", "a.b.c", jwt(`{"exp":1580863600}`), jwt(`{"exp":1e400}`), jwt(`{"exp":0}`), "..", "e30.eyJleHAiOjF9."} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if got := jwtExpiry(token); !got.IsZero() && (got.Year() > 9999 || got.Before(time.Unix(0, 0))) {
			t.Errorf("%q ends %s", token, got)
		}
	})
}
