package devo_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"tqmap/engine/sink/devo"
)

var today = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// issuer makes certificates.
type issuer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func (i issuer) pem() string { return block("CERTIFICATE", i.cert.Raw) }

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// issue signs a certificate with key, for days around today.
func (i issuer) issue(t testing.TB, name string, key crypto.Signer, from, to int) issuer {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: i.cert == nil, BasicConstraintsValid: true,
		NotBefore: today.AddDate(0, 0, from), NotAfter: today.AddDate(0, 0, to), KeyUsage: x509.KeyUsageCertSign,
	}
	by, with := i.cert, i.key
	if by == nil {
		by, with = c, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, by, key.Public(), with)
	if err != nil {
		t.Fatal(err)
	}
	out, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return issuer{out, key}
}

func ec(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func pkcs8(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("PRIVATE KEY", der)
}

// However it is pasted, it is the same.
func TestPasted(t *testing.T) {
	ca := issuer{}.issue(t, "CA", ec(t), -1, 1000)
	private, err := rsaKey()
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve := ec(t)
	sec1, err := x509.MarshalECPrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]struct {
		signer crypto.Signer
		text   string
	}{
		"PKCS #8 RSA": {private, pkcs8(t, private)},
		"PKCS #1":     {private, block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(private))},
		"PKCS #8 EC":  {curve, pkcs8(t, curve)},
		"SEC 1":       {curve, block("EC PARAMETERS", []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}) + block("EC PRIVATE KEY", sec1)},
		"Ed25519":     {edwards, pkcs8(t, edwards)},
	}
	forms := map[string]func(string) string{
		"as it is":            func(s string) string { return s },
		"CRLF":                func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"CR":                  func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
		"blanks around lines": func(s string) string { return "\ufeff \n\n" + strings.ReplaceAll(s, "\n", "  \n\t ") + "\n " },
		`\n written out`:      func(s string) string { return strings.ReplaceAll(s, "\n", `\n`) },
		`\r\n written out`:    func(s string) string { return strings.ReplaceAll(s, "\n", `\r\n`) },
		"one line":            func(s string) string { return strings.ReplaceAll(s, "\n", " ") },
		"no line ends":        func(s string) string { return strings.ReplaceAll(s, "\n", "") },
		"text around":         func(s string) string { return "subject=/CN=x\n" + s + "\nend of it\n" },
		"in quotes":           func(s string) string { return `"` + strings.TrimSpace(s) + `"` },
	}
	for kind, key := range keys {
		leaf := ca.issue(t, "exampleorg", key.signer, -1, 400)
		for form, paste := range forms {
			for order, certs := range map[string]string{"alone": leaf.pem(), "issuer after it": leaf.pem() + ca.pem(), "issuer before it": ca.pem() + leaf.pem()} {
				id, warnings, err := devo.ParseIdentity(devo.Material{Certificate: paste(certs), Key: paste(key.text), Chain: paste(ca.pem() + ca.pem())}, today)
				if err != nil || len(warnings) > 0 || id.Subject() != "CN=exampleorg" || !id.Expires().Equal(leaf.cert.NotAfter) {
					t.Errorf("%s, %s, %s: %v %v", kind, form, order, err, warnings)
				}
			}
		}
	}
}

