package request

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// PrivateKey reads the first private key in PEM text: PKCS #8, or the older forms for
// RSA (PKCS #1) and elliptic curves (SEC 1). Certificates and curve parameters beside
// it are passed over. An encrypted key is refused: there is nobody to ask for the
// pass phrase. No error quotes the text.
func PrivateKey(text []byte) (crypto.Signer, error) {
	for n := 1; ; n++ {
		block, rest := pem.Decode(text)
		switch {
		case block == nil && bytes.Contains(text, []byte("-----BEGIN")):
			return nil, fmt.Errorf("block %d is damaged or cut short", n)
		case block == nil:
			return nil, errors.New("no private key found: it must hold -----BEGIN PRIVATE KEY----- (convert others with openssl pkey)")
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return parseKey(block)
		}
		text = rest
	}
}

func parseKey(block *pem.Block) (crypto.Signer, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, errors.New("the private key is encrypted: store it without a pass phrase (openssl pkey -in key.pem -out plain.pem) where only this program can read it")
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("%.40q is a form of private key that cannot be read: convert it to PKCS #8 (openssl pkcs8 -topk8 -nocrypt, or ssh-keygen -p -m PKCS8)", block.Type)
	}
	if err != nil {
		return nil, errors.New("the private key is damaged, or of an unknown kind")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the private key is of a kind that cannot sign")
	}
	return signer, nil
}
