package auth

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"tqmap/engine/request"
)

// Place says where on a request a credential goes. It replaces what a request already
// has there.
type Place struct {
	// In is "header", "query", "cookie" or "body". A body must be a JSON object or a
	// form, by its Content-Type; the credential becomes one of its top-level fields.
	In string
	// Name is that of the header, parameter, cookie or field.
	Name string
	// Format is the value, with {token} in the credential's place and, after an
	// OAuth 2.0 answer, {token_type} in that of its type. Default "{token}".
	Format string
}

const (
	placeholder   = "{token}"
	defaultHeader = "Authorization: Bearer " + placeholder
)

// NewPlace is where a credential goes: p, checked, or what header says, a line like
// "Authorization: Bearer {token}", which is also the default. Errors are *SettingError.
func NewPlace(header string, p Place) (Place, error) { return place(header, p) }

// String names the place, as "the header Authorization".
func (p Place) String() string { return "the " + p.In + " " + p.Name }

// place checks p, or makes one of header, a line like defaultHeader. With neither it
// is defaultHeader.
func place(header string, p Place) (Place, error) {
	if p == (Place{}) {
		return headerPlace(header)
	}
	if header != "" {
		return Place{}, setting("header", errors.New("give a header or a place, not both"))
	}
	if p.Format == "" {
		p.Format = placeholder
	}
	if p.In == "header" {
		p.Name = textproto.CanonicalMIMEHeaderKey(p.Name)
	}
	return p, p.check()
}

func headerPlace(line string) (Place, error) {
	if line == "" {
		line = defaultHeader
	}
	name, format, ok := strings.Cut(line, ":")
	p := Place{In: "header", Name: textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)), Format: strings.TrimSpace(format)}
	if !ok || p.check() != nil {
		return Place{}, setting("header", fmt.Errorf("header %q must read like %q", line, defaultHeader))
	}
	return p, nil
}

func (p Place) check() error {
	switch {
	case !slices.Contains([]string{"header", "query", "cookie", "body"}, p.In):
		return setting("in", fmt.Errorf("in must be header, query, cookie or body, not %.40q", p.In))
	case p.Name == "":
		return setting("name", fmt.Errorf("the %s has no name", p.In))
	case !strings.Contains(p.Format, placeholder):
		return setting("format", fmt.Errorf("the format %q has no %s", p.Format, placeholder))
	case p.In == "header":
		return setting("name", headerName(p.Name))
	case p.In == "cookie" && !isToken(p.Name):
		return setting("name", fmt.Errorf("%q is no name for a cookie", p.Name))
	}
	return nil
}

// headerName reports why name cannot be set.
func headerName(name string) error {
	switch {
	case !isToken(name):
		return fmt.Errorf("%q is no name for a header", name)
	case slices.Contains([]string{"Host", "Content-Length", "Transfer-Encoding", "Connection"}, textproto.CanonicalMIMEHeaderKey(name)):
		return fmt.Errorf("the header %s is made when the request is sent and cannot be set", name)
	}
	return nil
}

// isToken is the rule of RFC 9110 for names.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// text is what stands in the place of g.
func (p Place) text(g grant) string {
	return strings.NewReplacer(placeholder, g.token, "{token_type}", g.kind).Replace(p.Format)
}

// put places text on r, which is about to be sent.
func (p Place) put(r *http.Request, text string) error {
	switch p.In {
	case "query":
		r.URL.RawQuery = setParameter(r.URL.RawQuery, p.Name, text)
	case "cookie":
		return setCookie(r.Header, p.Name, text)
	case "body":
		return p.putBody(r, text)
	default:
		r.Header.Set(p.Name, text)
	}
	return nil
}

func (p Place) putBody(r *http.Request, text string) error {
	old, err := body(r)
	if err != nil {
		return err
	}
	changed, err := setField(old, r.Header.Get("Content-Type"), p.Name, text)
	if err != nil {
		return fmt.Errorf("%s %s: %w", r.Method, r.URL.EscapedPath(), err)
	}
	setBody(r, changed)
	return nil
}

// declare places text on a request that a client without this Authenticator sends.
func (p Place) declare(r *request.Request, text string) (err error) {
	r.Header = r.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	switch p.In {
	case "query":
		r.Query = append(slices.Clone(r.Query), request.Pair{Name: p.Name, Value: text})
	case "cookie":
		return setCookie(r.Header, p.Name, text)
	case "body":
		r.Body, err = setField(r.Body, r.ContentType, p.Name, text)
	default:
		r.Header.Set(p.Name, text)
	}
	return err
}

// setParameter replaces a parameter in a query that is otherwise kept as it is written.
func setParameter(query, name, value string) string {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		raw, _, _ := strings.Cut(pair, "=")
		if n, err := url.QueryUnescape(raw); pair != "" && (err != nil || n != name) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(append(kept, escape(name)+"="+escape(value)), "&")
}

// escape encodes all but the unreserved characters of RFC 3986, a blank as %20.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// setCookie sends the value as it is. http.Request.AddCookie would quote it, or silently
// drop what it does not like.
func setCookie(h http.Header, name, value string) error {
	if strings.Contains(value, ";") {
		return fmt.Errorf("the value for the cookie %s holds a semicolon, which would end it", name)
	}
	var kept []string
	for _, line := range h["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			if n, _, _ := strings.Cut(strings.TrimSpace(pair), "="); n != name && n != "" {
				kept = append(kept, strings.TrimSpace(pair))
			}
		}
	}
	h.Set("Cookie", strings.Join(append(kept, name+"="+value), "; "))
	return nil
}
