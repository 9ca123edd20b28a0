package code

import (
	"encoding/hex"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

var isPrivateFunc = Func{
	Name:      "is_private",
	Signature: "is_private(ip) bool",
	Summary: "Whether an address means nothing outside its own network, and so is no indicator: private, loopback, link-local, multicast or unspecified. " +
		"false for a text that is no address; nil stays nil.",
	Examples: []Example{
		{`is_private('10.1.2.3')`, `true`},
		{`is_private('203.0.113.9')`, `false`},
		{`is_private('fe80::1%eth0')`, `true`},
		{`is_private('bad.example')`, `false`},
	},
	types: []any{new(func(any) any)},
	call: onText("is_private", func(text string, _ []any) (any, error) {
		addr, err := netip.ParseAddr(strings.TrimSpace(text))
		return err == nil && ownAddress(addr), nil
	}),
}

var ipVersionFunc = Func{
	Name:      "ip_version",
	Signature: "ip_version(ip) int or nil",
	Summary:   "4 or 6; nil for what is no address.",
	Examples: []Example{
		{`ip_version('203.0.113.9')`, `4`},
		{`ip_version('2001:db8::1')`, `6`},
		{`ip_version('203.0.113.0/24')`, `null`},
	},
	types: []any{new(func(any) any)},
	call: onText("ip_version", func(text string, _ []any) (any, error) {
		addr, err := netip.ParseAddr(strings.TrimSpace(text))
		switch {
		case err != nil:
			return nil, nil
		case addr.Is4():
			return 4, nil
		}
		return 6, nil
	}),
}

var inCIDRFunc = Func{
	Name:      "in_cidr",
	Signature: "in_cidr(ip, cidr) bool",
	Summary:   "Whether an address is in a block, or in one of a list of blocks. false for a text that is no address; nil stays nil.",
	Examples: []Example{
		{`in_cidr('203.0.113.9', '203.0.113.0/24')`, `true`},
		{`in_cidr('203.0.113.9', ['10.0.0.0/8', '2001:db8::/32'])`, `false`},
	},
	types: []any{new(func(any, any) any)},
	call: onText("in_cidr", func(text string, args []any) (any, error) {
		blocks := args[1:]
		if _, single := args[1].(string); !single {
			var err error
			if blocks, err = listArg(args, 1); err != nil {
				return nil, err
			}
		}
		addr, addrErr := netip.ParseAddr(strings.TrimSpace(text))
		for i := range blocks {
			block, err := textElem("in_cidr", blocks, i)
			if err != nil {
				return nil, err
			}
			prefix, err := netip.ParsePrefix(block)
			if err != nil {
				return nil, faultf(`in_cidr: the block is not one such as "203.0.113.0/24"`)
			}
			if addrErr == nil && (prefix.Contains(addr.WithZone("")) || prefix.Contains(addr.Unmap())) {
				return true, nil
			}
		}
		return false, nil
	}),
}

var cidrFunc = Func{
	Name:      "cidr",
	Signature: "cidr(text) string or nil",
	Summary:   "A block in its canonical form, without bits beyond its length; a single address is a block of one. nil for anything else.",
	Examples: []Example{
		{`cidr('203.0.113.9/24')`, `"203.0.113.0/24"`},
		{`cidr('2001:DB8::1')`, `"2001:db8::1/128"`},
		{`cidr('203.0.113.0/33')`, `null`},
	},
	types: []any{new(func(any) any)},
	call: orNil("cidr", func(text string) (string, bool) {
		text = strings.TrimSpace(text)
		if addr, err := netip.ParseAddr(text); err == nil {
			addr = addr.WithZone("")
			return netip.PrefixFrom(addr, addr.BitLen()).String(), true
		}
		prefix, err := netip.ParsePrefix(text)
		return prefix.Masked().String(), err == nil
	}),
}

var macFunc = Func{
	Name:      "mac",
	Signature: "mac(text) string or nil",
	Summary:   "A MAC address of 48 bits as 00:1a:2b:3c:4d:5e, from any of its forms; nil for anything else.",
	Examples: []Example{
		{`mac('00-1A-2B-3C-4D-5E')`, `"00:1a:2b:3c:4d:5e"`},
		{`mac('001a.2b3c.4d5e')`, `"00:1a:2b:3c:4d:5e"`},
		{`mac('001A2B3C4D5E')`, `"00:1a:2b:3c:4d:5e"`},
		{`mac('00:1a:2b')`, `null`},
	},
	types: []any{new(func(any) any)},
	call: orNil("mac", func(text string) (string, bool) {
		text = strings.TrimSpace(text)
		if bytes, err := hex.DecodeString(text); err == nil && len(bytes) == 6 {
			return net.HardwareAddr(bytes).String(), true
		}
		return separatedMAC(text)
	}),
}

// separatedMAC reads the forms of a MAC address that cannot be anything else.
func separatedMAC(text string) (string, bool) {
	bytes, err := net.ParseMAC(text)
	return bytes.String(), err == nil && len(bytes) == 6 && strings.ContainsAny(text, ":-.")
}

var portFunc = Func{
	Name:      "port",
	Signature: "port(value) int or nil",
	Summary:   "A port from 1 to 65535: of a number, of its text, or at the end of host:port. nil for anything else.",
	Examples: []Example{
		{`port('443')`, `443`},
		{`port('[2001:db8::1]:8443')`, `8443`},
		{`port(70000)`, `null`},
		{`port('2001:db8::443')`, `null`},
	},
	types: []any{new(func(any) any)},
	call: onText("port", func(text string, _ []any) (any, error) {
		text = strings.TrimSpace(text)
		if host, after, err := net.SplitHostPort(text); err == nil && host != "" {
			text = after
		}
		if n, err := strconv.ParseUint(text, 10, 16); err == nil && n > 0 {
			return int(n), nil
		}
		return nil, nil
	}),
}
