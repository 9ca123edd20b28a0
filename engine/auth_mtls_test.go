package engine

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tqmap/engine/request"
)

// certificate makes one for name, by itself if issuer is nil.
func certificate(t *testing.T, name string, issuer *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
		IsCA: issuer == nil, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if issuer == nil {
		issuer, by = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, issuer, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func certText(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

func TestMTLS(t *testing.T) {
	ca, caKey := certificate(t, "authority", nil, nil)
	cert, key := certificate(t, "connector", ca, caKey)
	_, strangersKey := certificate(t, "stranger", ca, caKey)
	var seen []string // who came, and with what
	secure := func() *httptest.Server {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			who := "nobody"
			if len(r.TLS.PeerCertificates) > 0 {
				who = r.TLS.PeerCertificates[0].Subject.CommonName
			}
			seen = append(seen, who+" "+r.Header.Get("Authorization"))
		}))
		s.TLS = &tls.Config{ClientCAs: x509.NewCertPool(), ClientAuth: tls.VerifyClientCertIfGiven}
		s.TLS.ClientCAs.AddCert(ca)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	own, foreign := secure(), secure()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return strconv.Quote(file)
	}
	caFile := write("ca.pem", certText(own.Certificate()))
	certFile, keyFile := write("cert.pem", certText(cert)), write("key.pem", pemOf(t, key))
	both := write("both.pem", certText(cert)+pemOf(t, key))
	given := map[string]string{"key": pemOf(t, key), "ca": certText(own.Certificate()), "cert": certText(cert), "other": pemOf(t, strangersKey)}
	bearer := "\nauth \"bearer\" { token = \"t-1\" }"

	tests := []struct{ name, block, want string }{
		{"texts, with a token", "auth \"mtls\" {\ncert = param.cert\nkey = param.key\nca = param.ca\n}" + bearer, "connector Bearer t-1"},
		{"files", "auth \"mtls\" {\ncert_file = " + certFile + "\nkey_file = " + keyFile + "\nca_file = " + caFile + "\n}", "connector "},
		{"one file, authorities of the client", "ca_file = " + caFile + "\nauth \"mtls\" {\ncert_file = " + both + "\n}", "connector "},
		{"by parameter not used", "ca_file = " + caFile + "\nauth \"mtls\" {\nwhen = param.key == \"\"\ncert_file = " + both + "\n}" + bearer, "nobody Bearer t-1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			seen = nil
			o := mustOpen(t, own.URL, test.block, given, ClientOptions{})
			if err := o.get(t); err != nil {
				t.Fatal(err)
			}
			if len(seen) != 1 || seen[0] != test.want {
				t.Errorf("the server saw %q, want %q", seen, test.want)
			}
			if strings.Contains(test.block, "param.key\n") {
				o.hides(t, nil, given["key"])
			}
		})
	}
	t.Run("no other host sees it", func(t *testing.T) {
		seen = nil
		host := strings.TrimPrefix(foreign.URL, "https://")
		o := mustOpen(t, own.URL, "allow_hosts = [\""+host+"\"]\nauth \"mtls\" {\ncert = param.cert\nkey = param.key\nca = param.ca\n}"+bearer, given, ClientOptions{})
		if _, err := o.Do(t.Context(), request.Request{Path: foreign.URL + "/x"}); err != nil {
			t.Fatal(err)
		}
		if len(seen) != 1 || seen[0] != "nobody " {
			t.Errorf("the other host saw %q", seen)
		}
	})
	failures := []struct{ name, block, want string }{
		{"key of another certificate", "auth \"mtls\" {\ncert = param.cert\nkey = param.other\n}", "does not belong to the client certificate"},
		{"no PEM", "auth \"mtls\" {\ncert = param.cert\nkey = \"hunter2\"\n}", "client key"},
		{"no such file", "auth \"mtls\" {\ncert_file = \"/none/cert.pem\"\n}", "client certificate file"},
		{"empty", "auth \"mtls\" {\ncert = param.cert == \"\" ? param.cert : \"\"\n}", "there is no client certificate"},
		{"authorities twice", "ca_file = " + caFile + "\nauth \"mtls\" {\ncert_file = " + both + "\nca_file = " + certFile + "\n}", "names a ca_file already"},
	}
	for _, test := range failures {
		t.Run(test.name, func(t *testing.T) {
			o, err := tryOpen(t, own.URL, test.block, given, ClientOptions{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			if text := err.Error() + o.log.String(); strings.Contains(text, "hunter2") || strings.Contains(text, strings.Split(given["other"], "\n")[1]) {
				t.Errorf("it shows the key: %s", text)
			}
		})
	}
}
