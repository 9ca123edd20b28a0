package auth

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/textproto"
	"strconv"
	"time"
)

// attempt is one request that is being signed.
type attempt struct {
	*Signer
	r         *http.Request
	body      []byte
	now       time.Time
	nonce     [16]byte
	signature string
}

func (s *Signer) attempt(r *http.Request) (*attempt, error) {
	text, err := body(r)
	return &attempt{Signer: s, r: r, body: text, now: s.cfg.Now().UTC(), nonce: s.cfg.Nonce()}, err
}

// values are what a template can use of the request itself.
var values = map[string]func(a *attempt, arg string) string{
	"method": func(a *attempt, _ string) string { return a.r.Method },
	"scheme": func(a *attempt, _ string) string { return a.r.URL.Scheme },
	"host":   func(a *attempt, _ string) string { return a.host() },
	"path":   func(a *attempt, _ string) string { return a.path() },
	"query":  func(a *attempt, _ string) string { return a.r.URL.RawQuery },
	"target": func(a *attempt, _ string) string { return a.r.URL.RequestURI() },
	"body":   func(a *attempt, _ string) string { return string(a.body) },
	"length": func(a *attempt, _ string) string { return strconv.Itoa(len(a.body)) },
	"header": func(a *attempt, name string) string { return a.header(name) },
	"date":   func(a *attempt, layout string) string { return a.date(layout) },
	"nonce":  func(a *attempt, _ string) string { return hex.EncodeToString(a.nonce[:]) },
	"uuid":   func(a *attempt, _ string) string { return uuid(a.nonce) },
}

func (a *attempt) host() string {
	if a.r.Host != "" {
		return a.r.Host
	}
	return a.r.URL.Host
}

func (a *attempt) path() string {
	if p := a.r.URL.EscapedPath(); p != "" {
		return p
	}
	return "/"
}

// header knows those that net/http makes when it sends.
func (a *attempt) header(name string) string {
	switch name = textproto.CanonicalMIMEHeaderKey(name); name {
	case "Host":
		return a.host()
	case "Content-Length":
		return strconv.Itoa(len(a.body))
	}
	return a.r.Header.Get(name)
}

func (a *attempt) date(layout string) string {
	if layout == "" {
		layout = a.cfg.Date
	}
	return formatDate(a.now, layout)
}

func formatDate(at time.Time, layout string) string {
	switch layout {
	case "rfc1123":
		return at.Format(http.TimeFormat)
	case "rfc3339":
		return at.Format(time.RFC3339)
	case "unix":
		return strconv.FormatInt(at.Unix(), 10)
	case "unix_ms":
		return strconv.FormatInt(at.UnixMilli(), 10)
	}
	return at.Format(layout)
}

// checkDate reports a layout in which all times look the same.
func checkDate(layout string) error {
	a, b := time.Date(2011, 12, 23, 4, 15, 16, 171e6, time.UTC), time.Date(2022, 11, 10, 19, 28, 37, 484e6, time.UTC)
	if layout != "" && formatDate(a, layout) == formatDate(b, layout) {
		return fmt.Errorf("%.40q is no layout of a time: write rfc1123, rfc3339, unix, unix_ms, or how 2 January 2006, 15:04:05 looks, such as 20060102T150405", layout)
	}
	return nil
}

// uuid is version 4 (RFC 9562).
func uuid(b [16]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (a *attempt) lookup(c call) ([]byte, error) {
	if v, ok := a.cfg.Values[c.name]; ok {
		return []byte(v), nil
	}
	if v, ok := values[c.name]; ok {
		return []byte(v(a, c.arg)), nil
	}
	for _, l := range a.let {
		if l.name == c.name {
			return l.render(a.lookup)
		}
	}
	return []byte(a.signature), nil
}

// set sets headers.
func (a *attempt) set(headers []named) error {
	for _, h := range headers {
		text, err := h.render(a.lookup)
		if err == nil {
			err = printable(string(text))
		}
		if err != nil {
			return fmt.Errorf("header %s: %w", h.name, err)
		}
		a.r.Header.Set(h.name, string(text))
	}
	return nil
}

// compute makes the signature.
func (a *attempt) compute() error {
	raw, err := a.sign(a)
	if err != nil {
		return err
	}
	text, err := filters[a.cfg.Encoding](raw, "")
	a.signature = string(text)
	return err
}
