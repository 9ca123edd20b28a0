package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tqmap/engine"
	"tqmap/examples/ironnet"
	"tqmap/examples/threatq"
)

// scale is how many alerts the crash test brings in, and how many items it sends out: TQMAP_SCALE, or few enough
// to be run with every change. `make scale` takes 100,000.
func scale(t *testing.T) int {
	text := os.Getenv("TQMAP_SCALE")
	switch {
	case text == "" && raceDetector:
		return 1000
	case text == "":
		return 4000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const pageSize = 250

// binary is this test binary under the name that makes it behave as tqmap.
func binary(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "tqmap-measured")
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// gate lets calls pass to h until the nth POST of a path, which it holds: before
// or after h has done its work. reached is closed then.
type gate struct {
	h       http.Handler
	path    string
	after   bool
	left    atomic.Int64
	reached chan struct{}
	over    <-chan struct{}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != "POST" || r.URL.Path != g.path || g.left.Add(-1) != 0 {
		g.h.ServeHTTP(w, r)
		return
	}
	if g.after {
		g.h.ServeHTTP(httptest.NewRecorder(), r) // written, but nobody hears of it
	}
	close(g.reached)
	<-g.over
}

// A run that is killed in the middle of a write, and run again, ends with every
// alert in the library exactly once; memory does not grow with the volume.
func TestKilledRunLosesAndDoublesNothing(t *testing.T) {
	n := scale(t)
	for _, tc := range []struct {
		name  string
		after bool
	}{{"before ThreatQ has written", false}, {"after ThreatQ has written", true}} {
		t.Run(tc.name, func(t *testing.T) {
			appliance, err := ironnet.New(ironnet.Options{Alerts: n, Seed: 7, PageCap: 1000})
			if err != nil {
				t.Fatal(err)
			}
			defer appliance.Close()
			library, err := threatq.Open(t.Context(), threatq.Options{Path: filepath.Join(t.TempDir(), "library.db"), ExistingFlag: true, BodyCap: -1})
			if err != nil {
				t.Fatal(err)
			}
			defer library.Close()
			over := make(chan struct{})
			g := &gate{h: library.Handler(), path: "/api/events/consume", after: tc.after, reached: make(chan struct{}), over: over}
			g.left.Store(int64(n/pageSize)/2 + 1)
			run := connectorRun(t, serve(t, appliance.Handler()), serve(t, g))

			kill(t, run(), g.reached)
			close(over)

			second := run()
			report := finish(t, second)
			checkMemory(t, second, 200)
			if report.Outcome != engine.Ok {
				t.Errorf("outcome %s after the kill: %+v", report.Outcome, report.Flows[1])
			}
			exactlyOnce(t, appliance, library, n)
			if third := finish(t, run()); third.Flows[1].Created+third.Flows[1].Updated != 0 {
				t.Errorf("a third run wrote: %+v", third.Flows[1])
			}
		})
	}
}

// kill starts a run and ends it once it has reached the gate.
func kill(t *testing.T, cmd *exec.Cmd, reached <-chan struct{}) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	select {
	case <-reached:
	case err := <-exited:
		t.Fatalf("the run ended before it was killed: %v\n%s", err, cmd.Stderr)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-exited
}

func serve(t *testing.T, h http.Handler) string {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.CloseClientConnections)
	t.Cleanup(srv.Close)
	return srv.URL
}

// connectorRun makes the command of a run against the two servers.
func connectorRun(t *testing.T, appliance, library string) func() *exec.Cmd {
	tqmap, dir := binary(t), t.TempDir()
	return func() *exec.Cmd {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		t.Cleanup(cancel)
		cmd := exec.CommandContext(ctx, tqmap, "run", "ironnet", "-c", dir, "--format", "json", "-v1",
			"--param", "hostname="+appliance, "--param", "username="+ironnet.DefaultUsername, "--param", "initial_query_range=4",
			"--param", "severity_lower_bound=0", "--param", "page_size="+strconv.Itoa(pageSize))
		cmd.Env = append(os.Environ(), "TQMAP_IRONNET_PASSWORD="+ironnet.DefaultPassword,
			"TQMAP_THREATQ_HOST="+library, "TQMAP_THREATQ_CLIENT_ID="+threatq.DefaultClientID,
			"TQMAP_THREATQ_USERNAME="+threatq.DefaultUsername, "TQMAP_THREATQ_PASSWORD="+threatq.DefaultPassword, "PEAK_FILE="+filepath.Join(dir, "peak"))
		cmd.Stderr = &strings.Builder{}
		return cmd
	}
}

func finish(t *testing.T, cmd *exec.Cmd) *engine.Report {
	t.Helper()
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var report engine.Report
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("no report: %v\n%s\n%s", err, out, cmd.Stderr)
	}
	return &report
}

// exactlyOnce compares the library with the appliance, alert by alert.
func exactlyOnce(t *testing.T, appliance *ironnet.Simulator, library *threatq.Library, n int) {
	t.Helper()
	counts, err := library.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids, err := library.AttributeValues(t.Context(), "events", "Alert ID")
	if err != nil {
		t.Fatal(err)
	}
	if counts["events"] != n || len(ids) != n {
		t.Errorf("%d events with %d alert ids, want %d of each", counts["events"], len(ids), n)
	}
	for id, times := range ids {
		if _, ok := appliance.Alert(id); !ok || times != 1 {
			t.Fatalf("alert %s is there %d times (known to the appliance: %v)", id, times, ok)
		}
	}
}

// checkMemory wants the peak of a command to be at most so many MB.
func checkMemory(t *testing.T, cmd *exec.Cmd, most int) {
	t.Helper()
	var peak int
	status, err := os.ReadFile(peakFile(cmd))
	if at := strings.Index(string(status), "VmHWM:"); err == nil && at >= 0 {
		_, err = fmt.Sscanf(string(status)[at:], "VmHWM: %d kB", &peak)
	}
	if err != nil || peak == 0 {
		t.Log("left out: peak memory, which this system does not tell")
		return
	}
	peak /= 1024
	t.Logf("peak memory %d MB, user %s, system %s", peak, cmd.ProcessState.UserTime().Round(time.Millisecond), cmd.ProcessState.SystemTime().Round(time.Millisecond))
	if raceDetector {
		t.Log("left out: the bound on memory, because the race detector multiplies it")
		return
	}
	if peak > most {
		t.Errorf("peak memory %d MB, want at most %d", peak, most)
	}
}

// peakFile is where the command tells its peak.
func peakFile(cmd *exec.Cmd) string {
	for _, v := range cmd.Env {
		if file, ok := strings.CutPrefix(v, "PEAK_FILE="); ok {
			return file
		}
	}
	return ""
}
