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

// The library alone, stocked: what is printed for editing it works as it stands there, and
// what was edited is still there the next time.
func TestSandboxLibraryIsEdited(t *testing.T) {
	dir := t.TempDir()
	for round := range 2 {
		ctx, stop := context.WithCancel(t.Context())
		out, in := io.Pipe()
		a := &app{stdout: in, stderr: io.Discard, getenv: func(string) string { return "" }, now: time.Now}
		ended := make(chan int, 1)
		go func() {
			ended <- a.main(ctx, []string{"tqmap", "sandbox", "threatq", "--indicators", "20", "--dir", dir})
			in.Close()
		}()
		var commands []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if line := strings.TrimSpace(lines.Text()); strings.HasPrefix(line, "curl ") {
				commands = append(commands, line)
			}
			if strings.HasPrefix(lines.Text(), "Stop with") {
				break
			}
		}
		if len(commands) != 5 {
			t.Fatalf("%d commands: %q", len(commands), commands)
		}
		get := func(query string) string { return curl(t, strings.SplitN(commands[0], "?", 2)[0]+query) }
		if round == 0 {
			for _, command := range commands {
				curl(t, command)
			}
		}
		if got := get("?value=new.example&with=tags"); !strings.Contains(got, `"total":1`) || !strings.Contains(got, `"block"`) {
			t.Errorf("round %d: %s", round, got)
		}
		if got := get("?limit=1"); !strings.Contains(got, `"total":20`) { // one more, one less
			t.Errorf("round %d: %s", round, got)
		}
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d", code)
		}
	}
}

var curlArgs = regexp.MustCompile(`'[^']*'|\S+`)

// curl does what the command line says, as far as the sandbox prints any.
func curl(t *testing.T, command string) string {
	t.Helper()
	method, url, body := "", "", ""
	args := curlArgs.FindAllString(command, -1)[1:]
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "-X":
			i++
			method = args[i]
		case "-d":
			i++
			body = strings.Trim(args[i], "'")
		default:
			url = args[i]
		}
	}
	if method == "" && body != "" {
		method = "POST"
	}
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode > 299 {
		t.Errorf("%s: %s %s %v", command, resp.Status, text, err)
	}
	return string(text)
}
