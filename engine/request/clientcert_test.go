package request_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tqmap/engine/request"
)

// authority issues client certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	der, key := issue(t, nil, "authority")
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{cert, key}
}

// issue makes a certificate for name, by a itself or, if it is nil, by nobody else.
func issue(t *testing.T, a *authority, name string) ([]byte, crypto.Signer) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
		IsCA: a == nil, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	parent, signer := c, crypto.Signer(key)
	if a != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return der, key
}

func keyPEM(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestMutualTLS(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	var shown string
	server := tlsServer(t, func(c *tls.Config) {
		c.ClientCAs = x509.NewCertPool()
		c.ClientCAs.AddCert(ours.cert)
		c.ClientAuth = tls.RequireAndVerifyClientCert
		c.MaxVersion = tls.VersionTLS12 // where the refusal ends the handshake
	})
	server.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		shown = r.TLS.PeerCertificates[0].Subject.CommonName
	})
	ca := certPEM(server.Certificate().Raw)
	good, goodKey := issue(t, &ours, "tqmap")
	bad, badKey := issue(t, &theirs, "stranger")
	both := append(keyPEM(t, goodKey), certPEM(good)...)
	file := filepath.Join(t.TempDir(), "client.pem")
	if err := os.WriteFile(file, both, 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := parse(t, "https://other.example")
	tests := []struct {
		name   string
		config request.TransportConfig
		want   string // in the error, "" for success
	}{
		{"text", request.TransportConfig{CertPEM: certPEM(good), KeyPEM: keyPEM(t, goodKey)}, ""},
		{"one file", request.TransportConfig{CertFile: file}, ""},
		{"two files", request.TransportConfig{CertFile: file, KeyFile: file}, ""},
		{"none", request.TransportConfig{}, "it may want a client certificate"},
		{"of a stranger", request.TransportConfig{CertPEM: certPEM(bad), KeyPEM: keyPEM(t, badKey)}, "check its issuer"},
		{"of another origin", request.TransportConfig{CertFile: file, Origin: elsewhere}, "it may want a client certificate"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			shown = ""
			test.config.CAPEM = ca
			if test.config.Origin == nil {
				test.config.Origin = parse(t, server.URL+"/v1")
			}
			transport, err := request.NewTransport(test.config)
			if err != nil {
				t.Fatal(err)
			}
			s := newSite(t, request.Config{BaseURL: parse(t, server.URL), Transport: transport}, nil)
			_, err = s.Do(t.Context(), request.Request{Path: "/x"})
			if test.want == "" {
				if err != nil || shown != "tqmap" {
					t.Errorf("the server saw %q, %v", shown, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || len(s.seen) != 1 || errors.Is(err, request.ErrUnavailable) {
				t.Errorf("got %v after %d attempts, want %q", err, len(s.seen), test.want)
			}
		})
	}
}

func TestServerName(t *testing.T) {
	server := tlsServer(t, nil) // for example.com too
	ca := certPEM(server.Certificate().Raw)
	tests := []struct {
		name, serverName, origin, want string
	}{
		{"given", "example.com", server.URL, ""},
		{"not in the certificate", "other.example", server.URL, "the certificate is for another host"},
		{"for another origin only", "other.example", "https://127.0.0.1:1", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			transport, err := request.NewTransport(request.TransportConfig{CAPEM: ca, ServerName: test.serverName, Origin: parse(t, test.origin)})
			if err != nil {
				t.Fatal(err)
			}
			s := newSite(t, request.Config{BaseURL: parse(t, server.URL), Transport: transport}, nil)
			_, err = s.Do(t.Context(), request.Request{Path: "/x"})
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestClientCertificateMistakes(t *testing.T) {
	ours := newAuthority(t)
	der, signer := issue(t, &ours, "tqmap")
	_, other := issue(t, &ours, "other")
	cert, key := certPEM(der), keyPEM(t, signer)
	block := func(kind string, headers map[string]string) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Headers: headers, Bytes: []byte("hunter2hunter2")})
	}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	here := &url.URL{Scheme: "https", Host: "api.example"}
	tests := []struct {
		name   string
		config request.TransportConfig
		want   string
	}{
		{"good", request.TransportConfig{CertPEM: cert, KeyPEM: key, Origin: here}, ""},
		{"chain", request.TransportConfig{CertPEM: append(bytes.Clone(cert), certPEM(ours.cert.Raw)...), KeyPEM: key, Origin: here}, ""},
		{"no origin", request.TransportConfig{CertPEM: cert, KeyPEM: key}, "needs the Origin it is for"},
		{"name without origin", request.TransportConfig{ServerName: "a.example"}, "needs the Origin it is for"},
		{"key only", request.TransportConfig{KeyPEM: key, Origin: here}, "the certificate it belongs to is missing"},
		{"certificate only", request.TransportConfig{CertPEM: cert, Origin: here}, "client key: no private key found"},
		{"key of another", request.TransportConfig{CertPEM: cert, KeyPEM: keyPEM(t, other), Origin: here}, `does not belong to the client certificate of "CN=tqmap"`},
		{"issuer first", request.TransportConfig{CertPEM: append(certPEM(ours.cert.Raw), cert...), KeyPEM: key, Origin: here}, "must come first"},
		{"encrypted", request.TransportConfig{CertPEM: cert, KeyPEM: block("ENCRYPTED PRIVATE KEY", nil), Origin: here}, "the private key is encrypted: store it without"},
		{"encrypted the old way", request.TransportConfig{CertPEM: cert, KeyPEM: block("RSA PRIVATE KEY", map[string]string{"Proc-Type": "4,ENCRYPTED"}), Origin: here}, "the private key is encrypted"},
		{"SSH", request.TransportConfig{CertPEM: cert, KeyPEM: block("OPENSSH PRIVATE KEY", nil), Origin: here}, "ssh-keygen -p -m PKCS8"},
		{"damaged key", request.TransportConfig{CertPEM: cert, KeyPEM: block("PRIVATE KEY", nil), Origin: here}, "client key: the private key is damaged"},
		{"damaged certificate", request.TransportConfig{CertPEM: certPEM([]byte("hunter2")), KeyPEM: key, Origin: here}, "the first one is no valid certificate"},
		{"key cut short", request.TransportConfig{CertPEM: cert, KeyPEM: key[:len(key)/2], Origin: here}, "client key: block 1 is damaged or cut short"},
		{"certificate cut short", request.TransportConfig{CertPEM: cert[:len(cert)/2], KeyPEM: key, Origin: here}, "client certificate: block 1 is damaged or cut short"},
		{"DER", request.TransportConfig{CertPEM: der, KeyPEM: key, Origin: here}, "openssl pkcs12"},
		{"text and file", request.TransportConfig{CertPEM: cert, CertFile: empty, Origin: here}, "not both"},
		{"empty file", request.TransportConfig{CertFile: empty, KeyPEM: key, Origin: here}, "empty.pem is empty"},
		{"no file", request.TransportConfig{CertPEM: cert, KeyFile: empty + "-", Origin: here}, "client key file: open "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := request.NewTransport(test.config)
			if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestPrivateKeyForms(t *testing.T) {
	_, signer := issue(t, nil, "x")
	sec1, err := x509.MarshalECPrivateKey(signer.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	old := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1})
	parameters := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 0}})
	for name, text := range map[string][]byte{"PKCS #8": keyPEM(t, signer), "SEC 1": old, "after its parameters": append(parameters, old...)} {
		got, err := request.PrivateKey(text)
		if err != nil || !signer.Public().(*ecdsa.PublicKey).Equal(got.Public()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzPrivateKey: whatever is given for a key, the answer is a key or an error that does
// not quote it.
func FuzzPrivateKey(f *testing.F) {
	const secret = "c3VwZXJzZWNyZXQ"
	for _, text := range []string{"", "-----BEGIN", "-----BEGIN PRIVATE KEY-----\n" + secret + "\n-----END PRIVATE KEY-----\n", "-----BEGIN X-----\n-----END X-----\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := request.PrivateKey(text)
		if (key == nil) == (err == nil) {
			t.Errorf("got %v and %v", key, err)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Error(err)
		}
	})
}
