package request

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
)

// clientCertificate is what the client shows of itself, nil for nothing.
func clientCertificate(c TransportConfig) (*tls.Certificate, error) {
	chain, err := inlineOrFile("client certificate", c.CertPEM, c.CertFile)
	if err != nil {
		return nil, err
	}
	key, err := inlineOrFile("client key", c.KeyPEM, c.KeyFile)
	switch {
	case err != nil:
		return nil, err
	case chain == nil && key == nil:
		return nil, nil
	case chain == nil:
		return nil, errors.New("client key: the certificate it belongs to is missing")
	case key == nil:
		key = chain
	}
	return pair(chain, key)
}

func inlineOrFile(what string, inline []byte, file string) ([]byte, error) {
	switch {
	case len(inline) > 0 && file != "":
		return nil, fmt.Errorf("%s: give its text or its file, not both", what)
	case len(inline) > 0:
		return inline, nil
	case file == "":
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s file: %w", what, err)
	}
	if len(text) == 0 {
		return nil, fmt.Errorf("%s file %s is empty", what, file)
	}
	return text, nil
}

func pair(chain, key []byte) (*tls.Certificate, error) {
	cert := tls.Certificate{}
	for n, text := 1, chain; ; n++ {
		block, rest := pem.Decode(text)
		if block == nil && bytes.Contains(text, []byte("-----BEGIN")) {
			return nil, fmt.Errorf("client certificate: block %d is damaged or cut short", n)
		}
		if block == nil {
			break
		}
		if block.Type == "CERTIFICATE" {
			cert.Certificate = append(cert.Certificate, block.Bytes)
		}
		text = rest
	}
	if len(cert.Certificate) == 0 {
		return nil, errors.New("client certificate: no PEM block found: it must hold -----BEGIN CERTIFICATE----- (convert DER with openssl x509 -inform der, PKCS #12 with openssl pkcs12 -nodes)")
	}
	var err error
	if cert.Leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
		return nil, fmt.Errorf("client certificate: the first one is no valid certificate: %w", err)
	}
	signer, err := PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("client key: %w", err)
	}
	if public, ok := cert.Leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(signer.Public()) {
		return nil, fmt.Errorf("the client key does not belong to the client certificate of %q: the certificate of the key must come first, its issuers after it", cert.Leaf.Subject)
	}
	cert.PrivateKey = signer
	return &cert, nil
}

// byOrigin keeps the client certificate and the server name for the own origin: any
// other host, even an allowed one, gets no credentials.
type byOrigin struct {
	origin         string
	own, elsewhere http.RoundTripper
}

// nameless marks the context of a request that must not say who we are, even at the own
// origin: a foreign host has sent us there.
type nameless struct{}

func (t byOrigin) RoundTrip(r *http.Request) (*http.Response, error) {
	if origin(r.URL) == t.origin && r.Context().Value(nameless{}) == nil {
		return t.own.RoundTrip(r)
	}
	return t.elsewhere.RoundTrip(r)
}

// personal makes c's transport, whose own side shows cert and expects c.ServerName.
func personal(c TransportConfig, cert *tls.Certificate, plain *http.Transport) (http.RoundTripper, error) {
	if c.Origin == nil || c.Origin.Host == "" {
		return nil, errors.New("a client certificate or server name needs the Origin it is for")
	}
	own := plain.Clone()
	own.TLSClientConfig.ServerName = c.ServerName
	if cert != nil {
		own.TLSClientConfig.Certificates = []tls.Certificate{*cert}
	}
	return byOrigin{origin: origin(&url.URL{Scheme: c.Origin.Scheme, Host: c.Origin.Host}), own: own, elsewhere: plain}, nil
}
