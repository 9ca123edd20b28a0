package devo_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"tqmap/engine/sink/devo"
	sim "tqmap/examples/devo"
)

// pace is how long a connection may do nothing in a test where that is what it waits for.
const pace = 300 * time.Millisecond

// site is a collector and a simulator behind it. Nothing waits, and every wait is noted.
type site struct {
	*devo.Collector
	sim *sim.Simulator

	mu    sync.Mutex
	slept []time.Duration
}

func start(t *testing.T, o sim.Options, faults ...string) *site {
	t.Helper()
	o.Record = true
	simulator, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = simulator.Close() })
	addr, err := simulator.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range faults {
		f, err := sim.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		simulator.Inject(f)
	}
	s := &site{sim: simulator}
	s.Collector = &devo.Collector{
		Address: addr, Host: "tqmap-host", Identity: identity(t, simulator.Identity()),
		Sleep: func(ctx context.Context, d time.Duration) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.slept = append(s.slept, d)
			return ctx.Err()
		},
	}
	return s
}

// settle makes each pause wait until all lines so far are read, or the connection is lost: what
// five seconds would do. rows is how many rows the session has.
func (s *site) settle(rows int) {
	const pause = time.Hour // unlike the waits between tries
	s.Pause = pause
	paused := 0
	s.Sleep = func(ctx context.Context, d time.Duration) error {
		if d != pause {
			paused = 0
			return ctx.Err()
		}
		lines := 1 + paused*rows
		paused++
		for ctx.Err() == nil {
			if all := s.sim.Connections(); len(all) > 0 && all[len(all)-1].Messages >= lines {
				break
			}
			runtime.Gosched()
		}
		return ctx.Err()
	}
}

func identity(t *testing.T, of sim.Identity) *devo.Identity {
	t.Helper()
	id, warnings, err := devo.ParseIdentity(devo.Material{Certificate: of.Certificate, Key: of.Key, Chain: of.Chain}, time.Now())
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	return id
}

// port is the same collector under another name of its host.
func port(t *testing.T, host, addr string) string {
	t.Helper()
	_, p, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort(host, p)
}

var iocs = devo.Lookup{Name: "iocs", Columns: []devo.Column{{Name: "indicator"}, {Name: "score"}}}

// some gives n rows, and counts in read how many were asked for.
func some(n int, read *int) devo.Rows {
	return func(yield func(devo.Row) error) error {
		for i := range n {
			if read != nil {
				*read = i + 1
			}
			if err := yield(devo.Row{Values: []any{fmt.Sprintf("host-%06d.example.com", i), i % 11}}); err != nil {
				return err
			}
		}
		return nil
	}
}

func list(rows ...devo.Row) devo.Rows {
	return func(yield func(devo.Row) error) error {
		for _, r := range rows {
			if err := yield(r); err != nil {
				return err
			}
		}
		return nil
	}
}

func row(values ...any) devo.Row  { return devo.Row{Values: values} }
func gone(values ...any) devo.Row { return devo.Row{Values: values, Delete: true} }

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
