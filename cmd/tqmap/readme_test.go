package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"tqmap/dsl"
	"tqmap/engine"
)

// tutorial tells scripts where the mapping of the tutorial is.
func tutorial(env *testscript.Env) error {
	dir, err := filepath.Abs(filepath.Join("..", "..", "examples", "tutorial"))
	env.Setenv("FEEDDIR", dir)
	env.Setenv("FEED", filepath.Join(dir, "feed.hcl"))
	if err != nil {
		return err
	}
	// A server of the author's own, which gives one page of the feed to anybody.
	page, err := os.ReadFile(filepath.Join(dir, "testdata", "page_1.json"))
	if err != nil {
		return err
	}
	last := strings.Replace(string(page), `"next_cursor"`, `"before"`, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, last) }))
	env.Defer(srv.Close)
	env.Setenv("OWNSERVER", srv.URL)
	return nil
}

var (
	consoles = regexp.MustCompile("(?s)```console\n(.*?)```")
	mapping  = regexp.MustCompile("(?s)into `my-feed.hcl`:\n\n```hcl\n(.*?)```")
	took     = regexp.MustCompile(` in [0-9.]+m?s\.`)
)

// The walk-through of README.md is what happens: its mapping is written, its commands are
// run, and they print what stands below them. UPDATE=1 writes that anew.
func TestReadmeWalkthrough(t *testing.T) {
	if _, err := exec.LookPath("sed"); err != nil {
		t.Skip("left out: sed is missing")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	readme := filepath.Join(root, "README.md")
	src, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, folder := range []string{"examples", "mappings"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(root, folder))); err != nil {
			t.Fatal(err)
		}
	}
	found := mapping.FindSubmatch(src)
	if found == nil {
		t.Fatal("README.md has no mapping to write into my-feed.hcl")
	}
	if err := os.WriteFile(filepath.Join(dir, "my-feed.hcl"), found[1], 0o600); err != nil {
		t.Fatal(err)
	}
	blocks := 0
	got := consoles.ReplaceAllStringFunc(string(src), func(block string) string {
		blocks++
		var b strings.Builder
		for _, line := range strings.Split(block, "\n") {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				b.WriteString(line + "\n" + play(t, dir, command))
			}
		}
		now := "```console\n" + b.String() + "```"
		if took.ReplaceAllString(now, "") == took.ReplaceAllString(block, "") {
			return block
		}
		return now
	})
	if blocks < 6 {
		t.Fatalf("only %d blocks of commands", blocks)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(readme, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(src), got); diff != "" {
		t.Errorf("README.md does not show what happens (UPDATE=1 writes it anew): - README, + now\n%s", diff)
	}
}

// play is what a command prints for its user: the output, or else the errors.
func play(t *testing.T, dir, command string) string {
	t.Helper()
	var out, errs strings.Builder
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	err := cmd.Run()
	if out.Len() > 0 {
		return out.String()
	}
	if err != nil {
		return strings.TrimRight(errs.String(), "\n") + "\n"
	}
	return ""
}

// Links of the documents to files of ours, and to headings in them, lead somewhere.
func TestLinksOfTheDocuments(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, doc := range []string{"README.md", "CONTRIBUTING.md"} {
		src, err := os.ReadFile(filepath.Join(root, doc))
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([^)\s]*)\)`).FindAllStringSubmatch(string(src), -1) {
			path, heading, _ := strings.Cut(link[1], "#")
			if strings.Contains(path, "://") {
				continue
			}
			if path == "" {
				path = doc
			}
			path = filepath.Join(root, path)
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %v", doc, err)
				continue
			}
			if heading == "" {
				continue
			}
			to, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(anchorsOf(string(to)), heading) {
				t.Errorf("%s: there is no heading for %s", doc, link[1])
			}
		}
	}
}

// The README names every kind there is.
func TestReadmeNamesAllKinds(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	v := engine.Vocabulary()
	names := dsl.RuleActions()
	for _, b := range slices.Concat(v.Auth, v.Decode, v.Paginate, v.Source, v.Sink) {
		names = append(names, b.Type)
	}
	for _, name := range names {
		if !strings.Contains(string(src), "`"+name+"`") {
			t.Errorf("README.md does not name %s in its table of kinds", name)
		}
	}
}
