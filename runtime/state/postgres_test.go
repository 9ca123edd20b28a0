package state_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tqmap/engine"
	"tqmap/runtime/state"
	"tqmap/runtime/state/statetest"
)

// at is a commit that moves the cursor by n nanoseconds and adds one entry.
func at(n int) engine.Commit {
	return engine.Commit{
		Checkpoint: &engine.Checkpoint{Cursor: time.Date(2024, 5, 1, 0, 0, 0, n, time.UTC)},
		Entries:    []engine.Entry{{EntryKey: engine.EntryKey{Rule: "r", Key: strconv.Itoa(n)}, Hash: "1"}},
	}
}

func entries(t *testing.T, i *state.Instance) (n int) {
	t.Helper()
	if err := i.Entries(t.Context(), "alerts", "", "", func(engine.Entry) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// changed is address with its parts changed.
func changed(t *testing.T, address string, change func(*url.URL, url.Values)) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	change(u, q)
	u.RawQuery = q.Encode()
	return u.String()
}

func TestDatabaseErrors(t *testing.T) {
	const secret = "pass%2Fword-that-nobody-may-see"
	for _, c := range []struct {
		name    string
		address func(*testing.T) string
		want    error
		says    []string
	}{
		{"no address", func(*testing.T) string { return "tqmap:" + secret + "@db" }, state.ErrUnwritable, []string{"postgres://tqmap@db.example.com"}},
		{"bad address", func(*testing.T) string { return "postgres://tqmap:" + secret + "%zz@db:port/x" }, state.ErrUnwritable, []string{"cannot be read", "PGPASSWORD"}},
		{"server down", func(*testing.T) string { return "postgres://tqmap:" + secret + "@127.0.0.1:1/tq" }, state.ErrUnreachable, []string{"postgres://tqmap@127.0.0.1:1/tq", "refused", "server runs"}},
		{"socket missing", func(*testing.T) string { return "postgres://tqmap:" + secret + "@/tq?host=/nowhere" }, state.ErrUnreachable, []string{"/nowhere"}},
		{"database missing", func(t *testing.T) string {
			return changed(t, statetest.Postgres(t), func(u *url.URL, _ url.Values) { u.Path = "/nothere" })
		}, state.ErrUnwritable, []string{"nothere", "createdb"}},
		{"wrong password", func(t *testing.T) string {
			return changed(t, statetest.Postgres(t), func(u *url.URL, _ url.Values) { u.User = url.UserPassword("stranger", "pass/word-that-nobody-may-see") })
		}, state.ErrUnwritable, []string{"stranger", "PGPASSWORD"}},
		{"newer", func(t *testing.T) string {
			address := statetest.Postgres(t)
			openDatabase(t, address)
			spoil(t, address, `INSERT INTO migration VALUES (99, now())`)
			return address
		}, state.ErrNewer, []string{"schema 99", "another database"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := state.OpenDatabase(t.Context(), c.address(t))
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			for _, words := range c.says {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q does not say %q", err, words)
				}
			}
			if strings.Contains(err.Error(), "nobody-may-see") {
				t.Errorf("U30 the password is in %q", err)
			}
		})
	}
}

func spoil(t *testing.T, address, statement string) {
	t.Helper()
	if err := statetest.Exec(address, statement); err != nil {
		t.Fatal(err)
	}
}

func TestMissingTableIsDamage(t *testing.T) {
	address := statetest.Postgres(t)
	s := openDatabase(t, address)
	spoil(t, address, `DROP TABLE boundary`)
	if _, err := s.Instance("x").Checkpoint(t.Context(), "alerts"); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("checkpoint: %v, want ErrDamaged", err)
	}
	if err := s.Instance("x").Commit(t.Context(), "alerts", at(1)); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("commit: %v, want ErrDamaged", err)
	}
}

