package code

import (
	"net/netip"
	"strings"
	"unicode"
)

// ioc is an indicator in the form in which it is compared.
type ioc struct {
	kind, value string
	own         bool // an address that cannot belong to somebody else
}

// classifyIOC tells the indicators that a network has, in the order in which a text
// is taken for one of them.
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
