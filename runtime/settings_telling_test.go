package runtime

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Without its mapping nobody knows what of a settings file is sensitive.
func TestStoredSecretsByNameAndLook(t *testing.T) {
	dir := t.TempDir()
	text := `
threatq {
  host     = "threatq.example.com"
  password = "pw"
}
params {
  login    = "hunterZq81word"
  anything = "-----BEGIN PRIVATE KEY-----\nMIIEvQ1\n-----END PRIVATE KEY-----"
  hash     = "0123456789abcdef0123456789abcdef"
  url      = "https://api4.example.com:8443/v1"
  server   = "api4.example.com"
  file     = "/etc/tq_labs/key1.pem"
  since    = "2026-01-01T00:00:00Z"
  every    = "90 minutes"
  status   = "Under Review"
  user     = "analyst7"
  list     = "a, b"
}
`
	if err := os.WriteFile(filepath.Join(dir, "probe.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := LoadStored(dir, "probe", func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(s.Secrets)
	want := []string{"-----BEGIN PRIVATE KEY-----\nMIIEvQ1\n-----END PRIVATE KEY-----", "0123456789abcdef0123456789abcdef", "hunterZq81word", "pw"}
	if !slices.Equal(s.Secrets, want) {
		t.Errorf("secrets are %q, want %q", s.Secrets, want)
	}
}
