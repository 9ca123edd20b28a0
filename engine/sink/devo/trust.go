package devo

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"
)

// soon is when to warn that a certificate will expire.
const soon = 30 * 24 * time.Hour

// validity judges the client's certificate.
func validity(c *x509.Certificate, now time.Time) ([]error, error) {
	const field = "certificate"
	day := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
	switch {
	case now.After(c.NotAfter):
		return nil, &MaterialError{field, ErrExpired, fmt.Sprintf("it has expired on %s: download a new one from Devo", day(c.NotAfter))}
	case now.Before(c.NotBefore):
		return nil, &MaterialError{field, ErrNotYet, fmt.Sprintf("it is valid only from %s: is the clock of this machine right?", day(c.NotBefore))}
	}
	var warnings []error
	if c.NotAfter.Before(now.Add(soon)) {
		warnings = append(warnings, &MaterialError{field, ErrExpiresSoon, fmt.Sprintf("it expires on %s: download a new one from Devo", day(c.NotAfter))})
	}
	if weak(c) {
		warnings = append(warnings, &MaterialError{field, ErrWeak, "it is signed with SHA-1, which collectors may refuse: download a new one from Devo"})
	}
	return warnings, nil
}

func weak(c *x509.Certificate) bool {
	switch c.SignatureAlgorithm {
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1, x509.MD5WithRSA, x509.MD2WithRSA:
		return true
	}
	return false
}

// trust reads the authorities. The chain is trusted for the collector's certificate; that it also
// issued the client's is only usual.
func (i *Identity) trust(m Material, now time.Time) (warnings []error, err error) {
	i.roots = x509.NewCertPool()
	if !m.ChainOnly {
		if system, err := x509.SystemCertPool(); err == nil {
			i.roots = system
		}
	}
	var chain []*x509.Certificate
	if m.Chain != "" {
		if chain, err = certificates("chain", m.Chain); err != nil {
			return nil, err
		}
		warnings = append(i.issued(chain, now), aged(chain, now)...)
	} else if m.ChainOnly && m.Authority == "" {
		return nil, &MaterialError{"chain", ErrNoPEM, "it is empty, and nothing else is trusted: paste it, or trust the system's authorities too"}
	}
	if m.Authority != "" {
		more, err := certificates("authority", m.Authority)
		if err != nil {
			return nil, err
		}
		chain = append(chain, more...)
	}
	for _, c := range chain {
		i.roots.AddCert(c)
	}
	return warnings, nil
}

// issued warns where the client's certificate is not the chain's.
func (i *Identity) issued(chain []*x509.Certificate, now time.Time) []error {
	o := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	for _, c := range chain {
		o.Roots.AddCert(c)
	}
	for _, raw := range i.certificate.Certificate[1:] {
		if c, err := x509.ParseCertificate(raw); err == nil {
			o.Intermediates.AddCert(c)
		}
	}
	if _, err := i.certificate.Leaf.Verify(o); err != nil {
		return []error{&MaterialError{"certificate", ErrUnverified, "it was not issued by the chain, as far as can be seen here: do both come from the same download?"}}
	}
	return nil
}

func aged(chain []*x509.Certificate, now time.Time) []error {
	var out []error
	for n, c := range chain {
		if now.After(c.NotAfter) {
			out = append(out, &MaterialError{"chain", ErrExpired, fmt.Sprintf("block %d, %q, has expired on %s: download it again", n+1, c.Subject, c.NotAfter.UTC().Format(time.DateOnly))})
		}
		if weak(c) && !bytes.Equal(c.RawIssuer, c.RawSubject) {
			out = append(out, &MaterialError{"chain", ErrWeak, fmt.Sprintf("block %d, %q, is signed with SHA-1, which is refused here: a newer chain is needed", n+1, c.Subject)})
		}
	}
	return out
}

// config is for one connection to host. The certificate is shown whatever authorities the collector
// names: a list that lacks its issuer would else make us come without any.
func (i *Identity) config(host string) *tls.Config {
	show := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &i.certificate, nil }
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: i.roots, GetClientCertificate: show}
}
