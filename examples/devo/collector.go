package devo

import (
	"bufio"
	"compress/gzip"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// Connection is what is known of a connection.
type Connection struct {
	TLS      string `json:"tls"`
	SNI      string `json:"sni"`
	Subject  string `json:"subject"` // of the client
	Messages int    `json:"messages"`
	Bytes    int64  `json:"bytes"`
	// End is "open", "EOF" where the client has ended it, or what else happened.
	End string `json:"end"`
	Raw []byte `json:"-"` // only with Options.Record
}

// Connections lists them in the order in which they came.
func (s *Simulator) Connections() []Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Connection{}
	for _, c := range s.conns {
		out = append(out, *c)
	}
	return out
}

func (s *Simulator) accept(ln net.Listener) {
	for {
		raw, err := ln.Accept()
		if err != nil {
			return
		}
		s.listeners.Go(func() { s.serve(raw) })
	}
}

// link is a connection as it is served.
type link struct {
	s      *Simulator
	faults map[string]Fault
	raw    net.Conn
	tls    *tls.Conn
	seen   *Connection
}

var errRefused = errors.New("certificate refused")

func (s *Simulator) serve(raw net.Conn) {
	l := &link{s: s, raw: raw, faults: map[string]Fault{}, seen: &Connection{End: "open"}}
	for _, f := range s.faults.take(func(f *Fault) bool { return !ofAPI(f.Kind) }, -1) {
		l.faults[f.Kind] = f
	}
	if !s.enter(l) {
		return
	}
	defer s.leave(l)
	err := l.shake()
	if err == nil {
		err = l.read()
	}
	s.mu.Lock()
	l.seen.End = ending(err)
	s.mu.Unlock()
	if err == io.EOF && l.has(FaultNoEOF) {
		<-s.stop
	}
}

// enter remembers a connection, unless all is closed already.
func (s *Simulator) enter(l *link) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stop:
		_ = l.raw.Close()
		return false
	default:
	}
	s.open[l.raw] = struct{}{}
	s.conns = append(s.conns, l.seen)
	return true
}

func (s *Simulator) leave(l *link) {
	if l.tls != nil {
		_ = l.tls.Close()
	}
	_ = l.raw.Close()
	s.mu.Lock()
	delete(s.open, l.raw)
	s.mu.Unlock()
}

func ending(err error) string {
	if err == io.EOF {
		return "EOF"
	}
	return err.Error()
}

func (l *link) has(kind string) bool { _, ok := l.faults[kind]; return ok }

// due says whether a fault is to happen after so many messages.
func (l *link) due(kind string, messages int) bool {
	f, ok := l.faults[kind]
	return ok && messages >= f.N
}

func (l *link) shake() error {
	config := &tls.Config{
		Certificates: []tls.Certificate{l.s.papers.server}, ClientCAs: l.s.papers.pool, ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: tls.VersionTLS12, Time: l.s.opt.Now,
	}
	if l.has(FaultTLS12) {
		config.MaxVersion = tls.VersionTLS12
	}
	if l.has(FaultCertificate) {
		config.VerifyConnection = func(tls.ConnectionState) error { return errRefused }
	}
	var in net.Conn = l.raw
	if tcp, ok := l.raw.(*net.TCPConn); ok && l.has(FaultStall) {
		_ = tcp.SetReadBuffer(16 << 10) // so that the sender notices early
	}
	if f, ok := l.faults[FaultSlow]; ok {
		in = paced{l.raw, f.KB << 10}
	}
	l.tls = tls.Server(in, config)
	if err := l.tls.Handshake(); err != nil {
		return err
	}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	state := l.tls.ConnectionState()
	l.seen.TLS, l.seen.SNI, l.seen.Subject = tls.VersionName(state.Version), state.ServerName, state.PeerCertificates[0].Subject.String()
	return nil
}

// read takes in messages until the connection ends. Its error is never nil.
func (l *link) read() error {
	if f, ok := l.faults[FaultLate]; ok {
		select {
		case <-time.After(f.Delay):
		case <-l.s.stop:
		}
	}
	in := bufio.NewReaderSize(recorder{l}, 64<<10)
	for n := 0; ; {
		if err := l.misbehave(n); err != nil {
			return err
		}
		if f, ok := l.faults[FaultIdle]; ok {
			_ = l.raw.SetReadDeadline(time.Now().Add(f.Delay))
		}
		more, err := l.next(in)
		n += more
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return errors.New("closed: idle")
		case err != nil:
			return err
		}
	}
}

func (l *link) misbehave(messages int) error {
	switch {
	case l.due(FaultReset, messages):
		if tcp, ok := l.raw.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = l.raw.Close()
		return errors.New("reset")
	case l.due(FaultClose, messages):
		return errors.New("closed")
	case l.due(FaultStall, messages):
		<-l.s.stop
		return errors.New("stalled")
	case l.due(FaultSpeaks, messages):
		delete(l.faults, FaultSpeaks)
		_, _ = l.tls.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	}
	return nil
}

// next takes in a line, or a member of gzip with many; members follow each other without anything between.
func (l *link) next(in *bufio.Reader) (messages int, err error) {
	if start, _ := in.Peek(2); len(start) < 2 || start[0] != 0x1f || start[1] != 0x8b {
		return l.line(in)
	}
	member, err := gzip.NewReader(in)
	if err != nil {
		return 0, err
	}
	member.Multistream(false)
	for inner := bufio.NewReader(member); ; {
		n, err := l.line(inner)
		messages += n
		if err == io.EOF {
			return messages, nil
		}
		if err != nil {
			return messages, err
		}
	}
}

func (l *link) line(in *bufio.Reader) (int, error) {
	text, err := in.ReadString('\n')
	if err != nil {
		if err == io.EOF && text != "" {
			return 0, errors.New("ended in the middle of a line")
		}
		return 0, err
	}
	l.s.mu.Lock()
	l.seen.Messages++
	l.s.mu.Unlock()
	if l.has(FaultEndLost) && strings.Contains(text, "|END|") {
		return 1, nil
	}
	return 1, l.s.message(strings.TrimSuffix(text, "\n"))
}

// recorder counts what is read, and keeps it if asked to.
type recorder struct{ l *link }

func (r recorder) Read(b []byte) (int, error) {
	n, err := r.l.tls.Read(b)
	r.l.s.mu.Lock()
	defer r.l.s.mu.Unlock()
	if r.l.seen.Bytes += int64(n); r.l.s.opt.Record {
		r.l.seen.Raw = append(r.l.seen.Raw, b[:n]...)
	}
	return n, err
}

// paced reads so many bytes a second.
type paced struct {
	net.Conn
	rate int
}

func (p paced) Read(b []byte) (int, error) {
	const parts = 50
	time.Sleep(time.Second / parts)
	return p.Conn.Read(b[:min(len(b), max(p.rate/parts, 1))])
}
