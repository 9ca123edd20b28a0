package main

import (
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"tqmap/engine"
	"tqmap/examples/devo"
)

// lookupTarget is a collector, and how a run gets there.
func lookupTarget(t *testing.T) (*devo.Simulator, exportTarget, *exportSink) {
	sim, err := devo.New(devo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	address, err := sim.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	papers := sim.Identity()
	return sim, exportTarget{name: "devo", flow: "iocs"}, &exportSink{
		params: func(string) []string {
			return []string{"region=" + address, "lookup_name=iocs", "collection=" + exportCollection, "threatq_hostname=tq.example", "pause=0s", "retry_wait=10ms"}
		},
		env: []string{"TQMAP_DEVO_CERT_PEM=" + papers.Certificate, "TQMAP_DEVO_KEY_PEM=" + papers.Key, "TQMAP_DEVO_CHAIN_PEM=" + papers.Chain},
	}
}

// All rows of a large collection arrive in one session. Memory does not hold them.
func TestLookupExportedAtOnce(t *testing.T) {
	n := scale(t) * 10 / 11
	rows := n + (n+9)/10 // with those of another type, which a lookup takes as well
	library := serve(t, stocked(t, n).Handler())
	for _, mode := range []string{"full", "incremental"} {
		t.Run(fmt.Sprintf("%d %s", rows, mode), func(t *testing.T) {
			sim, to, sink := lookupTarget(t)
			run := exportRun(t, to, sink, "", library)
			for i, want := range []engine.FlowReport{{Created: rows}, {Unchanged: rows}} {
				cmd := run("mode=" + mode)
				report := finish(t, cmd)
				checkMemory(t, cmd, 150)
				if f := report.Flows[0]; report.Outcome != engine.Ok || f.Created != want.Created || f.Unchanged != want.Unchanged {
					t.Fatalf("run %d: %s %+v\n%s", i+1, report.Outcome, f, cmd.Stderr)
				}
				if s := sim.Sessions(); len(s) != 1 || s[0].State != "applied" || s[0].Rows != rows || sim.Count("iocs") != rows {
					t.Fatalf("run %d: %d rows of %d, sessions %+v", i+1, sim.Count("iocs"), rows, s)
				}
			}
		})
	}
}

// held lets the first call of a path wait for release, and others pass.
type held struct {
	h                http.Handler
	path             string
	came             atomic.Bool
	reached, release chan struct{}
}

func (g *held) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == g.path && g.came.CompareAndSwap(false, true) {
		close(g.reached)
		select {
		case <-g.release:
		case <-r.Context().Done():
		}
	}
	g.h.ServeHTTP(w, r)
}

// hanging starts a run that waits for the library while it holds the lock, or would.
func hanging(t *testing.T, flags ...string) (start func(flags ...string) *exec.Cmd, first *exec.Cmd, g *held, sim *devo.Simulator) {
	t.Helper()
	g = &held{h: stocked(t, 10).Handler(), path: "/api/indicators/query", reached: make(chan struct{}), release: make(chan struct{})}
	sim, to, sink := lookupTarget(t)
	run := exportRun(t, to, sink, "", serve(t, g))
	start = func(flags ...string) *exec.Cmd {
		cmd := run()
		cmd.Args = append(cmd.Args, flags...)
		return cmd
	}
	first = start(flags...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	<-g.reached
	return start, first, g, sim
}

func codeOf(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit == nil {
		return 0
	}
	return exit.ExitCode()
}

// A run that hangs is left alone within its time, and ended by the next one after it.
func TestPreviousRunIsEnded(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only here it is known whether a process is the one that took the lock")
	}
	start, first, g, sim := hanging(t)
	defer close(g.release)
	for _, flags := range [][]string{nil, {"--pid-timeout", "0"}} {
		if code := codeOf(t, start(flags...).Run()); code != exitLocked {
			t.Fatalf("%v: exit code %d beside a run that hangs, want %d", flags, code, exitLocked)
		}
	}
	second, code := start("--pid-timeout", "1"), exitLocked
	for range 1000 { // until that second is over
		if code = codeOf(t, second.Run()); code != exitLocked {
			break
		}
		second = start("--pid-timeout", "1")
	}
	if log := fmt.Sprint(second.Stderr); code != 0 || !strings.Contains(log, "the previous run has taken too long, and is ended") {
		t.Fatalf("exit code %d of the next run\n%s", code, log)
	}
	if code := codeOf(t, first.Wait()); code == 0 {
		t.Error("the run that was ended says that all is well")
	}
	if n := sim.Count("iocs"); n != 11 {
		t.Errorf("%d rows, want 11", n)
	}
}

// Without a lock runs go on side by side, under the name that the setting had as well.
func TestRunsSideBySide(t *testing.T) {
	start, first, g, sim := hanging(t, "--no-pid")
	if code := codeOf(t, start("--allow-multiple-runs").Run()); code != 0 {
		t.Fatalf("exit code %d beside a run without a lock", code)
	}
	if n := sim.Count("iocs"); n != 11 {
		t.Errorf("%d rows, want 11", n)
	}
	close(g.release)
	if code := codeOf(t, first.Wait()); code != 0 {
		t.Errorf("exit code %d of the first run\n%s", code, first.Stderr)
	}
	if s := sim.Sessions(); len(s) != 2 || s[1].State != "applied" {
		t.Errorf("sessions %+v, want one of each run", s)
	}
}
