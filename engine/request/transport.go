package request

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// TransportConfig is how connections are made. The zero value verifies
// certificates against the system's authorities.
type TransportConfig struct {
	// InsecureSkipVerify accepts any certificate. The caller warns about it.
	InsecureSkipVerify bool
	// CAFile and CAPEM name authorities to trust besides the system's, in PEM.
	CAFile string
	CAPEM  []byte
	// CertFile or CertPEM is the certificate by which the client shows who it is
	// (mutual TLS), in PEM, its issuers after it; KeyFile or KeyPEM is its private
	// key, by default looked for beside the certificate.
	CertFile, KeyFile string
	CertPEM, KeyPEM   []byte
	// ServerName is the name that the server's certificate must hold, where it is
	// not the host of the URL.
	ServerName string
	// Origin is the client's own, a Config.BaseURL: no other host gets to see the
	// client certificate, and ServerName is for it alone. Needed with either.
	Origin *url.URL
	// Proxy chooses the proxy of a request, as in http.Transport. Nil obeys the
	// environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).
	Proxy func(*http.Request) (*url.URL, error)
	// DialTimeout bounds connecting, and the TLS handshake after it, each.
	// Default 10 s.
	DialTimeout time.Duration
}

// NewTransport makes a transport that speaks TLS 1.2 or later. It fails if a certificate
// cannot be read, or if the client's key does not belong to its certificate or is
// encrypted.
func NewTransport(c TransportConfig) (http.RoundTripper, error) {
	roots, err := authorities(c)
	if err != nil {
		return nil, err
	}
	cert, err := clientCertificate(c)
	if err != nil {
		return nil, err
	}
	plain := plainTransport(c, roots)
	if cert == nil && c.ServerName == "" {
		return plain, nil
	}
	return personal(c, cert, plain)
}

func plainTransport(c TransportConfig, roots *x509.CertPool) *http.Transport {
	if c.DialTimeout <= 0 {
		c.DialTimeout = 10 * time.Second
	}
	if c.Proxy == nil {
		c.Proxy = http.ProxyFromEnvironment
	}
	dialer := &net.Dialer{Timeout: c.DialTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:       c.Proxy,
		DialContext: dialer.DialContext,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			RootCAs:            roots,
			InsecureSkipVerify: c.InsecureSkipVerify,
		},
		TLSHandshakeTimeout:    c.DialTimeout,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // the chain unpacks, within its caps
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
	}
}

// authorities is nil, for the system's own, unless there are others to add.
func authorities(c TransportConfig) (*x509.CertPool, error) {
	sources := map[string][]byte{}
	if c.CAFile != "" {
		text, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("CA file: %w", err)
		}
		sources["CA file "+c.CAFile] = text
	}
	if len(c.CAPEM) > 0 {
		sources["CA certificate"] = c.CAPEM
	}
	if len(sources) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	for name, text := range sources {
		if err := addPEM(pool, text); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return pool, nil
}

func addPEM(pool *x509.CertPool, text []byte) error {
	for n := 1; ; n++ {
		block, rest := pem.Decode(text)
		switch {
		case block == nil && bytes.Contains(text, []byte("-----BEGIN")):
			return fmt.Errorf("block %d is damaged or cut short", n)
		case block == nil && n == 1:
			return errors.New("no PEM block found: it must hold -----BEGIN CERTIFICATE----- (convert DER with openssl x509 -inform der)")
		case block == nil:
			return nil
		case block.Type != "CERTIFICATE":
			return fmt.Errorf("block %d is a %s, where only certificates belong", n, block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("block %d is no valid certificate: %w", n, err)
		}
		pool.AddCert(cert)
		text = rest
	}
}
