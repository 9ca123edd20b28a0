package code

import (
	"net/netip"
	"regexp"
	"strings"
)

var urlHostFunc = Func{
	Name:      "url_host",
	Signature: "url_host(url) string or nil",
	Summary:   "The host of a URL, with or without scheme: a domain in lower case, or an address without brackets. No port. nil where there is none.",
	Examples: []Example{
		{`url_host('https://user@Bad.example:8443/x?y#z')`, `"bad.example"`},
		{`url_host('203.0.113.9:8080/x.html')`, `"203.0.113.9"`},
		{`url_host('http://[2001:db8::1]/')`, `"2001:db8::1"`},
		{`url_host('just words')`, `null`},
	},
	types: []any{new(func(any) any)},
	call: orNil("url_host", func(text string) (string, bool) {
		host := splitURL(text).host
		return host, host != ""
	}),
}

var urlPathFunc = Func{
	Name:      "url_path",
	Signature: "url_path(url) string",
	Summary:   "The path of a URL, as it is written: from the slash after the host, without query and fragment. nil stays nil.",
	Examples: []Example{
		{`url_path('https://bad.example/a%20b/c.php?d=e')`, `"/a%20b/c.php"`},
		{`url_path('https://bad.example')`, `""`},
	},
	types: []any{new(func(any) any)},
	call:  plainText("url_path", func(text string) string { return splitURL(text).path }),
}

var urlBareFunc = Func{
	Name:      "url_without_scheme",
	Signature: "url_without_scheme(url) string",
	Summary:   "A URL without its scheme, as ThreatQ stores it. Without one it stays as it is. nil stays nil.",
	Examples: []Example{
		{`url_without_scheme('https://bad.example/x')`, `"bad.example/x"`},
		{`url_without_scheme('bad.example/?to=http://other.example')`, `"bad.example/?to=http://other.example"`},
	},
	types: []any{new(func(any) any)},
	call: plainText("url_without_scheme", func(text string) string {
		text = strings.TrimSpace(text)
		return text[len(urlScheme.FindString(text)):]
	}),
}

var urlQueryFunc = Func{
	Name:      "url_query",
	Signature: "url_query(url, name) string or nil",
	Summary:   "The first value of a parameter in the query of a URL, decoded. nil where the parameter is not there.",
	Examples: []Example{
		{`url_query('https://bad.example/?q=a+b%21&r=1', 'q')`, `"a b!"`},
		{`url_query('https://bad.example/', 'q')`, `null`},
	},
	types: []any{new(func(any, string) any)},
	call: onText("url_query", func(text string, args []any) (any, error) {
		name, err := textArg(args, 1)
		if err != nil {
			return nil, err
		}
		for pair := range strings.SplitSeq(splitURL(text).query, "&") {
			key, value, _ := strings.Cut(strings.ReplaceAll(pair, "+", " "), "=")
			if pair != "" && percentDecode(key) == name {
				return percentDecode(value), nil
			}
		}
		return nil, nil
	}),
}

var domainFunc = Func{
	Name:      "domain",
	Signature: "domain(host) string or nil",
	Summary:   "A domain in lower case without a dot at its end; nil for anything else, such as an address or a single name.",
	Examples: []Example{
		{`domain('WWW.Bad.example.')`, `"www.bad.example"`},
		{`domain('203.0.113.9')`, `null`},
		{`domain('localhost')`, `null`},
	},
	types: []any{new(func(any) any)},
	call:  orNil("domain", func(text string) (string, bool) { return domainName(strings.TrimSpace(text)) }),
}

var urlScheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// urlParts are what RFC 3986 calls the components of a URL, none of them decoded.
// Indicators are often not valid enough for net/url.
type urlParts struct{ host, path, query string }

func splitURL(text string) urlParts {
	text = strings.TrimSpace(text)
	scheme := urlScheme.FindString(text)
	text, _, _ = strings.Cut(text[len(scheme):], "#")
	text, query, _ := strings.Cut(text, "?")
	authority, path := text, ""
	if i := strings.IndexByte(text, '/'); i >= 0 {
		authority, path = text[:i], text[i:]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 && scheme != "" {
		authority = authority[i+1:]
	}
	host := hostOf(authority)
	if scheme == "" && !strings.ContainsAny(host, ".:") {
		host = "" // a mere word
	}
	return urlParts{host: host, path: path, query: query}
}

// hostOf is the host in host, host:port, [address] or [address]:port.
func hostOf(authority string) string {
	if inner, ok := strings.CutPrefix(authority, "["); ok {
		inner, _, _ = strings.Cut(inner, "]")
		if addr, err := netip.ParseAddr(strings.Replace(inner, "%25", "%", 1)); err == nil { // RFC 6874
			return addr.String()
		}
		return ""
	}
	host, port, _ := strings.Cut(authority, ":")
	if strings.Trim(port, "0123456789") != "" {
		return ""
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.String()
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.ContainsFunc(label, notInLabel) {
			return ""
		}
	}
	return host
}
