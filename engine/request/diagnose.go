package request

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"
)

// timeoutError is an attempt that took longer than Config.Timeout.
type timeoutError time.Duration

func (e timeoutError) Error() string { return fmt.Sprintf("no answer within %s", time.Duration(e)) }
func (timeoutError) Timeout() bool   { return true }

// diagnose says what to check after err, and whether repeating is in vain.
func diagnose(err error) (hint string, permanent bool) {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		lookup    *net.DNSError
		final     Final
	)
	switch {
	case errors.As(err, &final):
		return final.Hint(), true
	case errors.As(err, &authority):
		return "nobody known has signed the server's certificate: name the file of its CA", true
	case errors.As(err, &host):
		return "the certificate is for another host: use the name it was issued for", true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "renew the server's certificate, and check the clocks on both sides", true
	case errors.As(err, &record):
		return "the server does not speak TLS there: is the port right, should it be http?", true
	case aboutClient(err.Error()):
		return "the server wants a client certificate, or another one than it got: check its issuer, its end and what it may be used for", true
	case strings.HasSuffix(err.Error(), "remote error: tls: handshake failure"):
		return "the server refused to speak TLS with us: it may want a client certificate, or ciphers older than TLS 1.2", true
	case strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "x509: "):
		return "check the server's certificate and TLS version (1.2 or later is needed)", true
	case strings.HasPrefix(err.Error(), "net/http: invalid "):
		return "check the headers of the request", true
	case errors.As(err, &lookup):
		return "is the host name right, does the name server answer?", false
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: is the port right, is the service up?", false
	}
	return "is the port right, is the service up, does a firewall drop it?", false
}

// aboutClient tells a server's alerts about the client's certificate (RFC 8446, 6.2)
// from those about the connection.
func aboutClient(text string) bool {
	return slices.ContainsFunc([]string{
		"certificate required", "bad certificate", "unsupported certificate", "revoked certificate",
		"expired certificate", "unknown certificate", "unknown certificate authority",
	}, func(alert string) bool { return strings.HasSuffix(text, "remote error: tls: "+alert) })
}
