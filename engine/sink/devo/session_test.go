package devo_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/sink/devo"
	sim "tqmap/examples/devo"
)

// What may become of a session, seen from both sides.
func TestSessions(t *testing.T) {
	tests := []struct {
		name    string
		faults  []string
		amend   func(t *testing.T, s *site, session *devo.Session)
		is      error  // nil: it went through
		says    string // in the error
		tries   int    // default 1
		stored  int    // rows that the lookup has in the end; -1: there is none
		endings []string
	}{
		{name: "delivered", stored: 200, endings: []string{"EOF"}},
		{name: "delivered over TLS 1.2", faults: []string{"tls12"}, stored: 200, endings: []string{"EOF"}},
		{name: "U27 closed before the first line", faults: []string{"close"}, tries: 2, stored: 200, endings: []string{"closed", "EOF"}},
		{name: "closed in the middle, twice", faults: []string{"close n=50 times=2"}, tries: 3, stored: 200, endings: []string{"closed", "closed", "EOF"}},
		{name: "reset in the middle", faults: []string{"reset n=50"}, tries: 2, stored: 200, endings: []string{"reset", "EOF"}},
		{name: "closed each time", faults: []string{"close n=10 times=forever"}, is: devo.ErrUnavailable, says: "in the middle of the session", tries: 4, stored: -1},
		{name: "an answer", faults: []string{"speaks times=forever"}, is: devo.ErrUnavailable, says: "is this the collector's port?", tries: 4, stored: -1, amend: func(_ *testing.T, s *site, _ *devo.Session) {
			s.Sleep = func(ctx context.Context, d time.Duration) error {
				if d == s.Pause {
					<-ctx.Done() // it comes in the first pause
				}
				return ctx.Err()
			}
		}},
		{name: "certificate refused under TLS 1.3", faults: []string{"refuse-certificate"}, is: devo.ErrRejected, says: "bad certificate", stored: -1},
		{name: "certificate refused under TLS 1.2", faults: []string{"refuse-certificate", "tls12"}, is: devo.ErrRejected, says: "bad certificate", stored: -1},
		{name: "certificate of another authority", is: devo.ErrRejected, says: "unknown certificate authority", stored: -1, amend: func(t *testing.T, s *site, _ *devo.Session) {
			other, err := sim.New(sim.Options{})
			if err != nil {
				t.Fatal(err)
			}
			mine, theirs := s.sim.Identity(), other.Identity()
			s.Identity, _, err = devo.ParseIdentity(devo.Material{Certificate: theirs.Certificate, Key: theirs.Key, Chain: mine.Chain}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
		}},
		{name: "collector of another authority", is: devo.ErrUntrusted, says: "unknown authority", stored: -1, amend: func(t *testing.T, s *site, _ *devo.Session) {
			other, err := sim.New(sim.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s.Identity = identity(t, other.Identity())
		}},
		{name: "collector of another name", is: devo.ErrUntrusted, says: "127.0.0.2", stored: -1, amend: func(t *testing.T, s *site, _ *devo.Session) {
			there := s.Address
			s.Address = port(t, "127.0.0.2", there)
			s.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, there)
			}
		}},
		{name: "nobody there", is: devo.ErrUnavailable, says: "refused", tries: 4, stored: -1, amend: func(t *testing.T, s *site, _ *devo.Session) {
			_ = s.sim.Close()
		}},
		{name: "its end never comes", faults: []string{"no-eof"}, is: devo.ErrUnconfirmed, says: "did not close within", stored: 200, amend: func(_ *testing.T, s *site, _ *devo.Session) {
			s.CloseTimeout = time.Second
		}},
		{name: "closed with most of it unread", faults: []string{"late delay=100ms", "close"}, stored: -1, is: devo.ErrUnavailable, amend: func(_ *testing.T, s *site, session *devo.Session) {
			s.Pause, s.Waits, session.Rows = -1, []time.Duration{}, some(2000, nil)
		}},
		{name: "nothing is read", faults: []string{"stall times=forever"}, is: devo.ErrUnavailable, says: "takes no more data", tries: 2, stored: -1, amend: func(_ *testing.T, s *site, session *devo.Session) {
			s.Pause, s.WriteTimeout, s.Waits = -1, pace, []time.Duration{time.Second}
			session.Rows = some(1_000_000, nil)
		}},
		{name: "it takes too long in all", faults: []string{"stall times=forever"}, is: devo.ErrUnavailable, says: "longer than it may", stored: -1, amend: func(_ *testing.T, s *site, session *devo.Session) {
			s.Pause, s.Limit = -1, pace
			session.Rows = some(1_000_000, nil)
		}},
		{name: "it takes too long to close", faults: []string{"no-eof"}, is: devo.ErrUnavailable, says: "longer than it may", stored: 200, amend: func(_ *testing.T, s *site, _ *devo.Session) {
			s.Limit, s.CloseTimeout = time.Second, time.Hour
		}},
		{name: "END lost on the way is not ours to see", faults: []string{"end-lost"}, stored: -1, endings: []string{"EOF"}},
		{name: "no rows", is: devo.ErrEmpty, stored: -1, amend: func(_ *testing.T, _ *site, session *devo.Session) { session.Rows = list() }},
		{name: "no rows that can be written", is: devo.ErrEmpty, stored: -1, amend: func(_ *testing.T, _ *site, session *devo.Session) {
			session.Rows = list(row("short"))
		}},
		{name: "no rows, as is allowed", stored: 0, endings: []string{"EOF"}, amend: func(_ *testing.T, s *site, session *devo.Session) {
			s.Pause, session.Rows, session.AllowEmpty = -1, list(), true
		}},
		{name: "no changes", stored: -1, amend: func(_ *testing.T, _ *site, session *devo.Session) {
			session.Rows, session.Incremental = list(), true
		}},
		{name: "a name with a dash", is: devo.ErrLookup, says: "digits and underscores", stored: -1, amend: func(_ *testing.T, _ *site, session *devo.Session) {
			session.Lookup.Name = "threatq-iocs"
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, sim.Options{}, test.faults...)
			s.settle(200)
			session := devo.Session{Lookup: iocs, Rows: some(200, nil)}
			if test.amend != nil {
				test.amend(t, s, &session)
			}
			r, err := s.Send(t.Context(), session)
			if !errors.Is(err, test.is) || (test.is != nil && !strings.Contains(err.Error(), test.says)) {
				t.Errorf("error %v, want %v that says %q", err, test.is, test.says)
			}
			if test.is != devo.ErrLookup && r.Tries != max(test.tries, 1) {
				t.Errorf("%d tries, want %d", r.Tries, max(test.tries, 1))
			}
			if got := s.sim.Count("iocs"); got != test.stored {
				t.Errorf("the lookup has %d rows, want %d", got, test.stored)
			}
			var endings []string
			for _, c := range s.sim.Connections() {
				endings = append(endings, c.End)
			}
			if test.endings != nil && !slices.Equal(endings, test.endings) {
				t.Errorf("connections ended with %q, want %q", endings, test.endings)
			}
			if test.is == devo.ErrEmpty && len(endings) > 0 {
				t.Errorf("there was a connection, for nothing")
			}
		})
	}
}

