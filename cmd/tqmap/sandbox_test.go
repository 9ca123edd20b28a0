package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The simulators alone: addresses and credentials are printed, faults work, and
// it serves until it is stopped.
func TestSandboxServesUntilStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	a := &app{stdout: in, stderr: io.Discard, getenv: func(string) string { return "" }, now: time.Now}
	ended := make(chan int, 1)
	go func() {
		ended <- a.main(ctx, []string{"tqmap", "sandbox", "ironnet", "--listen", "127.0.0.1:0", "--fault", "503 on=GetAlerts"})
		in.Close()
	}()
	var text strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "Stop with") {
			break
		}
	}
	for _, want := range []string{`(?m)^ironnet appliance +(http://127\.0\.0\.1:\d+)$`, `--param username=`, `--param password=`, `TQMAP_THREATQ_HOST=http://127\.0\.0\.1:\d+`, `TQMAP_THREATQ_CLIENT_ID=`} {
		if !regexp.MustCompile(want).MatchString(text.String()) {
			t.Errorf("%q is not in:\n%s", want, &text)
		}
	}
	url := regexp.MustCompile(`appliance +(\S+)`).FindStringSubmatch(text.String())[1]
	resp, err := http.Post(url+"/IronApi/GetAlerts", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503 of the fault switch", resp.StatusCode)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d after it was stopped", code)
	}
}
