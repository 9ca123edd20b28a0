package devo

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"
)

// Material is what was pasted: PEM with any line breaks, \n written out, or all on one line.
type Material struct {
	// Certificate is the client's, which also says whose domain the data is for. Its issuers may follow.
	Certificate string
	// Key is its private key, not encrypted: PKCS #8, PKCS #1 or SEC 1.
	Key string
	// Chain is the authority of the collector's certificate; "": the system's only.
	Chain string
	// Authority is trusted besides: that of a relay of one's own, or of a test.
	Authority string
	// ChainOnly leaves the system's authorities out.
	ChainOnly bool
}

// Identity is who the client is and whom it trusts. It is kept in memory alone.
type Identity struct {
	certificate tls.Certificate
	roots       *x509.CertPool
}

// ParseIdentity reads it, with the clock to judge validity by. Warnings are *MaterialError as well,
// and do not keep it from being used.
func ParseIdentity(m Material, now time.Time) (_ *Identity, warnings []error, _ error) {
	own, err := certificates("certificate", m.Certificate)
	if err != nil {
		return nil, nil, err
	}
	key, err := privateKey(m.Key)
	if err != nil {
		return nil, nil, err
	}
	id := &Identity{}
	if id.certificate, err = pair(own, key); err != nil {
		return nil, nil, err
	}
	warnings, err = validity(id.certificate.Leaf, now)
	if err != nil {
		return nil, nil, err
	}
	more, err := id.trust(m, now)
	return id, append(warnings, more...), err
}

// Subject is the name in the certificate, for messages.
func (i *Identity) Subject() string { return i.certificate.Leaf.Subject.String() }

// Expires is when the certificate does.
func (i *Identity) Expires() time.Time { return i.certificate.Leaf.NotAfter }

// Format prints the name alone, with any verb: the key must not come into a log.
func (i *Identity) Format(f fmt.State, _ rune) {
	if i == nil || i.certificate.Leaf == nil {
		_, _ = f.Write([]byte("no identity"))
		return
	}
	_, _ = f.Write([]byte("identity of " + i.Subject()))
}

func certificates(field, text string) ([]*x509.Certificate, error) {
	found, err := blocks(field, text)
	if err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	for n, b := range found {
		if b.kind != "CERTIFICATE" && b.kind != "X509 CERTIFICATE" {
			text := fmt.Sprintf("block %d is a %s, where only certificates belong", n+1, b.kind)
			if strings.HasSuffix(b.kind, "PRIVATE KEY") {
				text += ": were the fields mixed up?"
			}
			return nil, &MaterialError{field, ErrWrongBlock, text}
		}
		c, err := x509.ParseCertificate(b.der)
		if err != nil {
			return nil, &MaterialError{field, ErrDamaged, fmt.Sprintf("block %d is no valid certificate: paste the whole file again", n+1)}
		}
		out = append(out, c)
	}
	return out, nil
}

// privateKey passes over what often stands in such files: curve parameters and certificates.
func privateKey(text string) (crypto.Signer, error) {
	const field = "private key"
	found, err := blocks(field, text)
	if err != nil {
		return nil, err
	}
	for _, b := range found {
		if b.encrypted {
			return nil, &MaterialError{field, ErrEncrypted, "it is encrypted, and there is nobody to ask for the pass phrase: remove that with openssl pkey -in key.pem -out plain.pem"}
		}
		if strings.HasSuffix(b.kind, "PRIVATE KEY") {
			return parseKey(b)
		}
	}
	return nil, &MaterialError{field, ErrWrongBlock, fmt.Sprintf("there is a %s, but no private key: were the fields mixed up?", found[0].kind)}
}

func parseKey(b block) (crypto.Signer, error) {
	var key any
	var err error
	switch b.kind {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(b.der)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(b.der)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(b.der)
	default:
		return nil, &MaterialError{"private key", ErrWrongBlock, fmt.Sprintf("%s is a form that cannot be read: convert it with openssl pkcs8 -topk8 -nocrypt", b.kind)}
	}
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, &MaterialError{"private key", ErrDamaged, "it is damaged, or of a kind that cannot sign"}
	}
	return signer, nil
}

// pair finds the key's certificate, wherever it stands, and sends the others after it.
func pair(own []*x509.Certificate, key crypto.Signer) (tls.Certificate, error) {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	for _, c := range own {
		if !ok || !public.Equal(c.PublicKey) {
			continue
		}
		out := tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: key, Leaf: c}
		for _, other := range own {
			if !bytes.Equal(other.Raw, c.Raw) {
				out.Certificate = append(out.Certificate, other.Raw)
			}
		}
		return out, nil
	}
	return tls.Certificate{}, &MaterialError{"private key", ErrMismatch, fmt.Sprintf("it does not belong to the certificate of %q: both must come from the same download", own[0].Subject)}
}