func TestDatabaseOpenedAtOnce(t *testing.T) {
	address := statetest.Postgres(t)
	var all sync.WaitGroup
	for n := range 6 {
		all.Go(func() {
			s, err := state.OpenDatabase(t.Context(), address)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			defer s.Close()
			if err := s.Instance(strconv.Itoa(n)).Commit(t.Context(), "alerts", at(n)); err != nil {
				t.Errorf("commit: %v", err)
			}
		})
	}
	all.Wait()
	if flows, err := openDatabase(t, address).Flows(t.Context()); err != nil || len(flows) != 6 {
		t.Errorf("flows %v, %v; want 6", flows, err)
	}
}

// A restart of the server, as a client sees it: connections end, none is accepted for a
// while, then all is well. No commit is lost, and none is stored twice.
func TestReconnects(t *testing.T) {
	p := startProxy(t, statetest.Postgres(t))
	s := openDatabase(t, p.address)
	l, err := s.Lock(t.Context(), "x", state.Owner{})
	if err != nil {
		t.Fatal(err)
	}
	mine := l.Instance()
	for n := 1; n <= 3; n++ {
		if err := mine.Commit(t.Context(), "alerts", at(n)); err != nil {
			t.Fatalf("commit %d: %v", n, err)
		}
		p.down()
		done := make(chan error, 1)
		go func() {
			at, err := mine.Checkpoint(t.Context(), "alerts") // reads wait as well
			if err == nil && at.Cursor.Nanosecond() != n {
				err = errors.New("the cursor is at " + at.Cursor.String())
			}
			done <- errors.Join(err, mine.Commit(t.Context(), "alerts", engine.Commit{Dead: []engine.DeadLetter{{Key: "a"}}}))
		}()
		<-p.refused
		p.up()
		if err := <-done; err != nil {
			t.Fatalf("after restart %d: %v", n, err)
		}
	}
	if dead, err := mine.DeadLetters(t.Context(), state.Filter{}); err != nil || len(dead) != 1 || dead[0].Attempts != 3 {
		t.Errorf("dead letters %+v, %v; want one of three attempts", dead, err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
	p.down()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-p.refused; cancel(errors.New("told to stop")) }()
	if err := s.Instance("x").Commit(ctx, "alerts", at(9)); err == nil || !strings.Contains(err.Error(), "told to stop") {
		t.Errorf("while waiting: %v, want the reason to stop", err)
	}
}

// proxy stands between a client and the server, and can be down.
type proxy struct {
	address string
	refused chan struct{}

	mu     sync.Mutex
	isDown bool
	open   []net.Conn
}

func startProxy(t *testing.T, server string) *proxy {
	config, err := pgx.ParseConfig(server)
	if err != nil {
		t.Fatal(err)
	}
	network, to := pgconn.NetworkAddress(config.Host, config.Port)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{refused: make(chan struct{}, 1000)}
	p.address = changed(t, server, func(u *url.URL, q url.Values) {
		u.Host = l.Addr().String()
		q.Del("host")
		q.Del("port")
		q.Set("sslmode", "disable")
	})
	t.Cleanup(func() { l.Close(); p.down() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c, network, to)
		}
	}()
	return p
}

func (p *proxy) serve(c net.Conn, network, to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isDown {
		c.Close()
		p.refused <- struct{}{}
		return
	}
	up, err := net.Dial(network, to)
	if err != nil {
		c.Close()
		return
	}
	p.open = append(p.open, c, up)
	go func() { io.Copy(up, c); up.Close() }()
	go func() { io.Copy(c, up); c.Close() }()
}

func (p *proxy) down() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isDown = true
	for _, c := range p.open {
		c.Close()
	}
	p.open = nil
}

func (p *proxy) up() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isDown = false
	for len(p.refused) > 0 {
		<-p.refused
	}
}

