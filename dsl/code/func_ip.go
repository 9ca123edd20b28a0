package code

import (
	"net/netip"
	"strings"
)

var ipFunc = Func{
	Name:      "ip",
	Signature: "ip(text) string or nil",
	Summary: "An address in the one way to write it, without blanks around it; nil for what is none, such as a block, one with a port or one with a zone. " +
		"An IPv4 address in IPv6 is the IPv4 address.",
	Examples: []Example{
		{`ip(' 203.0.113.7 ')`, `"203.0.113.7"`},
		{`ip('2001:DB8:0::0001')`, `"2001:db8::1"`},
		{`ip('::ffff:203.0.113.7')`, `"203.0.113.7"`},
		{`[ip('203.0.113.0/24'), ip('203.0.113.07'), ip('203.0.113.7:80'), ip('host.example'), ip(nil)]`, `[null,null,null,null,null]`},
	},
	types: []any{new(func(any) any)},
	call: orNil("ip", func(text string) (string, bool) {
		addr, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil || addr.Zone() != "" {
			return "", false
		}
		return addr.Unmap().String(), true
	}),
}
