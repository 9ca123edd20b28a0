package auth

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"
)

func TestLifetime(t *testing.T) {
	tests := []struct {
		in   any
		want time.Duration
		ok   bool
	}{
		{nil, 0, true}, {"", 0, true}, {json.Number("3600"), time.Hour, true}, {" 3600 ", time.Hour, true}, {json.Number("0.5"), time.Second / 2, true},
		{json.Number("1e999"), longest, true}, {"Inf", longest, true}, {json.Number("0"), 0, true},
		{json.Number("-1"), 0, false}, {"-Inf", 0, false}, {"-1e999", 0, false}, {"NaN", 0, false}, {"1h", 0, false}, {true, 0, false}, {[]any{}, 0, false},
	}
	for _, test := range tests {
		if got, ok := lifetime(test.in); got != test.want || ok != test.ok {
			t.Errorf("%v: got %s, %t", test.in, got, ok)
		}
	}
}

// FuzzTokenAnswer: whatever a token endpoint answers, a life is within bounds, and what is
// no JSON object is refused.
func FuzzTokenAnswer(f *testing.F) {
	for _, text := range []string{"", "null", "[]", `{"access_token":"a","expires_in":"1e400"}`, `{"a":{"b":"x"},"expires_in":-1}`, `{"access_token":{}}{`, `{"error":"x"}`} {
		f.Add(text, "a.b")
	}
	f.Fuzz(func(t *testing.T, text, field string) {
		o := &OAuth2{cfg: OAuth2Config{Answer: map[string]string{"refresh_token": field}, Log: slog.New(slog.DiscardHandler)}}
		got, err := o.read([]byte(text))
		if got.life < 0 || got.life > longest {
			t.Errorf("it lives %s", got.life)
		}
		var object map[string]any
		if err == nil && (json.Unmarshal([]byte(text), &object) != nil || object == nil) {
			t.Errorf("took %q", text)
		}
		if err == nil && object["access_token"] != got.access {
			t.Errorf("read %q as the token in %q", got.access, text)
		}
	})
}
