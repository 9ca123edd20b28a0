package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// watching is a command with --watch that runs until the test ends it.
type watching struct {
	t     *testing.T
	lines chan string
	stop  func()
	ended chan int
}

func startWatching(t *testing.T, args ...string) *watching {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(stop)
	out, in := io.Pipe()
	a := &app{stdout: in, stderr: in, getenv: func(string) string { return "" }, now: time.Now}
	w := &watching{t: t, lines: make(chan string, 10_000), stop: stop, ended: make(chan int, 1)}
	go func() {
		w.ended <- a.main(ctx, append([]string{"tqmap"}, args...))
		in.Close()
	}()
	go func() {
		for scan := bufio.NewScanner(out); scan.Scan(); {
			w.lines <- scan.Text()
		}
		close(w.lines)
	}()
	return w
}

// shown is what is printed until the watch waits for the next save.
func (w *watching) shown() string {
	w.t.Helper()
	var all []string
	for line := range w.lines {
		if strings.HasPrefix(line, "shown at ") {
			return strings.Join(all, "\n")
		}
		all = append(all, line)
	}
	w.t.Fatalf("it ended: %s", strings.Join(all, "\n"))
	return ""
}

// end is Ctrl-C.
func (w *watching) end() {
	w.t.Helper()
	w.stop()
	for range w.lines {
	}
	if code := <-w.ended; code != exitOK {
		w.t.Errorf("exit code %d after Ctrl-C", code)
	}
}

// save replaces a part of a file as an editor does: by another file of its name.
func save(t *testing.T, path, old, now string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), old) {
		t.Fatalf("%q is not in %s: %v", old, path, err)
	}
	if err := os.WriteFile(path+".tmp", []byte(strings.ReplaceAll(string(b), old, now)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		t.Fatal(err)
	}
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

func TestValidateWatches(t *testing.T) {
	mapping := hostileRecords(t)
	w := startWatching(t, "validate", "--watch", mapping)
	contains(t, w.shown(), "is valid: 1 flow")
	save(t, mapping, "threat.name", "threat.nmae")
	contains(t, w.shown(), "nmae", "^^^^", "name")
	save(t, mapping, "threat.nmae", "threat.name")
	contains(t, w.shown(), "is valid")
	save(t, filepath.Join(filepath.Dir(mapping), "answer.json"), `"name"`, `"title"`) // a sample
	contains(t, w.shown(), "name", "^^^^")
	w.end()
}

// What a live API has answered is kept: a save maps it anew, and asks again only where what is asked
// for is another thing.
func TestPreviewWatchesLive(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.Path)
		fmt.Fprintf(w, `[{"id": "a%d", "name": "one", "text": "t", "hosts": []}]`, len(asked))
	}))
	defer server.Close()
	mapping := hostileRecords(t)
	save(t, mapping, "https://api.example", server.URL)
	page := filepath.Join(filepath.Dir(mapping), "page.html")
	w := startWatching(t, "preview", mapping, "--watch", "--html", page, "--format", "table", "-v1", "-c", t.TempDir())
	contains(t, w.shown(), "MALWARE  one", "written to "+page)
	save(t, mapping, `expr("threat.name")`, `expr("upper(threat.name)")`)
	contains(t, w.shown(), "saved: ", "MALWARE  ONE", "written again to "+page+" at ")
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), `"ONE"`) {
		t.Errorf("the page is not written again: %v", err)
	}
	save(t, mapping, `expr("upper(threat.name)")`, `expr("upper(threat.name")`)
	contains(t, w.shown(), "Error", "^", page+" stays as it was written at ")
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), `"ONE"`) {
		t.Errorf("a mistake changes the page: %v", err)
	}
	save(t, mapping, `expr("upper(threat.name")`, `expr("lower(threat.name)")`)
	contains(t, w.shown(), "MALWARE  one")
	save(t, mapping, `path = "/"`, `path = "/other"`)
	w.shown()
	w.end()
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(asked, []string{"/", "/other"}) {
		t.Errorf("asked: %q", asked)
	}
}

func TestPreviewWatchesRecorded(t *testing.T) {
	mapping := hostileRecords(t)
	other := filepath.Join(t.TempDir(), "recorded.json")
	if err := os.WriteFile(other, []byte(`[{"id": "1", "name": "first", "text": "t", "hosts": []}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	w := startWatching(t, "preview", mapping, "--watch", "--from", other)
	contains(t, w.shown(), "MALWARE  first")
	save(t, other, "first", "second")
	contains(t, w.shown(), "MALWARE  second")
	save(t, other, `[{`, `{{`)
	contains(t, w.shown(), "Error: ", "recorded.json")
	w.end()

	// A built-in mapping never changes, but what is recorded does.
	var out strings.Builder
	a := &app{stdout: &out, stderr: &out, getenv: func(string) string { return "" }, now: time.Now}
	if code := a.main(t.Context(), []string{"tqmap", "preview", "ironnet", "--watch", "--sandbox"}); code != exitUsage {
		t.Errorf("exit code %d", code)
	}
	contains(t, out.String(), "built in and never changes", "tqmap mappings ironnet")
}
