package code

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"
	"unicode"
)

var iocsFunc = Func{
	Name:      "iocs",
	Signature: "iocs(text) list of {type, value}",
	Summary: "Finds indicators in a text: in its double-quoted strings, else in its words. Types are URL, CIDR Block, IP Address, IPv6 Address, Email Address and FQDN. " +
		"Private, loopback, link-local, multicast and unspecified addresses are left out. In order, each once.",
	Examples: []Example{
		{`iocs('src_ip: ["10.0.0.4"], domains: ["Login.Bad.example.", "203.0.113.9"]')`,
			`[{"type":"FQDN","value":"login.bad.example"},{"type":"IP Address","value":"203.0.113.9"}]`},
		{`iocs('seen: http://bad.example/x, 2001:DB8::1')`,
			`[{"type":"URL","value":"http://bad.example/x"},{"type":"IPv6 Address","value":"2001:db8::1"}]`},
		{`iocs(nil)`, `[]`},
	},
	types: []any{new(func(any) []any)},
	call: func(args ...any) (any, error) {
		if args[0] == nil {
			return []any{}, nil
		}
		text, err := textArg(args, 0)
		if err != nil {
			return nil, err
		}
		return findIOCs(text), nil
	},
}

var iocTypeFunc = Func{
	Name:      "ioc_type",
	Signature: "ioc_type(text) string or nil",
	Summary:   "The indicator type of a value: URL, CIDR Block, IP Address, IPv6 Address, Email Address or FQDN; nil for anything else. Private addresses have a type too.",
	Examples: []Example{
		{`ioc_type('bad.example')`, `"FQDN"`},
		{`ioc_type('10.0.0.0/8')`, `"CIDR Block"`},
		{`ioc_type('user@bad.example')`, `"Email Address"`},
		{`ioc_type('just words')`, `null`},
	},
	types: []any{new(func(any) any)},
	call: func(args ...any) (any, error) {
		text, ok := args[0].(string)
		if !ok {
			return nil, nil
		}
		if found, ok := classifyIOC(text); ok {
			return found.kind, nil
		}
		return nil, nil
	},
}

var quotedLiteral = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// ioc is an indicator in the form in which it is compared.
type ioc struct {
	kind, value string
	own         bool // an address that cannot belong to somebody else
}

func findIOCs(text string) []any {
	out, seen := []any{}, map[ioc]bool{}
	for _, candidate := range candidates(text) {
		found, ok := classifyIOC(candidate)
		if !ok || found.own || seen[found] {
			continue
		}
		seen[found] = true
		out = append(out, map[string]any{"type": found.kind, "value": found.value})
	}
	return out
}

func candidates(text string) []string {
	literals := quotedLiteral.FindAllString(text, -1)
	if len(literals) == 0 {
		words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;[]", r) })
		out := words[:0]
		for _, w := range words {
			if !strings.HasSuffix(w, ":") {
				out = append(out, w)
			}
		}
		return out
	}
	for i, l := range literals {
		var plain string
		if json.Unmarshal([]byte(l), &plain) != nil {
			plain = l[1 : len(l)-1]
		}
		literals[i] = plain
	}
	return literals
}

func classifyIOC(text string) (ioc, bool) {
	text = strings.TrimSpace(text)
	lower := strings.ToLower(text)
	for _, scheme := range []string{"http://", "https://", "ftp://"} {
		if strings.HasPrefix(lower, scheme) && len(text) > len(scheme) && !strings.ContainsFunc(text, unicode.IsSpace) {
			return ioc{kind: "URL", value: text}, true
		}
	}
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return ioc{kind: "CIDR Block", value: prefix.String(), own: ownAddress(prefix.Addr())}, true
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		kind := "IPv6 Address"
		if addr.Is4() {
			kind = "IP Address"
		}
		return ioc{kind: kind, value: addr.String(), own: ownAddress(addr)}, true
	}
	if local, domain, ok := strings.Cut(text, "@"); ok {
		if _, isName := domainName(domain); isName && mailbox(local) {
			return ioc{kind: "Email Address", value: text}, true
		}
		return ioc{}, false
	}
	if name, ok := domainName(text); ok {
		return ioc{kind: "FQDN", value: name}, true
	}
	return ioc{}, false
}

func ownAddress(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified()
}

func mailbox(local string) bool {
	return local != "" && len(local) <= 64 && !strings.ContainsFunc(local, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`"(),:;<>@[\]`, r)
	})
}

// domainName is a domain in lower case without a final dot.
func domainName(text string) (string, bool) {
	name := strings.TrimSuffix(strings.ToLower(text), ".")
	labels := strings.Split(name, ".")
	if len(name) > 253 || len(labels) < 2 {
		return "", false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, notInLabel) {
			return "", false
		}
	}
	last := labels[len(labels)-1]
	if strings.HasPrefix(last, "xn--") {
		return name, true
	}
	return name, !strings.ContainsFunc(last, func(r rune) bool { return !unicode.IsLetter(r) })
}

func notInLabel(r rune) bool {
	return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}
