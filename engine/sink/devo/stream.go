package devo

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// stream is one try of a session, on a connection of its own.
type stream struct {
	c     *Collector
	s     Session
	lines lines
	r     *Result

	ctx   context.Context
	fail  context.CancelCauseFunc // ends the connection
	conn  *tls.Conn
	raw   *patient
	out   *bufio.Writer
	line  []byte
	step  string
	over  atomic.Bool // all is sent: now it may close
	heard chan error  // how reading ended, and
	early bool        // whether that was before
}

// try sends the session once. The connection is made for the first row.
func (c *Collector) try(ctx context.Context, f *feed) (r Result, err error) {
	r.ID = c.IDs.Next()
	t := &stream{c: c, s: f.s, lines: c.lines(f.s, r.ID), r: &r, step: "connecting", heard: make(chan error, 1)}
	t.ctx, t.fail = context.WithCancelCause(ctx)
	defer t.fail(nil)
	err = f.each(&r, t.send)
	switch {
	case f.broken != nil:
		return r, t.explain(ctx, err)
	case err != nil:
		return r, err
	case t.conn == nil && f.s.Incremental:
		r.ID = ""
		return r, nil
	case t.conn == nil && !f.s.AllowEmpty:
		return r, ErrEmpty
	}
	return r, t.explain(ctx, t.finish())
}

// send writes a row.
func (t *stream) send(text []byte, gone bool) error {
	if t.conn == nil {
		if err := t.start(); err != nil {
			return err
		}
	}
	t.step = ""
	t.line = t.lines.row(t.line[:0], text, gone)
	return t.write()
}

func (t *stream) write() error {
	t.r.Bytes += int64(len(t.line))
	_, err := t.out.Write(t.line)
	return err
}

// start connects and opens the session.
func (t *stream) start() error {
	if err := t.connect(); err != nil {
		return err
	}
	t.step = "opening"
	t.line = t.lines.control(t.line[:0], "START")
	if err := t.write(); err != nil {
		return err
	}
	return t.pause()
}

func (t *stream) connect() error {
	host, _, err := net.SplitHostPort(t.c.Address)
	if err != nil {
		return err
	}
	dialing, done := context.WithTimeout(t.ctx, t.c.DialTimeout)
	defer done()
	raw, err := t.c.Dial(dialing, "tcp", t.c.Address)
	if err != nil {
		return err
	}
	t.raw = &patient{raw, t.c.WriteTimeout}
	context.AfterFunc(t.ctx, func() { _ = raw.Close() })
	t.conn = tls.Client(t.raw, t.c.Identity.config(host))
	shaking, shaken := context.WithTimeout(t.ctx, t.c.DialTimeout)
	defer shaken()
	if err := t.conn.HandshakeContext(shaking); err != nil {
		return err
	}
	t.out = bufio.NewWriterSize(t.conn, 64<<10)
	go t.listen()
	return nil
}

// listen reads all the time. A collector never says anything, so that whatever comes before all is
// sent is the end of the session: data, its close, an error, or an alert of TLS 1.3, which refuses
// a certificate only after the handshake. It also takes in the tickets that a server
// sends: left unread, they would make the kernel throw away what is still to be sent.
func (t *stream) listen() {
	var b [512]byte
	n, err := t.conn.Read(b[:])
	if n > 0 {
		err = errSpoke
	}
	if !t.over.Load() {
		t.early = true
		t.fail(err)
	}
	t.heard <- err
}

// pause lets what was written go out, and waits.
func (t *stream) pause() error {
	if err := t.out.Flush(); err != nil || t.c.Pause <= 0 {
		return err
	}
	return t.c.Sleep(t.ctx, t.c.Pause)
}

// finish closes the session, and waits until the collector has read all of it.
func (t *stream) finish() error {
	if t.conn == nil {
		if err := t.start(); err != nil {
			return err
		}
	}
	t.step = "closing"
	if err := t.pause(); err != nil {
		return err
	}
	t.line = t.lines.control(t.line[:0], "END")
	if err := t.write(); err != nil {
		return err
	}
	if err := t.out.Flush(); err != nil {
		return err
	}
	return t.drain()
}

// drain tells the collector that nothing more comes and waits for it to say the same. To close at
// once could lose what is still on its way.
func (t *stream) drain() error {
	t.over.Store(true)
	if err := t.raw.SetReadDeadline(time.Now().Add(t.c.CloseTimeout)); err != nil {
		return err
	}
	if err := t.conn.CloseWrite(); err != nil {
		return err
	}
	if half, ok := t.raw.Conn.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil { // not every collector knows the close of TLS
			return err
		}
	}
	switch err := <-t.heard; {
	case errors.Is(err, io.EOF) && !t.early:
		return t.farewell()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &SessionError{class: ErrUnconfirmed, Err: fmt.Errorf("the collector did not close within %s after all was sent", t.c.CloseTimeout)}
	default:
		if why := context.Cause(t.ctx); why != nil {
			err = why
		}
		return &SessionError{class: classify(err), Err: plainly(err)}
	}
}

// farewell looks below TLS, whose end may come from a collector that has not read everything: closing then
// resets the connection. One that only half-closes has said enough.
func (t *stream) farewell() error {
	_, err := io.Copy(io.Discard, t.raw.Conn)
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return &SessionError{class: ErrUnavailable, Err: fmt.Errorf("the collector closed before it had read everything: %w", err)}
}

// explain makes a SessionError of what a connection ended with; of the end of the caller's ctx, its cause.
func (t *stream) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errLimit) {
		return context.Cause(ctx)
	}
	var failed *SessionError
	if !errors.As(err, &failed) {
		err = t.cause(err)
		failed = &SessionError{class: classify(err), Err: plainly(err)}
	}
	if t.step == "" {
		t.step = fmt.Sprintf("row %d", t.r.rows()+1)
	}
	failed.Address, failed.Lookup, failed.ID, failed.Step = t.c.Address, t.s.Lookup.Name, t.r.ID, t.step
	return failed
}

// cause finds the reason for a failed write, which may have been read before or come now.
func (t *stream) cause(err error) error {
	if t.out != nil && t.ctx.Err() == nil && !errors.Is(err, os.ErrDeadlineExceeded) && t.raw.SetReadDeadline(time.Now().Add(time.Second)) == nil {
		if heard := <-t.heard; rejection(heard) || errors.Is(heard, io.EOF) {
			return heard
		}
		return err
	}
	if why := context.Cause(t.ctx); why != nil {
		return why
	}
	return err
}

// patient is a connection whose writes may take as long as they get anywhere. It stands below TLS,
// where a write that failed in the middle can still go on.
type patient struct {
	net.Conn
	timeout time.Duration
}

func (p *patient) Write(b []byte) (int, error) {
	sent := 0
	for {
		if err := p.SetWriteDeadline(time.Now().Add(p.timeout)); err != nil {
			return sent, err
		}
		n, err := p.Conn.Write(b[sent:])
		if sent += n; err == nil || n == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return sent, err
		}
	}
}
