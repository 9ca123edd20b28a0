package runtime

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestLoadStored(t *testing.T) {
	for _, c := range []struct {
		name, file string
		getenv     func(string) string
		database   string
		secrets    []string
	}{
		{name: "no file", getenv: env()},
		{name: "no file, environment", getenv: env("TQMAP_DATABASE", "postgres://e/x"), database: "postgres://e/x"},
		{name: "file", file: `database = "postgres://f/x"`, getenv: env(), database: "postgres://f/x"},
		{name: "environment wins", file: `database = "postgres://f/x"`, getenv: env("TQMAP_DATABASE", "postgres://e/x"), database: "postgres://e/x"},
		{name: "from the environment by name", file: `database = env("PG")`, getenv: env("PG", "postgres://g/x"), database: "postgres://g/x"},
		{
			name: "secrets by their names", getenv: env("P", "from-env"), secrets: []string{"one-secret", "two-secret", "from-env"},
			file: "threatq {\n host = \"tq\"\n password = \"one-secret\"\n}\nparams {\n api_key = \"two-secret\"\n hostname = \"h\"\n Password = env(\"P\")\n token = env(\"UNSET\")\n}",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.file != "" {
				if err := os.WriteFile(filepath.Join(dir, "x.hcl"), []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := LoadStored(dir, "x", c.getenv)
			slices.Sort(got.Secrets)
			slices.Sort(c.secrets)
			if err != nil || got.Database != c.database || !slices.Equal(got.Secrets, c.secrets) {
				t.Errorf("got %+v, %v; want %q and %q", got, err, c.database, c.secrets)
			}
		})
	}
	for name, file := range map[string]string{"no HCL": `database = "`, "not set": `database = env("UNSET")`} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "x.hcl"), []byte(file), 0o600); err != nil {
				t.Fatal(err)
			}
			var bad *FileError
			if _, err := LoadStored(dir, "x", env()); !errors.As(err, &bad) {
				t.Errorf("got %v, want a FileError", err)
			}
		})
	}
}

func TestDatabaseSecrets(t *testing.T) {
	for address, want := range map[string]string{
		"postgres://u:pass%2Fword@h/d":       "pass/word",
		"postgres://u@h/d?password=in-query": "in-query",
		"postgres://u:b%zz@h/d":              "postgres://u:b%zz@h/d", // nothing can be told apart
	} {
		if got := DatabaseSecrets(address); !slices.Contains(got, want) {
			t.Errorf("U30 %s: got %q, want %q among them", address, got, want)
		}
	}
	for _, s := range DatabaseSecrets("postgres://user@host/name") {
		if s != "" {
			t.Errorf("%q is no secret", s)
		}
	}
}

func TestFindStateCreatesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	if _, err := FindState(t.Context(), dir, ""); !errors.Is(err, ErrNoState) || !strings.Contains(err.Error(), "--database") {
		t.Errorf("got %v, want ErrNoState and what to do", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
	s, err := OpenState(t.Context(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = FindState(t.Context(), dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
