package devo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"time"
)

// papers are the authority and what it has issued.
type papers struct {
	client Identity
	server tls.Certificate
	pool   *x509.CertPool
}

// savedPapers is what of them is kept: from the authority follows the rest, but that the client's
// is to stay the same.
type savedPapers struct {
	Identity
	AuthorityKey string `json:"ca_key_pem"`
}

type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newPapers(saved *savedPapers, opt Options) (*papers, error) {
	ca, err := saved.authority(opt.Now())
	if err != nil {
		return nil, err
	}
	p := &papers{pool: x509.NewCertPool()}
	p.pool.AddCert(ca.cert)
	if saved.Certificate == "" {
		if err := saved.fill(ca, opt.Now()); err != nil {
			return nil, err
		}
	}
	p.client = saved.Identity
	p.server, err = ca.server(opt)
	return p, err
}

// fill issues the client's certificate.
func (p *savedPapers) fill(ca signer, now time.Time) error {
	c := template("sandbox", now)
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	raw, key, err := ca.issue(c)
	if err != nil {
		return err
	}
	p.Chain, p.Certificate = text("CERTIFICATE", ca.cert.Raw), text("CERTIFICATE", raw)
	p.Key, err = keyText(key)
	return err
}

func (p *savedPapers) authority(now time.Time) (signer, error) {
	if p.AuthorityKey != "" {
		return readSigner(p.Chain, p.AuthorityKey)
	}
	c := template("Sandbox Collector CA", now)
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	raw, key, err := signer{}.issue(c)
	if err != nil {
		return signer{}, err
	}
	cert, err := x509.ParseCertificate(raw)
	if err == nil {
		p.AuthorityKey, err = keyText(key)
	}
	return signer{cert, key}, err
}

func (s signer) server(opt Options) (tls.Certificate, error) {
	c := template("collector.sandbox", opt.Now())
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, name := range opt.Names {
		if ip := net.ParseIP(name); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, name)
		}
	}
	raw, key, err := s.issue(c)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, err
}

// issue signs c with a new key; the zero signer lets it sign itself.
func (s signer) issue(c *x509.Certificate) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	by, with := s.cert, s.key
	if by == nil {
		by, with = c, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, by, &key.PublicKey, with)
	return raw, key, err
}

func template(name string, now time.Time) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Organization: []string{"Sandbox"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(5, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
}

func text(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func keyText(key *ecdsa.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return text("PRIVATE KEY", der), err
}

func readSigner(certPEM, keyPEM string) (signer, error) {
	c, _ := pem.Decode([]byte(certPEM))
	k, _ := pem.Decode([]byte(keyPEM))
	if c == nil || k == nil {
		return signer{}, errors.New("devo simulator: the state file holds no certificates: remove it")
	}
	cert, err := x509.ParseCertificate(c.Bytes)
	if err != nil {
		return signer{}, err
	}
	key, err := x509.ParsePKCS8PrivateKey(k.Bytes)
	if err != nil {
		return signer{}, err
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return signer{}, errors.New("devo simulator: the state file holds a key of another kind: remove it")
	}
	return signer{cert, private}, nil
}
