package request

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// target is where an attempt goes. Foreign targets get no credentials.
type target struct {
	url     *url.URL
	foreign bool
	method  string
	body    []byte
	acted   bool // the server has acted on the request and sent us to the result
	dropped bool // the body was left behind on the way
}

var withScheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// locate finds the URL of r and whether it may be called.
func (c *Client) locate(r Request) (target, error) {
	path, _, _ := strings.Cut(r.Path, "#")
	path, query, _ := strings.Cut(path, "?")
	var u *url.URL
	var err error
	switch {
	case withScheme.MatchString(path):
		u, err = parsePath(path)
	case strings.HasPrefix(path, "//"):
		u, err = parsePath(c.base.Scheme + ":" + path)
	default:
		u, err = join(c.base, path)
		query = joinQuery(c.base.RawQuery, query)
	}
	if err != nil {
		return target{}, fmt.Errorf("%s: the path of a %s request is no valid URL: %w", c.cfg.Name, r.Method, harmless(err))
	}
	if strings.ContainsFunc(r.RawQuery, func(c rune) bool { return c <= ' ' || c == 0x7f || c == '#' }) {
		return target{}, fmt.Errorf("%s: the query of a %s request holds a blank, a control character or #: write %%20, or %%23 for #", c.cfg.Name, r.Method)
	}
	u.User, u.RawQuery = nil, joinQuery(withPairs(query, r.Query), r.RawQuery)
	at, err := c.admit(u, false)
	at.method, at.body = r.Method, r.Body
	return at, err
}

// admit lets pass what may be called: the own origin, and the hosts on the list.
func (c *Client) admit(u *url.URL, redirect bool) (target, error) {
	if origin(u) == origin(c.base) {
		return target{url: u}, nil
	}
	if c.allowed(u) {
		return target{url: u, foreign: true}, nil
	}
	return target{}, &OriginError{Client: c.cfg.Name, URL: bare(u), Origin: origin(c.base), Redirect: redirect}
}

func (c *Client) allowed(u *url.URL) bool {
	if u.Scheme != "https" && (u.Scheme != "http" || c.base.Scheme == "https") {
		return false
	}
	return slices.ContainsFunc(c.cfg.AllowHosts, func(host string) bool {
		return origin(&url.URL{Scheme: u.Scheme, Host: host}) == origin(u)
	})
}

// parsePath parses a URL without query. Its path is sent as it is written: encoded is
// only what may not stand there, or package url would decode and encode all of it.
func parsePath(text string) (*url.URL, error) {
	at := 0
	if _, rest, found := strings.Cut(text, "//"); found && (withScheme.MatchString(text) || strings.HasPrefix(text, "//")) {
		at = len(text) - len(rest) + len(strings.SplitN(rest, "/", 2)[0])
	}
	return url.Parse(text[:at] + inPath(text[at:]))
}

// inPath encodes what may not stand in a path (RFC 3986, 3.3). Control characters are
// left to be refused.
func inPath(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if c := path[i]; c == ' ' || c > 0x7f || strings.IndexByte("\"<>[\\]^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(path[i])
	}
	return b.String()
}

// join appends path to the base as it is written: %2F stays %2F.
func join(base *url.URL, path string) (*url.URL, error) {
	if path == "" {
		u := *base
		return &u, nil
	}
	ref, err := parsePath("/" + strings.TrimPrefix(path, "/"))
	if err != nil {
		return nil, err
	}
	u := *base
	u.RawPath = strings.TrimSuffix(base.EscapedPath(), "/") + ref.EscapedPath()
	u.Path, err = url.PathUnescape(u.RawPath)
	return &u, err
}

// origin is scheme, host and port (RFC 6454), in one spelling.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// bare is u without what may hold secrets: user, query, fragment.
func bare(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// harmless replaces the errors of package url, which quote their input.
func harmless(err error) error {
	var escape url.EscapeError
	if errors.As(err, &escape) {
		return errors.New("a % is not followed by two hexadecimal digits; write %25 for the character itself")
	}
	return errors.New("check its host, port and characters")
}

func joinQuery(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}

// withPairs appends the pairs to a query that is kept as it was written.
func withPairs(query string, pairs []Pair) string {
	var b strings.Builder
	b.WriteString(wellFormed(query))
	for _, p := range pairs {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(escape(p.Name) + "=" + escape(p.Value))
	}
	return b.String()
}

// escape encodes all but the unreserved characters of RFC 3986, a blank as %20.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// wellFormed encodes what may not stand in a query, and a % that encodes nothing.
func wellFormed(query string) string {
	var b strings.Builder
	for i := 0; i < len(query); i++ {
		c := query[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 || c == '%' && !encoded(query[i:]) {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func encoded(s string) bool {
	return len(s) >= 3 && strings.Trim(s[1:3], "0123456789abcdefABCDEF") == ""
}
