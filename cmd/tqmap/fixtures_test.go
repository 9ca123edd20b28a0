package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shared is the folder of reference material that may lie beside the clone.
func shared(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "shared"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "fixtures", "ironnet")); err != nil {
		t.Skip("left out: the reference material is not beside this clone")
	}
	return dir
}

// tqmap runs the command in this process.
func tqmap(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, now: time.Now}
	code = a.main(context.Background(), append([]string{"tqmap"}, args...))
	return out.String(), errs.String(), code
}

// The worked example of the reference comes out of the reference's own answer.
func TestWorkedExample(t *testing.T) {
	dir := shared(t)
	page, err := os.ReadFile(filepath.Join(dir, "reference", "ironnet.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "### 5.5")
	_, rest, ok2 := strings.Cut(rest, "```json\n")
	block, _, ok3 := strings.Cut(rest, "```")
	if !ok || !ok2 || !ok3 {
		t.Fatal("the reference has no worked example")
	}
	var want, got map[string]any
	if err := json.Unmarshal([]byte(block), &want); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := tqmap(t, "preview", "ironnet", "--format", "json", "--from", filepath.Join(dir, "fixtures", "ironnet", "synthetic", "get_alerts_page1.json"))
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var all []map[string]any
	if err := json.Unmarshal([]byte(stdout), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 3 {
		t.Fatalf("%d objects, want 3", len(all))
	}
	got = map[string]any{}
	for name := range want {
		got[name] = all[2][name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("- worked example, + mapped:\n%s", diff)
	}
}
