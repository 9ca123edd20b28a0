package code

import (
	"testing"
	"unicode/utf8"
)

func TestNetFunctions(t *testing.T) {
	testEdges(t, []edge{
		{`is_private(v)`, " 192.168.1.1 ", true},
		{`is_private(v)`, "::ffff:10.0.0.1", true},
		{`is_private(v)`, "fd00::1", true},
		{`is_private(v)`, "::", true},
		{`is_private(v)`, "2001:db8::1", false},
		{`is_private(v)`, "10.0.0.0/8", false},
		{`is_private(v)`, "", false},
		{`is_private(v)`, nil, nil},
		{`is_private(v)`, []any{}, "error v is a list, but text is needed."},
		{`ip_version(v)`, "fe80::1%eth0", 6},
		{`ip_version(v)`, "::ffff:192.0.2.1", 6},
		{`ip_version(v)`, "010.1.1.1", nil},
		{`ip_version(v)`, 4, nil},
		{`in_cidr(v, '10.0.0.0/8')`, "::ffff:10.0.0.1", true},
		{`in_cidr(v, 'fe80::/10')`, "fe80::1%eth0", true},
		{`in_cidr(v, '0.0.0.0/0')`, "::1", false},
		{`in_cidr(v, [])`, "10.0.0.1", false},
		{`in_cidr(v, ['x'])`, "10.0.0.1", `error In_cidr: the block is not one such as "203.0.113.0/24".`},
		{`in_cidr(v, 'x')`, "no address", `error In_cidr: the block is not one such as "203.0.113.0/24".`},
		{`in_cidr(v, [1..3])`, "10.0.0.1", "error In_cidr: element 0 is not text."},
		{`cidr(v)`, "203.0.113.9", "203.0.113.9/32"},
		{`cidr(v)`, "fe80::1%eth0", "fe80::1/128"},
		{`cidr(v)`, "2001:DB8:0::FF/32", "2001:db8::/32"},
		{`cidr(v)`, "203.0.113.9/255.255.255.0", nil},
		{`cidr(v)`, "", nil},
		{`mac(v)`, "00:1A:2b:3C:4d:5E", "00:1a:2b:3c:4d:5e"},
		{`mac(v)`, "00:1a-2b:3c:4d:5e", nil},
		{`mac(v)`, "00:00:00:00:fe:80:00:00", nil},
		{`mac(v)`, "", nil},
		{`port(v)`, 443, 443},
		{`port(v)`, 443.0, 443},
		{`port(v)`, 443.5, nil},
		{`port(v)`, "0", nil},
		{`port(v)`, "+443", nil},
		{`port(v)`, "65536", nil},
		{`port(v)`, "bad.example:65535", 65535},
		{`port(v)`, ":443", nil},
		{`port(v)`, "https://bad.example:443/", nil},
		{`port(v)`, nil, nil},
	})
}

func TestURLFunctions(t *testing.T) {
	testEdges(t, []edge{
		{`url_host(v)`, "http://BÜCHER.example./", "bücher.example"},
		{`url_host(v)`, "http://xn--bcher-kva.example", "xn--bcher-kva.example"},
		{`url_host(v)`, "https://[FE80::1%25eth0]:8443/x", "fe80::1%eth0"},
		{`url_host(v)`, "http://[::1", "::1"},
		{`url_host(v)`, "http://[x]/", nil},
		{`url_host(v)`, "http://a:b@c@bad.example:80", "bad.example"},
		{`url_host(v)`, "http://localhost:8080", "localhost"},
		{`url_host(v)`, "http://bad.example?x=http://other.example/", "bad.example"},
		{`url_host(v)`, "http://bad.example#@other.example/", "bad.example"},
		{`url_host(v)`, "http://bad.example:port/", nil},
		{`url_host(v)`, "http://bad..example/", nil},
		{`url_host(v)`, "http://bad.example/%zz%", "bad.example"},
		{`url_host(v)`, "http:///x", nil},
		{`url_host(v)`, "mailto:joe@bad.example", nil},
		{`url_host(v)`, "joe@bad.example", nil},
		{`url_host(v)`, "word", nil},
		{`url_host(v)`, "", nil},
		{`url_host(v)`, nil, nil},
		{`url_path(v)`, "bad.example/a?b/c#d/e", "/a"},
		{`url_path(v)`, "http://bad.example?b/c", ""},
		{`url_without_scheme(v)`, " HTTP://bad.example ", "bad.example"},
		{`url_without_scheme(v)`, "://bad.example", "://bad.example"},
		{`url_without_scheme(v)`, "http://http://bad.example", "http://bad.example"},
		{`url_query(v, 'q')`, "x.example/?a&q&q=2", ""},
		{`url_query(v, 'é')`, "http://x.example/?%C3%A9=%C3%BC%", "ü%"},
		{`url_query(v, '')`, "http://x.example/?&", nil},
		{`url_query(v, 'q')`, "http://x.example/#?q=1", nil},
		{`url_encode(v)`, "-._~ +&=\x00", "-._~%20%2B%26%3D%00"},
		{`url_encode(v)`, "", ""},
		{`url_decode(v)`, "%41%4", "A%4"},
		{`url_decode(v)`, "%ff", "\uFFFD"},
		{`url_decode(v)`, "%2541", "%41"},
		{`domain(v)`, "Bücher.example.", "bücher.example"},
		{`domain(v)`, "bad.example..", nil},
		{`domain(v)`, "bad。example", nil},
		{`domain(v)`, "_dmarc.bad.example", "_dmarc.bad.example"},
		{`domain(v)`, "", nil},
	})
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"https://u@bad.example:8443/x?q=%41#f", "[::1]:80", "http://[::1", "a://?&=%", "\xff%ff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) && percentDecode(percentEncode(text)) != text {
			t.Errorf("%q is not what it was after encoding", text)
		}
		parts := splitURL(text)
		if parts.host != "" && hostOf(parts.host) != parts.host && hostOf("["+parts.host+"]") != parts.host {
			t.Errorf("%q has a host %q that is none", text, parts.host)
		}
	})
}
