package request_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tqmap/engine/request"
)

// tlsServer is a server whose certificate, for 127.0.0.1, nobody knows.
func tlsServer(t *testing.T, setUp func(*tls.Config)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{}
	if setUp != nil {
		setUp(s.TLS)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func certPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestTLS(t *testing.T) {
	good := tlsServer(t, nil)
	old := tlsServer(t, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11; c.MinVersion = tls.VersionTLS10 })
	der, cert := expired(t)
	stale := tlsServer(t, func(c *tls.Config) { c.Certificates = []tls.Certificate{cert} })
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	ca := certPEM(good.Certificate().Raw)
	tests := []struct {
		name   string
		url    string
		config request.TransportConfig
		want   string // in the error, "" for success
	}{
		{"CA known", good.URL, request.TransportConfig{CAPEM: ca}, ""},
		{"verification off", good.URL, request.TransportConfig{InsecureSkipVerify: true}, ""},
		{"CA unknown", good.URL, request.TransportConfig{}, "name the file of its CA"},
		{"other name", strings.Replace(good.URL, "127.0.0.1", "localhost", 1), request.TransportConfig{CAPEM: ca}, "the certificate is for another host"},
		{"expired", stale.URL, request.TransportConfig{CAPEM: certPEM(der)}, "renew the server's certificate"},
		{"too old", old.URL, request.TransportConfig{InsecureSkipVerify: true}, "TLS version (1.2 or later is needed)"},
		{"no TLS there", strings.Replace(plain.URL, "http", "https", 1), request.TransportConfig{}, "is the port right, should it be http?"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			transport, err := request.NewTransport(test.config)
			if err != nil {
				t.Fatal(err)
			}
			s := newSite(t, request.Config{BaseURL: parse(t, test.url), Transport: transport}, nil)
			_, err = s.Do(t.Context(), request.Request{Path: "/x"})
			if len(s.seen) != 1 {
				t.Errorf("sent %d times", len(s.seen))
			}
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			var e *request.TransportError
			if err != nil && (errors.Is(err, request.ErrUnavailable) || !errors.As(err, &e) || e.Sent) {
				t.Errorf("got %+v", e)
			}
		})
	}
}

// expired is a certificate of its own for 127.0.0.1 that ended in 2001.
func expired(t *testing.T) ([]byte, tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Unix(900_000_000, 0), NotAfter: time.Unix(1_000_000_000, 0),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestAuthorities(t *testing.T) {
	der, _ := expired(t)
	good := certPEM(der)
	dir := t.TempDir()
	file := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		name   string
		config request.TransportConfig
		want   string
	}{
		{"none", request.TransportConfig{}, ""},
		{"text", request.TransportConfig{CAPEM: good}, ""},
		{"file of two", request.TransportConfig{CAFile: file("ca.pem", append(good, good...))}, ""},
		{"comments around", request.TransportConfig{CAPEM: append([]byte("# ours\n"), good...)}, ""},
		{"no file", request.TransportConfig{CAFile: filepath.Join(dir, "none.pem")}, "CA file: open "},
		{"empty file", request.TransportConfig{CAFile: file("empty.pem", nil)}, "empty.pem: no PEM block found"},
		{"DER", request.TransportConfig{CAPEM: der}, "openssl x509 -inform der"},
		{"cut short", request.TransportConfig{CAPEM: good[:len(good)/2]}, "block 1 is damaged or cut short"},
		{"second cut short", request.TransportConfig{CAPEM: append(good[:len(good):len(good)], good[:len(good)-10]...)}, "block 2 is damaged or cut short"},
		{"key", request.TransportConfig{CAPEM: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("hunter2")})}, "block 1 is a PRIVATE KEY, where only certificates belong"},
		{"rubbish inside", request.TransportConfig{CAPEM: certPEM([]byte("hunter2"))}, "block 1 is no valid certificate"},
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

func TestProxy(t *testing.T) {
	asked := ""
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = r.RequestURI }))
	t.Cleanup(proxy.Close)
	transport, err := request.NewTransport(request.TransportConfig{Proxy: http.ProxyURL(parse(t, proxy.URL))})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, request.Config{BaseURL: parse(t, "http://api.example"), Transport: transport}, nil)
	if _, err := s.Do(t.Context(), request.Request{Path: "/a%2Fb?q=1"}); err != nil || asked != "http://api.example/a%2Fb?q=1" {
		t.Errorf("proxy was asked for %q, %v", asked, err)
	}
}

// TestLoss tells what may have reached the server from what did not, over real
// connections whose other end is in this process.
func TestLoss(t *testing.T) {
	refuse := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no route to host") }
	// drop takes the request and hangs up.
	drop := func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			far.Read(make([]byte, 4096))
			far.Close()
		}()
		return near, nil
	}
	tests := []struct {
		name     string
		dial     func(context.Context, string, string) (net.Conn, error)
		once     bool
		attempts int
		sent     bool
	}{
		{"not connected", refuse, false, 4, false},
		{"not connected, once", refuse, true, 4, false},
		{"dropped", drop, false, 4, true},
		{"dropped, once", drop, true, 1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport := &http.Transport{DialContext: test.dial}
				defer transport.CloseIdleConnections()
				s := newSite(t, request.Config{BaseURL: parse(t, "http://api.example"), Transport: transport}, nil)
				_, err := s.Do(t.Context(), request.Request{Method: "POST", Path: "/x", Body: []byte("{}"), Once: test.once})
				var e *request.TransportError
				if !errors.As(err, &e) || e.Attempts != test.attempts || len(s.seen) != test.attempts || e.Sent != test.sent {
					t.Fatalf("%d sent, %v, %+v", len(s.seen), err, e)
				}
				if !errors.Is(err, request.ErrUnavailable) {
					t.Error("another run may succeed")
				}
			})
		})
	}
}

// TestBodyIsReplayed: a retry sends the whole body again.
func TestBodyIsReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		s := newSite(t, request.Config{}, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = append(got, string(body))
			if len(got) < 3 {
				w.WriteHeader(500)
			}
		})
		if _, err := s.Do(t.Context(), request.Request{Method: "POST", Path: "/x", Body: []byte(`{"a":1}`)}); err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, " ") != `{"a":1} {"a":1} {"a":1}` {
			t.Errorf("got %q", got)
		}
	})
}

// TestBadHeader is no matter of retries.
func TestBadHeader(t *testing.T) {
	transport, err := request.NewTransport(request.TransportConfig{Proxy: func(*http.Request) (*url.URL, error) { return nil, nil }})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, request.Config{Transport: transport, Header: http.Header{"X-Key": {"hunter2\n"}}}, nil)
	_, err = s.Do(t.Context(), request.Request{Path: "/x"})
	if err == nil || len(s.seen) != 1 || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "X-Key") {
		t.Errorf("%d sent, %v", len(s.seen), err)
	}
}

func TestHeaders(t *testing.T) {
	s := newSite(t, request.Config{Header: http.Header{"accept": {"application/json"}, "X-A": {"1"}}}, answers(200))
	_, err := s.Do(t.Context(), request.Request{Method: "POST", Path: "/x", Header: http.Header{"ACCEPT": {"text/csv"}, "Content-Type": {"no/no"}}, Body: []byte("a"), ContentType: "text/plain"})
	if err != nil {
		t.Fatal(err)
	}
	got := s.seen[0].Header
	for name, want := range map[string]string{"Accept": "text/csv", "X-A": "1", "Content-Type": "text/plain", "User-Agent": "tqmap"} {
		if got.Get(name) != want || len(got[name]) != 1 {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
}
