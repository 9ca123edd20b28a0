package state

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tqmap/engine"
)

// childEnv tells the test binary to be a run that will be killed.
const childEnv = "TQMAP_TEST_STATE_CHILD"

func TestMain(m *testing.M) {
	if place := os.Getenv(childEnv); place != "" {
		fmt.Fprintln(os.Stderr, child(place))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

var epoch = time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)

// step is the nth commit of the child.
func step(n int) engine.Commit {
	name := strconv.Itoa(n)
	c := engine.Commit{Checkpoint: &engine.Checkpoint{Cursor: epoch.Add(time.Duration(n)), Boundary: map[string]string{name: name}}}
	for i := range 50 {
		c.Entries = append(c.Entries, engine.Entry{EntryKey: engine.EntryKey{Rule: name, Key: strconv.Itoa(i)}, Hash: name})
	}
	return c
}

// child commits until it is killed, and prints a line after each commit.
func child(place string) error {
	ctx, name, open := context.Background(), cmp.Or(os.Getenv("TQMAP_TEST_STATE_NAME"), "x"), Open
	if strings.Contains(place, "://") {
		open = OpenDatabase
	}
	s, err := open(ctx, place)
	if err != nil {
		return err
	}
	if os.Getenv("TQMAP_TEST_STATE_DEAF") != "" {
		signal.Ignore(syscall.SIGTERM)
	}
	l, err := s.Lock(ctx, name, Owner{})
	if err != nil {
		return err
	}
	if _, err := s.StartRun(ctx, name); err != nil {
		return err
	}
	for n := 1; ; n++ {
		if err := l.Instance().Commit(ctx, "alerts", step(n)); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

func TestKilledRun(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	for lines := bufio.NewScanner(out); acknowledged < 20 && lines.Scan(); {
		if acknowledged, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
	}
	s := openTest(t, dir, time.Now)
	var locked *LockedError
	if _, err := s.Lock(t.Context(), "x", Owner{}); !errors.As(err, &locked) || locked.PID != cmd.Process.Pid {
		t.Errorf("lock of a living child: %v, want it locked by %d", err, cmd.Process.Pid)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the killed child reports success")
	}
	l := mustLock(t, s, "x", Owner{})
	checkSteps(t, l.Instance(), acknowledged)
	runs, err := s.Runs(t.Context(), "x", 1)
	if err != nil || len(runs) != 1 || runs[0].Outcome != Interrupted || !runs[0].Finished.IsZero() {
		t.Errorf("history: %+v, %v; want one interrupted run", runs, err)
	}
}

// checkSteps: every acknowledged commit is there, the last one whole, and
// nothing of a later one.
func checkSteps(t *testing.T, i *Instance, acknowledged int) {
	t.Helper()
	at, err := i.Checkpoint(t.Context(), "alerts")
	if err != nil {
		t.Fatal(err)
	}
	last := int(at.Cursor.Sub(epoch))
	if last < acknowledged {
		t.Errorf("the cursor is at step %d, but %d was acknowledged", last, acknowledged)
	}
	if name := strconv.Itoa(last); len(at.Boundary) != 1 || at.Boundary[name] != name {
		t.Errorf("boundary %v is not that of step %d", at.Boundary, last)
	}
	for n := 1; n <= last+1; n++ {
		var keys []engine.EntryKey
		for _, e := range step(n).Entries {
			keys = append(keys, e.EntryKey)
		}
		want := len(keys)
		if n > last {
			want = 0
		}
		if got, err := i.Ledger(t.Context(), "alerts", keys); err != nil || len(got) != want {
			t.Errorf("step %d of %d left %d ledger entries, want %d (%v)", n, last, len(got), want, err)
		}
	}
}