func TestDatabaseLock(t *testing.T) {
	address := statetest.Postgres(t)
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	open := func() *state.Store {
		s, err := state.OpenDatabase(t.Context(), address, state.Clock(func() time.Time { return now }))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	one, two := open(), open()
	// Of a process number that is of nobody here; on another machine that says nothing.
	first, err := one.Lock(t.Context(), "x", state.Owner{Host: "elsewhere", PID: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(state.StaleAfter)
	if _, err := two.Lock(t.Context(), "x", state.Owner{}); !errors.Is(err, state.ErrLocked) {
		t.Fatalf("lock of a holder elsewhere: %v, want ErrLocked", err)
	}
	if h, err := two.Holder(t.Context(), "x"); err != nil || h.Host != "elsewhere" || h.Alive || h.Gone {
		t.Errorf("holder %+v, %v; want one of whom nothing is known", h, err)
	}
	now = now.Add(time.Second)
	second, err := two.Lock(t.Context(), "x", state.Owner{})
	if err != nil {
		t.Fatalf("lock of a silent holder: %v", err)
	}
	if err := first.Instance().Commit(t.Context(), "alerts", at(1)); !errors.Is(err, state.ErrFenced) {
		t.Errorf("commit of the first: %v, want ErrFenced", err)
	}
	if err := second.Instance().Commit(t.Context(), "alerts", at(2)); err != nil {
		t.Errorf("commit of the second: %v", err)
	}
	if err := first.Release(); err != nil {
		t.Error(err)
	}
	if h, err := one.Holder(t.Context(), "x"); err != nil || h == nil || !h.Alive {
		t.Errorf("holder %+v, %v; want this process", h, err)
	}
	// Another machine of our name: a container, say.
	spoil(t, address, `UPDATE lock SET boot = 'of another machine'`)
	if _, err := one.Lock(t.Context(), "x", state.Owner{}); !errors.Is(err, state.ErrLocked) {
		t.Errorf("lock of a namesake: %v, want ErrLocked", err)
	}
	if _, err := one.Unlock(t.Context(), "x", false); err != nil {
		t.Errorf("unlock: %v", err)
	}
	if err := second.Release(); err != nil {
		t.Error(err)
	}
}

// Two processes commit at once, each for its connector; one is killed with its lock.
func TestKilledProcessOnDatabase(t *testing.T) {
	address := statetest.Postgres(t)
	s := openDatabase(t, address)
	lines := make(map[string]*bufio.Scanner)
	children := make(map[string]*exec.Cmd)
	for _, name := range []string{"x", "y"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "TQMAP_TEST_STATE_CHILD="+address, "TQMAP_TEST_STATE_NAME="+name)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines[name], children[name] = bufio.NewScanner(out), cmd
	}
	acknowledged := make(map[string]int)
	for range 10 {
		for name, l := range lines {
			if !l.Scan() {
				t.Fatalf("%s ended", name)
			}
			acknowledged[name], _ = strconv.Atoi(l.Text())
		}
	}
	var locked *state.LockedError
	if _, err := s.Lock(t.Context(), "x", state.Owner{}); !errors.As(err, &locked) || locked.PID != children["x"].Process.Pid {
		t.Errorf("lock of a living child: %v, want it locked by %d", err, children["x"].Process.Pid)
	}
	for name, cmd := range children {
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // "signal: killed"
		l, err := s.Lock(t.Context(), name, state.Owner{})
		if err != nil {
			t.Fatalf("lock of a killed child: %v", err)
		}
		at, err := l.Instance().Checkpoint(t.Context(), "alerts")
		step := at.Cursor.Nanosecond()
		if err != nil || step < acknowledged[name] {
			t.Errorf("%s: the cursor is at step %d, but %d was acknowledged (%v)", name, step, acknowledged[name], err)
		}
		if n := entries(t, l.Instance()); n != 50*step {
			t.Errorf("%s: %d entries of %d steps, want 50 of each", name, n, step)
		}
		if err := l.Release(); err != nil {
			t.Error(err)
		}
	}
	if names, err := s.Instances(t.Context()); err != nil || !slices.Equal(names, []string{"x", "y"}) {
		t.Errorf("instances %v, %v", names, err)
	}
}
