package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// claims sets what all tokens share.
func (j *JWT) claims() error {
	j.fixed = map[string]any{}
	for name, text := range map[string]string{"iss": j.cfg.Issuer, "sub": j.cfg.Subject} {
		if text != "" {
			j.fixed[name] = text
		}
	}
	switch len(j.cfg.Audience) {
	case 0:
	case 1:
		j.fixed["aud"] = j.cfg.Audience[0]
	default:
		j.fixed["aud"] = j.cfg.Audience
	}
	reserved := []string{"iss", "sub", "aud", "iat", "nbf", "exp"}
	if j.cfg.ID {
		reserved = append(reserved, "jti")
	}
	if err := add(j.fixed, j.cfg.Claims, reserved); err != nil {
		return setting("claims", fmt.Errorf("claims: %w", err))
	}
	_, err := segment(j.fixed)
	return setting("claims", err)
}

func (j *JWT) jose() error {
	header := map[string]any{"alg": j.cfg.Algorithm, "typ": "JWT"}
	reserved := []string{"alg"}
	if j.cfg.KeyID != "" {
		header["kid"] = j.cfg.KeyID
		reserved = append(reserved, "kid")
	}
	err := add(header, j.cfg.JOSE, reserved)
	if err == nil {
		j.header, err = segment(header)
	}
	if err != nil {
		return setting("jose", fmt.Errorf("header: %w", err))
	}
	return nil
}

// add copies from into to, unless it holds a reserved name.
func add(to, from map[string]any, reserved []string) error {
	for _, name := range slices.Sorted(maps.Keys(from)) {
		if slices.Contains(reserved, name) {
			return fmt.Errorf("%s is set from elsewhere and must not be given a second time", name)
		}
		to[name] = from[name]
	}
	return nil
}

// segment is the base64url of JSON that RFC 7515 wants.
func segment(v map[string]any) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", errors.New("they cannot be written as JSON")
	}
	return base64.RawURLEncoding.EncodeToString(bytes.TrimSpace(out.Bytes())), nil
}