// A session that is repeated has another id, starts from its first row, and the lines of
// the first try take no effect.
func TestRepeatedSession(t *testing.T) {
	s := start(t, sim.Options{}, "close n=20")
	s.Pause = time.Second
	reported := 0
	r, err := s.Send(t.Context(), devo.Session{
		Lookup: iocs, Report: func(int, devo.Row, error) { reported++ },
		Rows: func(yield func(devo.Row) error) error {
			if err := yield(row("too short")); err != nil {
				return err
			}
			return some(5000, nil)(yield)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	all := s.sim.Sessions()
	if len(all) != 2 || all[0].ID >= all[1].ID || all[0].State != "open" || all[1].State != "applied" || all[1].ID != r.ID {
		t.Errorf("sessions %+v, result %+v", all, r)
	}
	want := devo.Result{ID: r.ID, Rows: 5000, Skipped: 1, Bytes: s.sim.Connections()[1].Bytes, Tries: 2}
	if r != want {
		t.Errorf("%+v, want %+v", r, want)
	}
	if reported != 1 {
		t.Errorf("the row was reported %d times", reported)
	}
	if diff := cmp.Diff([]time.Duration{5 * time.Second, time.Second, time.Second}, s.slept[len(s.slept)-3:]); diff != "" {
		t.Error("the wait before the second try, and its two pauses", diff)
	}
}

// 5, 15 and 45 s lie between the tries.
func TestWaits(t *testing.T) {
	s := start(t, sim.Options{}, "refuse-certificate after=3", "close times=3")
	s.Pause = -1
	_, err := s.Send(t.Context(), devo.Session{Lookup: iocs, Rows: some(10_000, nil)})
	if !errors.Is(err, devo.ErrRejected) {
		t.Error(err)
	}
	if diff := cmp.Diff([]time.Duration{5 * time.Second, 15 * time.Second, 45 * time.Second}, s.slept); diff != "" {
		t.Error(diff)
	}
}

// A sender holds no rows: where nothing is read, it soon reads none of its source either.
func TestNoRowsAreHeld(t *testing.T) {
	s := start(t, sim.Options{}, "stall")
	s.WriteTimeout, s.Waits = pace, []time.Duration{}
	read := 0
	wide := func(yield func(devo.Row) error) error {
		return some(1_000_000, &read)(func(r devo.Row) error {
			r.Values[1] = strings.Repeat("x", 1000)
			return yield(r)
		})
	}
	if _, err := s.Send(t.Context(), devo.Session{Lookup: iocs, Rows: wide}); !errors.Is(err, devo.ErrUnavailable) {
		t.Fatal(err)
	}
	if read > 50_000 { // 50 MB, of which a system buffers some 7
		t.Errorf("%d rows were read from the source while nobody took them", read)
	}
}

// U43: all rows arrive at a collector that begins late and reads slowly, in one session.
func TestSlowCollector(t *testing.T) {
	n := 1000
	if text := os.Getenv("TQMAP_SCALE"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatalf("TQMAP_SCALE=%q is no number", text)
		}
	}
	for _, fault := range []string{"late delay=300ms", fmt.Sprintf("slow kb=%d", max(400, n/20))} {
		t.Run(fault, func(t *testing.T) {
			s := start(t, sim.Options{}, fault)
			s.CloseTimeout = time.Minute // what the system has buffered is still to be read
			var most uint64
			base := heap()
			rows := func(yield func(devo.Row) error) error {
				i := 0
				return some(n, nil)(func(r devo.Row) error {
					if i++; i%10_000 == 0 {
						most = max(most, heap())
					}
					return yield(r)
				})
			}
			r, err := s.Send(t.Context(), devo.Session{Lookup: iocs, Rows: rows})
			if err != nil {
				t.Fatal(err)
			}
			if all := s.sim.Sessions(); len(all) != 1 || all[0].Rows != n || r.Rows != n || s.sim.Count("iocs") != n {
				t.Errorf("%+v arrived in %d, %+v were sent, want %d in one session", all, s.sim.Count("iocs"), r, n)
			}
			t.Logf("%d rows, %d bytes, at most %d MiB in use, most of them the simulator's", n, r.Bytes, (most-min(base, most))>>20)
			if most > base+64<<20 {
				t.Error("that is too much memory")
			}
		})
	}
}

// A source that fails ends the session without END, and is not asked again.
func TestSourceFails(t *testing.T) {
	s := start(t, sim.Options{})
	broken := errors.New("the file is gone")
	asked := 0
	r, err := s.Send(t.Context(), devo.Session{Lookup: iocs, Rows: func(yield func(devo.Row) error) error {
		asked++
		if err := some(50, nil)(yield); err != nil {
			return err
		}
		return broken
	}})
	if err != broken || asked != 1 || s.sim.Count("iocs") != -1 {
		t.Errorf("%v (%+v) after %d readings, %d rows", err, r, asked, s.sim.Count("iocs"))
	}
}

// A source that goes on after an error of yield does not hide it.
func TestSourceHidesAnError(t *testing.T) {
	s := start(t, sim.Options{}, "close n=1 times=forever")
	s.Waits = []time.Duration{}
	_, err := s.Send(t.Context(), devo.Session{Lookup: iocs, Rows: func(yield func(devo.Row) error) error {
		for i := range 20_000 {
			if yield(row(i, i)) != nil {
				return nil
			}
		}
		return nil
	}})
	if !errors.Is(err, devo.ErrUnavailable) {
		t.Error(err)
	}
}

// The end of the context ends a session at once, in a pause, at a stall and between two tries.
func TestCancelled(t *testing.T) {
	stop := errors.New("stopped by the operator")
	for name, fault := range map[string]string{"while nothing is read": "stall", "in a pause": "", "between two tries": "nobody"} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			var faults []string
			if fault == "stall" {
				faults = []string{fault}
			}
			s := start(t, sim.Options{}, faults...)
			rows := some(1000, nil)
			switch fault {
			case "stall":
				s.WriteTimeout = time.Hour
				rows = func(yield func(devo.Row) error) error {
					return some(1_000_000, nil)(func(r devo.Row) error {
						r.Values[1] = strings.Repeat("x", 1000)
						if r.Values[0] == "host-000100.example.com" {
							time.AfterFunc(pace, func() { cancel(stop) })
						}
						return yield(r)
					})
				}
			case "":
				s.Sleep = func(ctx context.Context, _ time.Duration) error {
					cancel(stop)
					<-ctx.Done()
					return ctx.Err()
				}
			default:
				_ = s.sim.Close()
				s.Sleep = func(context.Context, time.Duration) error { cancel(stop); return stop }
			}
			_, err := s.Send(ctx, devo.Session{Lookup: iocs, Rows: rows})
			if fault == "nobody" {
				if !errors.Is(err, devo.ErrUnavailable) {
					t.Error(err) // what had failed before says more
				}
			} else if err != stop {
				t.Error(err)
			}
			if got := s.sim.Count("iocs"); got != -1 {
				t.Errorf("%d rows took effect", got)
			}
		})
	}
}

