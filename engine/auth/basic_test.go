package auth

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestBasic(t *testing.T) {
	tests := []struct {
		name  string
		basic Basic
		want  string
	}{
		{"A01", Basic{"user", "pass"}, "Basic dXNlcjpwYXNz"},
		{"colon in the password", Basic{"tq@example.com", "s3cr3t:pw"}, "Basic dHFAZXhhbXBsZS5jb206czNjcjN0OnB3"},
		{"UTF-8", Basic{"ü", "ß"}, "Basic w7w6w58="},
		{"empty", Basic{}, "Basic Og=="},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", "stale")
			if err := test.basic.Apply(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if got := r.Header["Authorization"]; !slices.Equal(got, []string{test.want}) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if again, err := test.basic.Renew(t.Context(), r); again || err != nil {
				t.Errorf("renewed: %t, %v", again, err)
			}
			if pair := strings.TrimPrefix(test.want, "Basic "); !slices.Contains(test.basic.Secrets(), pair) || !slices.Contains(test.basic.Secrets(), test.basic.Password) {
				t.Errorf("secrets %q lack the password or %q", test.basic.Secrets(), pair)
			}
		})
	}
}

func TestBasicColonInUser(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	err := Basic{"us:er", "hunter2"}.Apply(t.Context(), r)
	if err == nil || strings.Contains(err.Error(), "hunter2") || r.Header.Get("Authorization") != "" {
		t.Errorf("got %v, header %v", err, r.Header)
	}
}

func TestBasicHidesPassword(t *testing.T) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, value := range []any{Basic{"u", "hunter2"}, &Basic{"u", "hunter2"}, struct{ B Basic }{Basic{"u", "hunter2"}}} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, "hunter2") {
				t.Errorf("%s: %s", verb, text)
			}
		}
	}
}
