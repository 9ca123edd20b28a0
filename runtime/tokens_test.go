package runtime

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"tqmap/engine"
)

func TestTokensOutliveADryRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	open := func() *Tokens {
		tokens, err := OpenTokens(t.Context(), dir, "", "x")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := tokens.Close(); err != nil {
				t.Error(err)
			}
		})
		return tokens
	}
	first := open()
	if value, version, err := first.Token(t.Context(), "a"); value != "" || version != 0 || err != nil {
		t.Errorf("%q %d %v", value, version, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("to look makes a state: %v", err)
	}
	if err := first.SetToken(t.Context(), "a", "one", 0); err != nil {
		t.Fatal(err)
	}
	second := open()
	if err := second.SetToken(t.Context(), "a", "two", 0); !errors.Is(err, engine.ErrStale) {
		t.Errorf("U21 got %v, want ErrStale", err)
	}
	value, version, err := second.Token(t.Context(), "a")
	if value != "one" || err != nil {
		t.Fatalf("U21 %q, %v", value, err)
	}
	if err := second.SetToken(t.Context(), "a", "two", version); err != nil {
		t.Fatal(err)
	}
	if value, _, err := first.Token(t.Context(), "a"); value != "two" || err != nil {
		t.Errorf("%q, %v", value, err)
	}
}
