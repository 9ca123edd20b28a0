package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A recording is served: what is printed leads a run to it, whatever the password, and what was
// not recorded is told as JSON.
func TestSandboxServesARecording(t *testing.T) {
	r, box := newRecorded(t, "ironnet")
	live := r.preview()
	r.record("served.recording")
	box.Close()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	a := &app{stdout: in, stderr: io.Discard, getenv: func(string) string { return "" }, now: time.Now}
	ended := make(chan int, 1)
	go func() {
		ended <- a.main(ctx, []string{"tqmap", "sandbox", r.file("served.recording"), "--listen", "127.0.0.1:0"})
		in.Close()
	}()
	var text strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "Stop with") {
			break
		}
	}
	command := regexp.MustCompile(`(?m)^  tqmap (preview ironnet .*)$`).FindStringSubmatch(text.String())
	if command == nil {
		t.Fatalf("no command in:\n%s", &text)
	}
	delete(r.env, "TQMAP_THREATQ_CLIENT_SECRET")
	for range 2 {
		args := append(strings.Fields(command[1]), "--param", "password=another", "--param", "username=tq@example.com", "--format", "json", "-c", r.dir, "-v", "1")
		if got := r.tqmap(0, args...); got != live {
			t.Errorf("served otherwise than seen:\n%s", firstDifference(live, got))
		}
	}
	at := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(text.String())
	resp, err := http.Get(at + "/IronApi/Other")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotImplemented || !strings.Contains(string(body), `"nearest":"POST /IronApi/`) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d after it was stopped", code)
	}
}

// Ctrl-C keeps what is complete, and replays as far.
func TestStoppedRecordingKeepsWhatIsComplete(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Query().Get("cursor") == "" {
			fmt.Fprint(w, `{"items":[{"id":1,"at":"2026-01-01T00:00:00Z"}],"next":"n2"}`)
			return
		}
		stop()
		<-q.Context().Done()
	}))
	defer server.Close()
	dir := t.TempDir()
	mapping := filepath.Join(dir, "probe.hcl")
	if err := os.WriteFile(mapping, fmt.Appendf(nil, `
connector "probe" {
  title  = "Probe"
  source = "Probe"
}
client "api" { base_url = %q }
flow "all" {
  source "http" {
    client = client.api
    request {
      path  = "/items"
      query = { cursor = page.cursor }
    }
    paginate "cursor" { next = jq(".next") }
  }
  record "r" {
    extract = jq(".items[]")
    key     = expr("r.id")
  }
  event "x" {
    type        = "Incident"
    title       = expr("'No. ' + string(r.id)")
    happened_at = expr("r.at")
  }
}
`, server.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "stopped.recording")
	var out bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &out, getenv: func(string) string { return "" }, now: time.Now}
	if code := a.main(ctx, []string{"tqmap", "record", mapping, "-o", file, "-c", dir}); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(out.String(), "1 exchange, 1 record.") || !strings.Contains(out.String(), "the file holds what came before") {
		t.Error(out.String())
	}
	if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), "n2=") || strings.Count(string(text), "-- answer --") != 1 {
		t.Errorf("%v\n%s", err, text)
	}
}
