package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"

	"tqmap/engine/request"
)

// jwtAlgorithms are the rows of RFC 7518, 3.1, that are known here.
var jwtAlgorithms = map[string]struct {
	family string
	hash   crypto.Hash
	curve  elliptic.Curve
}{
	"HS256": {"HS", crypto.SHA256, nil},
	"HS384": {"HS", crypto.SHA384, nil},
	"HS512": {"HS", crypto.SHA512, nil},
	"RS256": {"RS", crypto.SHA256, nil},
	"RS384": {"RS", crypto.SHA384, nil},
	"RS512": {"RS", crypto.SHA512, nil},
	"ES256": {"ES", crypto.SHA256, elliptic.P256()},
	"ES384": {"ES", crypto.SHA384, elliptic.P384()},
}

// key makes j.sign, and tries it.
func (j *JWT) key() error {
	a, ok := jwtAlgorithms[j.cfg.Algorithm]
	encoding := j.cfg.KeyEncoding
	if encoding == "" {
		encoding = "text"
	}
	switch {
	case !ok:
		return setting("algorithm", fmt.Errorf("there is no algorithm %.40q, only %s", j.cfg.Algorithm, names(jwtAlgorithms)))
	case j.cfg.Key == "":
		return setting("key", errors.New("the key is empty"))
	case encoding != "text" && encoding != "base64" && encoding != "hex":
		return fmt.Errorf("the key's encoding must be text, base64 or hex, not %.40q", encoding)
	case a.family != "HS" && encoding != "text":
		return errors.New("a private key is in PEM and has no other encoding")
	}
	var err error
	switch a.family {
	case "HS":
		var key []byte
		key, err = decodeKey(j.cfg.Key, encoding)
		j.sign = func(text []byte) ([]byte, error) { return mac(a.hash, key, text), nil }
	case "RS":
		key, keyErr := rsaKey([]byte(j.cfg.Key))
		err = keyErr
		j.sign = func(text []byte) ([]byte, error) { return signRSA(a.hash, key, text) }
	default:
		j.sign, err = signECDSA(a.hash, a.curve, j.cfg.Key)
	}
	if err == nil {
		_, err = j.sign(nil)
	}
	return setting("key", err)
}

// signECDSA writes both numbers of the signature in full width (RFC 7518, 3.4).
func signECDSA(hash crypto.Hash, curve elliptic.Curve, pem string) (func([]byte) ([]byte, error), error) {
	signer, err := request.PrivateKey([]byte(pem))
	if err != nil {
		return nil, err
	}
	key, ok := signer.(*ecdsa.PrivateKey)
	if !ok || key.Curve != curve {
		return nil, fmt.Errorf("the private key is of another kind: an elliptic curve key on %s is needed", curve.Params().Name)
	}
	width := (curve.Params().BitSize + 7) / 8
	return func(text []byte) ([]byte, error) {
		sum := hash.New()
		sum.Write(text)
		r, s, err := ecdsa.Sign(rand.Reader, key, sum.Sum(nil))
		if err != nil {
			return nil, fmt.Errorf("the private key cannot be used: %w", err)
		}
		return append(r.FillBytes(make([]byte, width)), s.FillBytes(make([]byte, width))...), nil
	}, nil
}
