package auth

import (
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"
)

func (s *Signer) defaults() error {
	c := &s.cfg
	for _, d := range []struct {
		setting string
		what    string
		value   *string
		choices []string // the first is the default
	}{
		{"algorithm", "algorithm", &c.Algorithm, []string{"sha256", "md5", "sha1", "sha384", "sha512", "rsa-sha256", "rsa-sha384", "rsa-sha512"}},
		{"key_encoding", "key encoding", &c.KeyEncoding, []string{"text", "base64", "hex"}},
		{"derive_encoding", "derive encoding", &c.DeriveEncoding, []string{"raw", "hex", "hex_upper", "base64", "base64url"}},
		{"encoding", "encoding", &c.Encoding, []string{"hex", "hex_upper", "base64", "base64url"}},
	} {
		if *d.value == "" {
			*d.value = d.choices[0]
		}
		if !slices.Contains(d.choices, *d.value) {
			return setting(d.setting, fmt.Errorf("%s must be one of %s, not %.40q", d.what, strings.Join(d.choices, ", "), *d.value))
		}
	}
	if c.Date == "" {
		c.Date = "rfc1123"
	}
	return setting("date", checkDate(c.Date))
}

// compile reads the templates but those of the headers.
func (s *Signer) compile() error {
	for name := range s.cfg.Values {
		if name == "signature" || values[name] != nil {
			return setting("values", fmt.Errorf("the value %q would hide the one of the request", name))
		}
	}
	for _, l := range s.cfg.Let {
		if _, taken := s.cfg.Values[l.Name]; taken || l.Name == "" || s.known(call{name: l.Name}) == nil || l.Name == "signature" {
			return setting("let", fmt.Errorf("the name %q is taken or empty", l.Name))
		}
		t, err := s.template(l.Name, l.Value)
		if err != nil {
			return setting("let", err)
		}
		s.let = append(s.let, named{l.Name, t})
	}
	var err error
	if s.cfg.Text == "" {
		return setting("text", errors.New("there is no text to sign"))
	}
	s.text, err = s.template("text", s.cfg.Text)
	return setting("text", err)
}

// chain reads the templates of derived keys.
func (s *Signer) chain() error {
	s.derive = make([]template, len(s.cfg.Derive))
	for i, text := range s.cfg.Derive {
		var err error
		if s.derive[i], err = s.template("derived key", text); err != nil {
			return setting("derive", err)
		}
	}
	return nil
}

func (s *Signer) headers() error {
	for _, h := range s.cfg.Header {
		if err := headerName(h.Name); err != nil {
			return setting("headers", err)
		}
		t, err := parseTemplate(h.Value)
		if err == nil {
			err = t.check(func(c call) error {
				if c.name == "signature" {
					return nil
				}
				return s.known(c)
			})
		}
		if err != nil {
			return setting("headers", fmt.Errorf("header %s: %w", h.Name, err))
		}
		into := &s.before
		if t.uses("signature") {
			into = &s.after
		}
		*into = append(*into, named{textproto.CanonicalMIMEHeaderKey(h.Name), t})
	}
	if len(s.after) == 0 {
		return setting("headers", errors.New("no header holds {signature}"))
	}
	return nil
}

func (s *Signer) template(name, text string) (template, error) {
	t, err := parseTemplate(text)
	if err == nil {
		err = t.check(s.known)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// known reports what no template may use, so far.
func (s *Signer) known(c call) error {
	if c.name == "date" {
		return checkDate(c.arg)
	}
	if _, ok := s.cfg.Values[c.name]; ok || values[c.name] != nil {
		return nil
	}
	if slices.ContainsFunc(s.let, func(l named) bool { return l.name == c.name }) {
		return nil
	}
	all := []string{names(values)}
	if len(s.cfg.Values) > 0 {
		all = append(all, names(s.cfg.Values))
	}
	for _, l := range s.let {
		all = append(all, l.name)
	}
	return fmt.Errorf("there is no value {%.40s} here, only %s", c.name, strings.Join(all, ", "))
}
