package devo_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"tqmap/engine/sink/devo"
	sim "tqmap/examples/devo"
)

// Who is trusted, and what name is asked for.
func TestTrust(t *testing.T) {
	other, err := sim.New(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		amend func(m *devo.Material)
		is    error
	}{
		{"the chain", func(*devo.Material) {}, nil},
		{"the chain alone", func(m *devo.Material) { m.ChainOnly = true }, nil},
		{"an authority of one's own", func(m *devo.Material) { m.Chain, m.Authority = other.Identity().Chain, m.Chain }, nil},
		{"that alone", func(m *devo.Material) { m.Chain, m.Authority, m.ChainOnly = "", m.Chain, true }, nil},
		{"the system's", func(m *devo.Material) { m.Chain = "" }, devo.ErrUntrusted},
		{"another chain", func(m *devo.Material) { m.Chain = other.Identity().Chain }, devo.ErrUntrusted},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, sim.Options{})
			own := s.sim.Identity()
			m := devo.Material{Certificate: own.Certificate, Key: own.Key, Chain: own.Chain}
			test.amend(&m)
			if s.Identity, _, err = devo.ParseIdentity(m, time.Now()); err != nil {
				t.Fatal(err)
			}
			s.Address = port(t, "localhost", s.Address)
			_, err := s.Send(t.Context(), devo.Session{Lookup: iocs, Rows: some(3, nil)})
			if !errors.Is(err, test.is) {
				t.Errorf("%v, want %v", err, test.is)
			}
			c := s.sim.Connections()[0]
			if test.is == nil && (c.SNI != "localhost" || c.Subject != "CN=sandbox,O=Sandbox" || c.TLS != "TLS 1.3") {
				t.Errorf("%+v", c)
			}
			if test.is != nil && c.Messages > 0 {
				t.Error("something was sent")
			}
		})
	}
}

// Certificates that are refused here though other clients take them are told by their fault.
func TestOldServers(t *testing.T) {
	private, err := rsaKey()
	if err != nil {
		t.Fatal(err)
	}
	ca := issuer{}.issue(t, "CA", private, -1000, 10_000)
	named := func(amend func(*x509.Certificate)) []byte {
		c := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
		amend(c)
		raw, err := x509.CreateCertificate(rand.Reader, c, ca.cert, private.Public(), ca.key)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	good := named(func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)} })
	for _, test := range []struct {
		name, says string
		raw        []byte
	}{
		{"no alternative names", "no alternative names (SAN)", named(func(*x509.Certificate) {})},
		{"SHA-1", "signed with SHA-1", []byte(strings.ReplaceAll(string(good), "*\x86H\x86\xf7\r\x01\x01\x0b", "*\x86H\x86\xf7\r\x01\x01\x05"))},
		{"expired", "expired", named(func(c *x509.Certificate) {
			c.NotAfter, c.IPAddresses = time.Now().Add(-time.Minute), []net.IP{net.IPv4(127, 0, 0, 1)}
		})},
	} {
		t.Run(test.name, func(t *testing.T) {
			ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{test.raw}, PrivateKey: private}}})
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			go func() {
				for c, err := ln.Accept(); err == nil; c, err = ln.Accept() {
					_ = c.(*tls.Conn).Handshake()
					_ = c.Close()
				}
			}()
			key := ec(t)
			id, _, err := devo.ParseIdentity(devo.Material{Certificate: ca.issue(t, "x", key, -1000, 10_000).pem(), Key: pkcs8(t, key), Chain: ca.pem()}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			c := devo.Collector{Address: ln.Addr().String(), Identity: id, Pause: -1}
			r, err := c.Send(t.Context(), devo.Session{Lookup: iocs, Rows: some(1, nil)})
			if !errors.Is(err, devo.ErrUntrusted) || !strings.Contains(err.Error(), test.says) || r.Tries != 1 {
				t.Errorf("%v after %d tries, want %q", err, r.Tries, test.says)
			}
		})
	}
}

// What cannot work is said before anything is read.
func TestUnusableCollector(t *testing.T) {
	s := start(t, sim.Options{})
	unread := func(func(devo.Row) error) error { t.Error("rows were read"); return nil }
	for name, amend := range map[string]func(*devo.Collector, *devo.Session){
		"no identity": func(c *devo.Collector, _ *devo.Session) { c.Identity = nil },
		"no port":     func(c *devo.Collector, _ *devo.Session) { c.Address = "localhost" },
		"no rows":     func(_ *devo.Collector, s *devo.Session) { s.Rows = nil },
		"no columns":  func(_ *devo.Collector, s *devo.Session) { s.Lookup.Columns = nil },
	} {
		c, session := *s.Collector, devo.Session{Lookup: iocs, Rows: unread}
		amend(&c, &session)
		if _, err := c.Send(t.Context(), session); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// The name of the machine cannot break a line.
func TestHostNames(t *testing.T) {
	for name, want := range map[string]string{"a b:c\nd": "a-b-c-d", "bücher": "b-cher", "node-1.example.com": "node-1.example.com"} {
		s := start(t, sim.Options{})
		s.Host = name
		if _, err := s.Send(t.Context(), devo.Session{Lookup: iocs, Rows: some(1, nil)}); err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(string(s.sim.Connections()[0].Raw), " my.lookup"); first != "<14>Jan  1 00:00:00 "+want {
			t.Errorf("%q: %q", name, first)
		}
	}
}

// Without anything set it waits by the clock, and calls the machine by its name.
func TestDefaults(t *testing.T) {
	s := start(t, sim.Options{})
	c := devo.Collector{Address: s.Address, Identity: s.Identity, Pause: time.Millisecond}
	if _, err := c.Send(t.Context(), devo.Session{Lookup: iocs, Rows: some(3, nil)}); err != nil {
		t.Fatal(err)
	}
	name, _ := os.Hostname()
	if got := string(s.sim.Connections()[0].Raw); s.sim.Count("iocs") != 3 || !strings.HasPrefix(got, "<14>Jan  1 00:00:00 "+name+" my.lookup.control.iocs.FULL: ") {
		t.Errorf("%q", got)
	}
}
