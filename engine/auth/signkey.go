package auth

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"tqmap/engine/request"

	_ "crypto/md5"    // registers the hash
	_ "crypto/sha1"   // registers the hash
	_ "crypto/sha256" // registers the hash
	_ "crypto/sha512" // registers the hash
)

var hashes = map[string]crypto.Hash{
	"md5": crypto.MD5, "sha1": crypto.SHA1, "sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512,
}

// key makes s.sign, and tries it where a key may be too short.
func (s *Signer) key() error {
	if s.cfg.Key == "" {
		return setting("key", errors.New("the key is empty"))
	}
	if name, ok := strings.CutPrefix(s.cfg.Algorithm, "rsa-"); ok {
		return s.rsaKey(hashes[name])
	}
	key, err := decodeKey(s.cfg.Key, s.cfg.KeyEncoding)
	if err != nil {
		return setting("key", err)
	}
	hash := hashes[s.cfg.Algorithm]
	s.sign = func(a *attempt) ([]byte, error) {
		derived, err := a.deriveKey(hash, key)
		if err != nil {
			return nil, err
		}
		return a.signText(func(text []byte) ([]byte, error) { return mac(hash, derived, text), nil })
	}
	return nil
}

func (s *Signer) rsaKey(hash crypto.Hash) error {
	if len(s.cfg.Derive) > 0 || s.cfg.KeyEncoding != "text" {
		return setting("key", errors.New("a key for RSA is in PEM, and no other key can be derived from it"))
	}
	key, err := rsaKey([]byte(s.cfg.Key))
	if err != nil {
		return setting("key", err)
	}
	sign := func(text []byte) ([]byte, error) { return signRSA(hash, key, text) }
	s.sign = func(a *attempt) ([]byte, error) { return a.signText(sign) }
	_, err = sign(nil)
	return err
}

func (a *attempt) signText(sign func([]byte) ([]byte, error)) ([]byte, error) {
	text, err := a.text.render(a.lookup)
	if err != nil {
		return nil, fmt.Errorf("text: %w", err)
	}
	return sign(text)
}

func (a *attempt) deriveKey(hash crypto.Hash, key []byte) ([]byte, error) {
	for _, t := range a.derive {
		text, err := t.render(a.lookup)
		if err != nil {
			return nil, fmt.Errorf("derived key: %w", err)
		}
		key = mac(hash, key, text)
		if a.cfg.DeriveEncoding != "raw" {
			if key, err = filters[a.cfg.DeriveEncoding](key, ""); err != nil {
				return nil, err
			}
		}
	}
	return key, nil
}

func mac(hash crypto.Hash, key, text []byte) []byte {
	m := hmac.New(hash.New, key)
	m.Write(text)
	return m.Sum(nil)
}

// decodeKey takes base64 of either alphabet, padded or not.
func decodeKey(key, encoding string) (raw []byte, err error) {
	switch encoding {
	case "hex":
		raw, err = hex.DecodeString(strings.TrimSpace(key))
	case "base64":
		key = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimSpace(key))
		raw, err = base64.RawStdEncoding.DecodeString(strings.TrimRight(key, "="))
	default:
		raw = []byte(key)
	}
	if err != nil || len(raw) == 0 {
		return nil, fmt.Errorf("the key is no %s", encoding) // err would quote it
	}
	return raw, nil
}

func rsaKey(pem []byte) (*rsa.PrivateKey, error) {
	key, err := request.PrivateKey(pem)
	if err != nil {
		return nil, err
	}
	if key, ok := key.(*rsa.PrivateKey); ok {
		return key, nil
	}
	return nil, fmt.Errorf("the private key is a %T, where one for RSA is needed", key)
}

func signRSA(hash crypto.Hash, key *rsa.PrivateKey, text []byte) ([]byte, error) {
	sum := hash.New()
	sum.Write(text)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, hash, sum.Sum(nil))
	if err != nil {
		return nil, fmt.Errorf("the private key cannot be used: %w", err)
	}
	return signature, nil
}
