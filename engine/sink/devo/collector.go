package devo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"
)

// Collector delivers sessions as lines over mutual TLS. Its fields must not change once it is used;
// then it may be used by several goroutines.
type Collector struct {
	// Address is host:port, as Address gives it. The certificate of the collector must be for
	// the host.
	Address  string
	Identity *Identity
	// Host is how each line calls this machine; "": what the system calls it.
	Host string
	// Pause is how long to wait after the opening line and before the closing one, so that
	// the machines behind a collector do not mix up their order. Default 5 s, negative: none.
	Pause time.Duration
	// DialTimeout bounds connecting, and the handshake after it, each. Default 30 s.
	DialTimeout time.Duration
	// WriteTimeout is how long a collector may take no data at all. Default 120 s.
	WriteTimeout time.Duration
	// CloseTimeout is how long to wait for it to close too, after all was sent. Default 30 s.
	CloseTimeout time.Duration
	// Limit bounds Send with all its tries and waits. Default 1 h, negative: none.
	Limit time.Duration
	// Waits are those before another try of the whole session, whose id is new. Nil: 5, 15
	// and 45 s. Empty: there is only one try.
	Waits []time.Duration
	// IDs makes the ids. Nil: one that starts with the clock, at each Send.
	IDs *IDs
	// Sleep waits for d or the end of ctx; nil: by the clock.
	Sleep func(ctx context.Context, d time.Duration) error
	// Dial connects; nil: without proxy.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Log gets the tries that failed. Nil: none.
	Log *slog.Logger
}

// Send delivers a session. An error is that of ctx, of s.Rows, a *SessionError, ErrLookup or ErrEmpty. The
// first row is read before anything is sent.
func (c *Collector) Send(ctx context.Context, s Session) (Result, error) {
	if err := s.check(); err != nil {
		return Result{}, err
	}
	d := c.complete()
	if d.Identity == nil {
		return Result{}, errors.New("there is no certificate to show to the collector")
	}
	if _, _, err := net.SplitHostPort(d.Address); err != nil {
		return Result{}, fmt.Errorf("the collector's address must be host:port: %w", err)
	}
	if d.Limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d.Limit, errLimit)
		defer cancel()
	}
	return d.tries(ctx, &feed{s: s})
}

func (c *Collector) tries(ctx context.Context, f *feed) (Result, error) {
	for n := 0; ; n++ {
		r, err := c.try(ctx, f)
		r.Tries = n + 1
		var failed *SessionError
		if !errors.As(err, &failed) {
			return r, err
		}
		failed.Tries = r.Tries
		if permanent(failed.class) || n >= len(c.Waits) || ctx.Err() != nil {
			return r, err
		}
		if c.Log != nil {
			c.Log.WarnContext(ctx, "the session failed and is repeated from its start", "lookup", failed.Lookup, "collector", c.Address, "id", r.ID, "at", failed.Step, "error", failed.Err, "wait", c.Waits[n])
		}
		if c.Sleep(ctx, c.Waits[n]) != nil {
			return r, err
		}
	}
}

func (c *Collector) complete() *Collector {
	d := *c
	orElse(&d.Pause, 5*time.Second)
	orElse(&d.DialTimeout, 30*time.Second)
	orElse(&d.WriteTimeout, 120*time.Second)
	orElse(&d.CloseTimeout, 30*time.Second)
	orElse(&d.Limit, time.Hour)
	if d.Waits == nil {
		d.Waits = []time.Duration{5 * time.Second, 15 * time.Second, 45 * time.Second}
	}
	if d.IDs == nil {
		d.IDs = &IDs{}
	}
	if d.Sleep == nil {
		d.Sleep = sleep
	}
	if d.Dial == nil {
		d.Dial = (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext
	}
	if d.Host == "" {
		d.Host, _ = os.Hostname()
	}
	d.Host = hostName(d.Host)
	return &d
}

func orElse(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}

// hostName keeps out what would end the name in a line.
func hostName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r <= ' ' || r == ':' || r >= 0x7f {
			return '-'
		}
		return r
	}, name)
	if name == "" {
		return "tqmap"
	}
	return name
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lines writes the lines of one session.
type lines struct {
	prefix, middle string // up to the tag, and between tag and message
	lookup, action string
	header         []byte
}

func (c *Collector) lines(s Session, id string) lines {
	action := "FULL"
	if s.Incremental {
		action = "INC"
	}
	// The time is the SDK's: always this one, as Devo goes by when a line arrives.
	return lines{
		prefix: "<14>Jan  1 00:00:00 " + c.Host + " my.lookup.",
		middle: fmt.Sprintf(": %s_%s|", id, s.Lookup.Name),
		lookup: s.Lookup.Name, action: action, header: s.Lookup.header(),
	}
}

// control is the line that opens (START) or closes (END) the session.
func (l lines) control(b []byte, what string) []byte {
	b = append(append(b, l.prefix...), "control."+l.lookup+"."+l.action...)
	b = append(append(b, l.middle...), what+"|"...)
	return append(append(b, l.header...), '\n')
}

func (l lines) row(b, text []byte, gone bool) []byte {
	b = append(append(b, l.prefix...), "data."...)
	b = append(b, l.lookup...)
	if gone {
		b = append(b, ".DELETE"...)
	}
	b = append(b, l.middle...)
	return append(append(b, text...), '\n')
}