func TestMaterial(t *testing.T) {
	ca, other := issuer{}.issue(t, "CA", ec(t), -1, 1000), issuer{}.issue(t, "Other CA", ec(t), -1, 1000)
	old := issuer{}.issue(t, "Old CA", ec(t), -100, -1)
	private, err := rsaKey()
	if err != nil {
		t.Fatal(err)
	}
	key := ec(t)
	leaf := ca.issue(t, "exampleorg", key, -1, 400)
	good := devo.Material{Certificate: leaf.pem(), Key: pkcs8(t, key), Chain: ca.pem()}
	// SHA-1 cannot be made any more: the algorithm is exchanged in a certificate of SHA-256.
	rsaCA := issuer{}.issue(t, "RSA CA", private, -1, 1000)
	sha1 := rsaCA.issue(t, "sha1", key, -1, 400)
	sha256, weak := []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11}, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5}
	weakPEM := block("CERTIFICATE", []byte(strings.ReplaceAll(string(sha1.cert.Raw), string(sha256), string(weak))))
	legacy := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"

	tests := []struct {
		name  string
		m     func(m *devo.Material)
		field string
		is    error
		says  string
		warns bool
	}{
		{"no certificate", func(m *devo.Material) { m.Certificate = " \n" }, "certificate", devo.ErrNoPEM, "is empty", false},
		{"name of a file", func(m *devo.Material) { m.Certificate = "/etc/devo/org.crt" }, "certificate", devo.ErrNoPEM, "not its name", false},
		{"key in place of certificate", func(m *devo.Material) { m.Certificate = m.Key }, "certificate", devo.ErrWrongBlock, "mixed up", false},
		{"certificate in place of key", func(m *devo.Material) { m.Key = m.Certificate }, "private key", devo.ErrWrongBlock, "mixed up", false},
		{"no key", func(m *devo.Material) { m.Key = "" }, "private key", devo.ErrNoPEM, "is empty", false},
		{"encrypted PKCS #8", func(m *devo.Material) { m.Key = block("ENCRYPTED PRIVATE KEY", []byte{1, 2, 3}) }, "private key", devo.ErrEncrypted, "openssl pkey", false},
		{"encrypted PKCS #1", func(m *devo.Material) { m.Key = legacy }, "private key", devo.ErrEncrypted, "openssl pkey", false},
		{"key of OpenSSH", func(m *devo.Material) { m.Key = block("OPENSSH PRIVATE KEY", []byte{1, 2, 3}) }, "private key", devo.ErrWrongBlock, "openssl pkcs8", false},
		{"key cut short", func(m *devo.Material) { m.Key = m.Key[:len(m.Key)/2] }, "private key", devo.ErrDamaged, "has no end", false},
		{"certificate with a hole", func(m *devo.Material) { m.Certificate = m.Certificate[:80] + m.Certificate[84:] }, "certificate", devo.ErrDamaged, "paste the whole file", false},
		{"key with a hole", func(m *devo.Material) { m.Key = m.Key[:60] + m.Key[64:] }, "private key", devo.ErrDamaged, "damaged", false},
		{"another key", func(m *devo.Material) { m.Key = pkcs8(t, private) }, "private key", devo.ErrMismatch, `"CN=exampleorg"`, false},
		{"expired", func(m *devo.Material) { m.Certificate = ca.issue(t, "x", key, -9, -1).pem() }, "certificate", devo.ErrExpired, "2026-05-31 12:00 UTC", false},
		{"not yet valid", func(m *devo.Material) { m.Certificate = ca.issue(t, "x", key, 1, 9).pem() }, "certificate", devo.ErrNotYet, "2026-06-02 12:00 UTC", false},
		{"chain that is none", func(m *devo.Material) { m.Chain = "chain.crt" }, "chain", devo.ErrNoPEM, "not its name", false},
		{"key in the chain", func(m *devo.Material) { m.Chain += m.Key }, "chain", devo.ErrWrongBlock, "block 2", false},
		{"nothing to trust", func(m *devo.Material) { m.Chain, m.ChainOnly = "", true }, "chain", devo.ErrNoPEM, "nothing else is trusted", false},
		{"authority that is none", func(m *devo.Material) { m.Authority = "x" }, "authority", devo.ErrNoPEM, "", false},
		{"much too long", func(m *devo.Material) { m.Chain = strings.Repeat("x", 2<<20) }, "chain", devo.ErrDamaged, "1 MiB", false},

		{"expires soon", func(m *devo.Material) { m.Certificate = ca.issue(t, "x", key, -9, 29).pem() }, "certificate", devo.ErrExpiresSoon, "2026-06-30", true},
		{"of another authority", func(m *devo.Material) { m.Chain = other.pem() }, "certificate", devo.ErrUnverified, "same download", true},
		{"chain that is too old", func(m *devo.Material) { m.Chain += old.pem() }, "chain", devo.ErrExpired, `"CN=Old CA"`, true},
		{"signed with SHA-1", func(m *devo.Material) { m.Certificate, m.Chain = weakPEM, "" }, "certificate", devo.ErrWeak, "SHA-1", true},
		{"chain signed with SHA-1", func(m *devo.Material) { m.Chain += weakPEM }, "chain", devo.ErrWeak, "SHA-1", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := good
			test.m(&m)
			id, warnings, err := devo.ParseIdentity(m, today)
			if test.warns {
				if err != nil || len(warnings) != 1 || id == nil {
					t.Fatalf("%v, warnings %v", err, warnings)
				}
				err = warnings[0]
			} else if id != nil && err == nil {
				t.Fatal("taken")
			}
			var typed *devo.MaterialError
			if !errors.Is(err, test.is) || !errors.As(err, &typed) || typed.Field != test.field || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want %v of the %s that says %q", err, test.is, test.field, test.says)
			}
			quotesNothing(t, m, err)
		})
	}
}

// quotesNothing looks for parts of the key in a message.
func quotesNothing(t testing.TB, m devo.Material, err error) {
	t.Helper()
	for _, line := range strings.Fields(m.Key) {
		if len(line) > 20 && strings.Contains(err.Error(), line[:20]) {
			t.Errorf("the message quotes the key: %v", err)
		}
	}
}

// T07, U30: nobody prints a key by accident.
func TestIdentityIsNotPrinted(t *testing.T) {
	key := ec(t)
	id, _, err := devo.ParseIdentity(devo.Material{Certificate: issuer{}.issue(t, "exampleorg", key, -1, 400).pem(), Key: pkcs8(t, key)}, today)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		if got := fmt.Sprintf(verb, id); got != "identity of CN=exampleorg" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	c := &devo.Collector{Identity: id}
	if got := fmt.Sprintf("%+v", *c); !strings.Contains(got, "Identity:identity of CN=exampleorg") {
		t.Errorf("a collector prints %s", got)
	}
}

// Whatever is pasted, it is read or refused, and never quoted.
func FuzzMaterial(f *testing.F) {
	key := ec(f)
	cert := issuer{}.issue(f, "exampleorg", key, -1, 400).pem()
	text := pkcs8(f, key)
	f.Add(cert, text, cert)
	f.Add(text, cert, "")
	f.Add("-----BEGIN CERTIFICATE----- AAAA -----END CERTIFICATE-----", "-----BEGIN -----", `\n`)
	f.Add("-----BEGIN CERTIFICATE-----", "-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n-----END PRIVATE KEY-----", cert+cert)
	f.Fuzz(func(t *testing.T, cert, key, chain string) {
		m := devo.Material{Certificate: cert, Key: key, Chain: chain, ChainOnly: true} // the system's take long to load
		id, warnings, err := devo.ParseIdentity(m, today)
		if (id == nil) == (err == nil) && err == nil {
			t.Fatal("neither an identity nor an error")
		}
		for _, e := range append(warnings, err) {
			var typed *devo.MaterialError
			if e == nil {
				continue
			}
			if !errors.As(e, &typed) || typed.Err == nil {
				t.Fatalf("%v is no MaterialError", e)
			}
			quotesNothing(t, m, e)
		}
	})
}
