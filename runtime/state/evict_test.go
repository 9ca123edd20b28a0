package state_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"tqmap/runtime/state"
	"tqmap/runtime/state/statetest"
)

// places are where a state may be, each empty.
func places(t *testing.T, test func(t *testing.T, open func(...state.Option) *state.Store, place string)) {
	for name, place := range map[string]func(*testing.T) string{
		"file":     func(t *testing.T) string { return t.TempDir() },
		"database": func(t *testing.T) string { return statetest.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			at := place(t)
			test(t, func(o ...state.Option) *state.Store {
				open := state.Open
				if name == "database" {
					open = state.OpenDatabase
				}
				s, err := open(t.Context(), at, o...)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				return s
			}, at)
		})
	}
}

// holding starts a process that holds the lock of x and commits all the time.
func holding(t *testing.T, place string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(append(os.Environ(), "TQMAP_TEST_STATE_CHILD="+place), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(out).Scan() {
		t.Fatal("the process ended")
	}
	return cmd
}

// A run that takes too long is ended, by force where it does not listen, and another has its lock.
func TestOverdueProcessIsEnded(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only here it is known whether a process is the one that took the lock")
	}
	places(t, func(t *testing.T, open func(...state.Option) *state.Store, place string) {
		for _, c := range []struct {
			name, env string
			by        syscall.Signal
		}{
			{"it listens", "", syscall.SIGTERM},
			{"it does not", "TQMAP_TEST_STATE_DEAF=yes", syscall.SIGKILL},
		} {
			t.Run(c.name, func(t *testing.T) {
				cmd := holding(t, place, c.env)
				later := state.Clock(func() time.Time { return time.Now().Add(time.Minute) })
				s := open(later, state.Grace(100*time.Millisecond))
				if c.by == syscall.SIGTERM {
					s = open(later)
				}
				if _, err := s.Lock(t.Context(), "x", state.Owner{KillAfter: time.Hour}); !errors.Is(err, state.ErrLocked) {
					t.Fatalf("lock of a run in its time: %v, want ErrLocked", err)
				}
				var told []int
				l, err := s.Lock(t.Context(), "x", state.Owner{KillAfter: time.Second, Ending: func(h state.Holder) { told = append(told, h.PID) }})
				if err != nil {
					t.Fatal(err)
				}
				defer l.Release()
				if len(told) != 1 || told[0] != cmd.Process.Pid {
					t.Errorf("told of %v, want %d", told, cmd.Process.Pid)
				}
				_ = cmd.Wait() // how it ended is asked below
				if how := cmd.ProcessState.Sys().(syscall.WaitStatus); !how.Signaled() || how.Signal() != c.by {
					t.Errorf("it ended with %v, want %v", how, c.by)
				}
				if err := l.Instance().Commit(t.Context(), "alerts", at(1)); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

// A process that merely has the number of the one that took the lock is none of ours; nor can one of another
// machine be ended. Either loses the lock all the same.
func TestOverdueProcessThatIsNotOurs(t *testing.T) {
	places(t, func(t *testing.T, open func(...state.Option) *state.Store, place string) {
		s := open(state.Clock(func() time.Time { return time.Now().Add(time.Minute) }))
		bystander := exec.CommandContext(t.Context(), os.Args[0])
		bystander.Env = append(os.Environ(), "TQMAP_TEST_STATE_CHILD="+t.TempDir(), "TQMAP_TEST_STATE_NAME=other")
		out, err := bystander.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := bystander.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		lines.Scan()
		held, err := open().Lock(t.Context(), "x", state.Owner{Host: "elsewhere", PID: bystander.Process.Pid})
		if err != nil {
			t.Fatal(err)
		}
		l, err := s.Lock(t.Context(), "x", state.Owner{KillAfter: time.Second, Ending: func(h state.Holder) { t.Errorf("%+v is to be ended", h) }})
		if err != nil {
			t.Fatal(err)
		}
		if err := held.Instance().Commit(t.Context(), "alerts", at(1)); !errors.Is(err, state.ErrFenced) {
			t.Errorf("commit of the run that came back: %v, want ErrFenced", err)
		}
		if !lines.Scan() {
			t.Error("the process of another was ended")
		}
		if err := errors.Join(l.Release(), held.Release()); err != nil {
			t.Error(err)
		}
	})
}

func TestShare(t *testing.T) {
	places(t, func(t *testing.T, open func(...state.Option) *state.Store, _ string) {
		one, two := open(), open()
		a, err := one.Share(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		b, err := two.Share(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		for n, i := range []*state.Instance{a, b, a} {
			if err := i.Commit(t.Context(), "alerts", at(n+1)); err != nil {
				t.Errorf("commit %d side by side: %v", n+1, err)
			}
		}
		if got := entries(t, b); got != 3 {
			t.Errorf("%d entries, want one of each commit", got)
		}
		l, err := two.Lock(t.Context(), "x", state.Owner{})
		if err != nil {
			t.Fatalf("lock beside those that have none: %v", err)
		}
		if _, err := one.Share(t.Context(), "x"); !errors.Is(err, state.ErrLocked) {
			t.Errorf("share of what is locked: %v, want ErrLocked", err)
		}
		for range 2 { // while it is locked, and then
			if err := a.Commit(t.Context(), "alerts", at(4)); !errors.Is(err, state.ErrFenced) {
				t.Errorf("commit beside the lock: %v, want ErrFenced", err)
			}
			if err := l.Release(); err != nil {
				t.Fatal(err)
			}
		}
		c, err := one.Share(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Commit(t.Context(), "alerts", at(5)); err != nil {
			t.Error(err)
		}
	})
}