// Changes and deletions go by the key.
func TestIncremental(t *testing.T) {
	s := start(t, sim.Options{})
	send := func(session devo.Session) devo.Result {
		t.Helper()
		session.Lookup = iocs
		r, err := s.Send(t.Context(), session)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	send(devo.Session{Rows: list(row("a.example", 1), row("b.example", 2), row("c.example", 3))})
	r := send(devo.Session{Incremental: true, Rows: list(row("b.example", 9), gone("a.example", nil), row("d.example", 4))})
	if r.Rows != 2 || r.Deletes != 1 {
		t.Errorf("%+v", r)
	}
	want := [][]string{{"b.example", "9"}, {"c.example", "3"}, {"d.example", "4"}}
	if diff := cmp.Diff(want, s.sim.Tables()["iocs"].Rows); diff != "" {
		t.Error(diff)
	}
}

// What is left out and what may be too long is told with its number.
func TestReports(t *testing.T) {
	s := start(t, sim.Options{})
	var got []string
	r, err := s.Send(t.Context(), devo.Session{
		Lookup: iocs,
		Report: func(n int, _ devo.Row, err error) {
			got = append(got, fmt.Sprint(n, " ", errors.Is(err, devo.ErrRow), " ", errors.Is(err, devo.ErrLarge), " ", err))
		},
		Rows: list(row("a"), row("b", []string{"x"}), row("c", 1), row(" ", 2), row("d", strings.Repeat("x", 70_000)), gone("e", 1), devo.Row{Encoded: []byte("1,\n2")}, devo.Row{Encoded: []byte(`"f",3`)}),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1 true false the row cannot be written: it has 1 values for the 2 columns of iocs",
		`2 true false the row cannot be written: column "score": a []string is no value of a column: make a text or a number of it`,
		`4 true false the row cannot be written: column "indicator": it is the key, and empty`,
		"5 false true the row is longer than 64 KiB, which may be more than Devo takes",
		"6 true false the row cannot be written: a session that replaces everything deletes by leaving out",
		"7 true false the row cannot be written: it was not written by Encode, as it holds a line break",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r.Rows != 3 || r.Skipped != 5 || r.Large != 1 || s.sim.Count("iocs") != 3 {
		t.Errorf("%+v, %d rows", r, s.sim.Count("iocs"))
	}
}

// Rows that trickle lose their connection, and the session says so rather than write into nothing.
func TestTricklingSource(t *testing.T) {
	s := start(t, sim.Options{}, "idle-close delay=50ms")
	s.Waits = []time.Duration{}
	_, err := s.Send(t.Context(), devo.Session{Lookup: iocs, Rows: func(yield func(devo.Row) error) error {
		if err := yield(row("first", 1)); err != nil {
			return err
		}
		for s.sim.Connections()[0].End == "open" {
			runtime.Gosched()
		}
		return some(20_000, nil)(yield)
	}})
	if !errors.Is(err, devo.ErrUnavailable) || !strings.Contains(err.Error(), "closed the connection in the middle") {
		t.Error(err)
	}
	if end := s.sim.Connections()[0].End; end != "closed: idle" || s.sim.Count("iocs") != -1 {
		t.Errorf("%s, %d rows", end, s.sim.Count("iocs"))
	}
}
