package devo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
)

// What an error of Send means, by errors.Is. An error of Session.Rows comes back as it is.
var (
	// ErrEmpty: a session without rows would have emptied the lookup. Nothing was sent.
	ErrEmpty = errors.New("there are no rows, and to replace the lookup by nothing is not allowed")
	// ErrUntrusted: the collector's certificate is not to be trusted. Nothing was sent.
	ErrUntrusted = errors.New("the collector is not to be trusted")
	// ErrRejected: the collector does not take the client's certificate.
	ErrRejected = errors.New("the collector does not accept the certificate")
	// ErrUnavailable: no connection lasted for a whole session. The lookup has what it had before,
	// or all that was sent. Another run may succeed.
	ErrUnavailable = errors.New("not available")
	// ErrUnconfirmed: all was sent, and nobody says that it arrived.
	ErrUnconfirmed = errors.New("delivery unconfirmed")
)

// What goes wrong with a connection, in the words of a message.
var (
	errClosed = errors.New("the collector closed the connection in the middle of the session")
	errSpoke  = errors.New("the collector answered, which it never does: is this the collector's port?")
	errStalls = errors.New("the collector takes no more data")
	errLimit  = errors.New("the session took longer than it may")
)

// SessionError is a session that failed, or is unconfirmed. It matches one of the errors above.
type SessionError struct {
	Address string // host:port
	Lookup  string
	ID      string // of the last try
	Step    string // what it was at: "connecting", "opening", "row 1234", "closing"
	Tries   int
	Err     error
	class   error
}

func (e *SessionError) Error() string {
	tries := ""
	if e.Tries > 1 {
		tries = fmt.Sprintf(" after %d tries", e.Tries)
	}
	s := fmt.Sprintf("lookup %s at %s: %v%s", e.Lookup, e.Address, e.class, tries)
	if e.Err != nil {
		s += fmt.Sprintf(" (%s: %v)", e.Step, e.Err)
	}
	if hint := e.hint(); hint != "" {
		s += "; " + hint
	}
	return s
}

// Unwrap returns what the connection said.
func (e *SessionError) Unwrap() error { return e.Err }

// Is matches the meaning.
func (e *SessionError) Is(target error) bool { return target == e.class }

func (e *SessionError) hint() string {
	switch e.class {
	case ErrUntrusted:
		return "check the region, and that the chain is Devo's own; nothing was sent"
	case ErrRejected:
		return "download certificate and key from Devo again, of the domain and region that the data is for"
	case ErrUnconfirmed:
		return "look for the lookup in Devo after 10 minutes; sending it again does no harm"
	case ErrUnavailable:
		if errors.Is(e.Err, errClosed) {
			return "a collector that closes at once may not accept the certificate; else the next run tries again"
		}
		return "check that the port can be reached from here; the next run tries again"
	}
	return ""
}

// permanent says whether another try would end the same way.
func permanent(class error) bool { return class != ErrUnavailable }

// classify finds the meaning of what a connection said.
func classify(err error) error {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case errors.As(err, &verification), errors.As(err, &authority), errors.As(err, &name):
		return ErrUntrusted
	case rejection(err):
		return ErrRejected
	}
	return ErrUnavailable
}

// rejection finds the alerts of TLS by which a certificate is refused. Under TLS 1.3 they come
// after the handshake. Their type is not exported, their texts are.
func rejection(err error) bool {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return false
	}
	for _, alert := range []tls.AlertError{40, 41, 42, 43, 44, 45, 46, 48, 49, 51, 116} {
		if op.Err.Error() == alert.Error() {
			return true
		}
	}
	return false
}

// plainly says in other words what the packages below say.
func plainly(err error) error {
	var issuer x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case errors.Is(err, io.EOF):
		return errClosed
	case errors.As(err, &issuer) && issuer.Cert != nil && weak(issuer.Cert):
		return fmt.Errorf("its certificate is signed with SHA-1, which is refused here: %w", err)
	case errors.As(err, &name) && name.Certificate != nil && len(name.Certificate.DNSNames)+len(name.Certificate.IPAddresses) == 0:
		return fmt.Errorf("its certificate has no alternative names (SAN), without which it is refused here: %w", err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer in time: %w", err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: %w", errStalls, err)
	}
	return err
}
