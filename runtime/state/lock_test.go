package state

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine"
)

// clock is a time that only tests move.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{now: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time          { return c.now }
func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

func openTest(t *testing.T, dir string, now func() time.Time) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, Clock(now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// mustLock takes a lock and leaves releasing it to the end of the test.
func mustLock(t *testing.T, s *Store, instance string, o Owner) *Lock {
	t.Helper()
	l, err := s.Lock(t.Context(), instance, o)
	if err != nil {
		t.Fatalf("lock: %v", err)
	}
	t.Cleanup(func() {
		if err := l.Release(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func commitOne(t *testing.T, i *Instance) error {
	return i.Commit(t.Context(), "alerts", engine.Commit{Entries: []engine.Entry{{EntryKey: engine.EntryKey{Key: "a"}, Hash: "1"}}})
}

func TestLockExcludes(t *testing.T) {
	c, dir := newClock(), t.TempDir()
	s, other := openTest(t, dir, c.Now), openTest(t, dir, c.Now)
	first := mustLock(t, s, "x", Owner{Host: "elsewhere", PID: 7})
	c.advance(90 * time.Second)

	_, err := other.Lock(t.Context(), "x", Owner{})
	var locked *LockedError
	if !errors.Is(err, ErrLocked) || !errors.As(err, &locked) {
		t.Fatalf("second lock: %v, want a LockedError", err)
	}
	if locked.Host != "elsewhere" || locked.PID != 7 || locked.Age != 90*time.Second || !locked.Started.Equal(newClock().now) {
		t.Errorf("holder: %+v", locked)
	}
	for _, words := range []string{"process 7 on elsewhere", "since 2024-05-01T12:00:00Z", "1m30s", "tqmap unlock x"} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("%q does not say %q", err, words)
		}
	}
	mustLock(t, other, "y", Owner{}) // another instance is free

	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	second := mustLock(t, other, "x", Owner{})
	if second.token <= first.token {
		t.Errorf("token %d after %d does not grow", second.token, first.token)
	}
}

func TestLockIsWonByOne(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	results := make(chan error, 8)
	for range cap(results) {
		s := openTest(t, dir, time.Now)
		all.Go(func() {
			l, err := s.Lock(t.Context(), "x", Owner{})
			if err == nil {
				t.Cleanup(func() { l.Release() })
			}
			results <- err
		})
	}
	all.Wait()
	close(results)
	won := 0
	for err := range results {
		if err == nil {
			won++
		} else if !errors.Is(err, ErrLocked) {
			t.Errorf("got %v, want ErrLocked", err)
		}
	}
	if won != 1 {
		t.Errorf("%d have the lock, want 1", won)
	}
}

func TestLockTakenOver(t *testing.T) {
	here := hostname()
	self := func(change func(*holder)) holder {
		_, pid, who := Owner{}.identity()
		h := holder{id: "someone", token: 41, host: here, pid: pid, process: who}
		change(&h)
		return h
	}
	for _, c := range []struct {
		name  string
		held  holder
		ago   time.Duration // of start and last heartbeat
		owner Owner
		taken bool
	}{
		{name: "alive here", held: self(func(*holder) {}), ago: StaleAfter},
		{name: "hangs here", held: self(func(*holder) {}), ago: StaleAfter + 1, taken: true},
		{name: "its number is of another process now", held: self(func(h *holder) { h.process.birth = "1" }), taken: true},
		{name: "nothing is known but its number", held: self(func(h *holder) { h.process.birth = "" })},
		{name: "before the machine restarted", held: self(func(h *holder) { h.process.boot = "an earlier one" }), taken: true},
		{name: "in another container", held: self(func(h *holder) { h.process.namespace, h.pid = "pid:[1]", 1<<30 })},
		{name: "no such process", held: self(func(h *holder) { h.pid = 1 << 30 }), taken: true},
		{name: "no such process, but elsewhere", held: self(func(h *holder) { h.host, h.pid = "elsewhere", 1<<30 })},
		{name: "silent elsewhere", held: self(func(h *holder) { h.host = "elsewhere" }), ago: StaleAfter + 1, taken: true},
		{name: "clock set back", held: self(func(h *holder) { h.host = "elsewhere" }), ago: -StaleAfter - 1, taken: true},
		{name: "clock a little off", held: self(func(h *holder) { h.host = "elsewhere" }), ago: -time.Minute},
		{name: "too long a run", held: self(func(*holder) {}), ago: 61 * time.Second, owner: Owner{KillAfter: time.Minute}, taken: true},
		{name: "not too long a run", held: self(func(*holder) {}), ago: 60 * time.Second, owner: Owner{KillAfter: time.Minute}},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := newClock()
			s := openTest(t, t.TempDir(), now.Now)
			at, err := encodeTime(now.now.Add(-c.ago))
			if err != nil {
				t.Fatal(err)
			}
			h := c.held
			if _, err := s.db.Exec(`INSERT INTO lock VALUES ('x', ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				h.token, h.id, h.host, h.pid, h.process.boot, h.process.namespace, h.process.birth, at, at); err != nil {
				t.Fatal(err)
			}
			dead := c.taken && c.owner.KillAfter == 0
			if err := commitOne(t, s.Instance("x")); dead && err != nil || !dead && !errors.Is(err, ErrLocked) {
				t.Errorf("commit without the lock, holder dead: %v: %v", dead, err)
			}
			l, err := s.Lock(t.Context(), "x", c.owner)
			if !c.taken {
				if !errors.Is(err, ErrLocked) {
					t.Fatalf("lock: %v, want ErrLocked", err)
				}
				return
			}
			if err != nil {
				t.Fatalf("lock: %v", err)
			}
			defer l.Release()
			if l.token != 42 {
				t.Errorf("token %d, want 42", l.token)
			}
		})
	}
}

func TestFencing(t *testing.T) {
	for _, c := range []struct {
		name string
		lose func(*testing.T, *Store, *Lock)
	}{
		{"taken over", func(t *testing.T, s *Store, l *Lock) { mustLock(t, s, "x", Owner{KillAfter: time.Second}) }},
		{"taken over and given back", func(t *testing.T, s *Store, l *Lock) {
			if err := mustLock(t, s, "x", Owner{KillAfter: time.Second}).Release(); err != nil {
				t.Fatal(err)
			}
		}},
		{"unlocked", func(t *testing.T, s *Store, l *Lock) {
			was, err := s.Unlock(t.Context(), "x", true)
			if err != nil || was == nil || was.PID == 0 {
				t.Fatalf("unlock: %v, %v", was, err)
			}
		}},
		{"released", func(t *testing.T, s *Store, l *Lock) {
			if err := l.Release(); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := newClock()
			s := openTest(t, t.TempDir(), now.Now)
			l := mustLock(t, s, "x", Owner{})
			mine := l.Instance()
			if err := commitOne(t, mine); err != nil {
				t.Fatalf("with the lock: %v", err)
			}
			now.advance(time.Minute)
			c.lose(t, s, l)
			if err := mine.Commit(t.Context(), "late", engine.Commit{Checkpoint: &engine.Checkpoint{Cursor: now.now}}); !errors.Is(err, ErrFenced) {
				t.Errorf("commit without the lock: %v, want ErrFenced", err)
			}
			if err := mine.DropDeadLetter(t.Context(), 1); !errors.Is(err, ErrFenced) {
				t.Errorf("drop without the lock: %v, want ErrFenced", err)
			}
			if err := mine.Forget(t.Context(), "alerts"); !errors.Is(err, ErrFenced) {
				t.Errorf("forget without the lock: %v, want ErrFenced", err)
			}
			if at, err := mine.Checkpoint(t.Context(), "late"); err != nil || !at.Cursor.IsZero() {
				t.Errorf("a fenced commit left %v, %v", at, err)
			}
		})
	}
}

func TestReleaseLeavesTheLockOfAnother(t *testing.T) {
	now := newClock()
	s := openTest(t, t.TempDir(), now.Now)
	first := mustLock(t, s, "x", Owner{})
	now.advance(time.Minute)
	second := mustLock(t, s, "x", Owner{KillAfter: time.Second})
	for range 2 {
		if err := first.Release(); err != nil {
			t.Fatal(err)
		}
	}
	if err := commitOne(t, second.Instance()); err != nil {
		t.Errorf("the second holder: %v", err)
	}
}

func TestUnlockFree(t *testing.T) {
	s := openTest(t, t.TempDir(), time.Now)
	if was, err := s.Unlock(t.Context(), "x", true); was != nil || err != nil {
		t.Errorf("got %v, %v; want nothing", was, err)
	}
}

func TestUnlockSparesTheLiving(t *testing.T) {
	for _, c := range []struct {
		name  string
		owner Owner
		ago   time.Duration
		alive bool
		gone  bool
	}{
		{name: "U56 this process", alive: true},
		{name: "U56 this process, silent", ago: StaleAfter + 1, gone: true},
		{name: "U56 elsewhere", owner: Owner{Host: "elsewhere"}},
		{name: "U56 no such process", owner: Owner{PID: 1 << 30}, gone: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := newClock()
			s := openTest(t, t.TempDir(), now.Now)
			mustLock(t, s, "x", c.owner)
			now.advance(c.ago)
			if h, err := s.Holder(t.Context(), "x"); err != nil || h.Alive != c.alive || h.Gone != c.gone || h.PID == 0 {
				t.Errorf("holder %+v, %v; want alive %v, gone %v", h, err, c.alive, c.gone)
			}
			was, err := s.Unlock(t.Context(), "x", false)
			if was == nil || errors.Is(err, ErrLocked) != c.alive || err != nil && !c.alive {
				t.Errorf("unlock: %+v, %v; want refused: %v", was, err, c.alive)
			}
			if h, err := s.Holder(t.Context(), "x"); err != nil || (h != nil) != c.alive {
				t.Errorf("then holder %+v, %v; want one: %v", h, err, c.alive)
			}
		})
	}
}

func TestHeartbeatKeepsTheLock(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openTest(t, dir, time.Now)
		l := mustLock(t, s, "x", Owner{Host: "elsewhere"})
		time.Sleep(10 * StaleAfter) // of the bubble: takes no time
		synctest.Wait()
		if _, err := s.Lock(t.Context(), "x", Owner{}); !errors.Is(err, ErrLocked) {
			t.Errorf("lock of a beating holder: %v, want ErrLocked", err)
		}
		if err := l.Release(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-l.Lost():
			t.Error("a released lock is reported as lost")
		default:
		}
	})
}

func TestLostTellsTheRun(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openTest(t, dir, time.Now)
		l := mustLock(t, s, "x", Owner{})
		if _, err := s.Unlock(t.Context(), "x", true); err != nil {
			t.Fatal(err)
		}
		select {
		case <-l.Lost():
		case <-time.After(StaleAfter):
			t.Error("not told within StaleAfter")
		}
	})
}

func TestParseStat(t *testing.T) {
	const rest = " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21"
	for _, c := range []struct{ text, state, birth string }{
		{"12 (tqmap) S" + rest, "S", "4711"},
		{"12 (a b) c) (d)) Z" + rest, "Z", "4711"},
		{"12 (tqmap) S 1 2", "", ""},
		{"", "", ""},
	} {
		if state, birth := parseStat(c.text); state != c.state || birth != c.birth {
			t.Errorf("%q: got %q, %q; want %q, %q", c.text, state, birth, c.state, c.birth)
		}
	}
}
