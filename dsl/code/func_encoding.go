package code

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

var urlEncodeFunc = Func{
	Name:      "url_encode",
	Signature: "url_encode(text) string",
	Summary:   "Writes a text for any place in a URL: all but letters, digits and - . _ ~ becomes %XX (RFC 3986). nil stays nil.",
	Examples: []Example{
		{`url_encode('a b/é?')`, `"a%20b%2F%C3%A9%3F"`},
		{`url_encode(nil)`, `null`},
	},
	types: []any{new(func(any) any)},
	call:  plainText("url_encode", percentEncode),
}

var urlDecodeFunc = Func{
	Name:      "url_decode",
	Signature: "url_decode(text) string",
	Summary:   "Reads %XX (RFC 3986); + stays +. A % that no two hexadecimal digits follow stays too. nil stays nil.",
	Examples: []Example{
		{`url_decode('a%20b%2f%C3%A9')`, `"a b/é"`},
		{`url_decode('100%+x')`, `"100%+x"`},
	},
	types: []any{new(func(any) any)},
	call:  plainText("url_decode", percentDecode),
}

var hexFunc = Func{
	Name:      "hex",
	Signature: "hex(text) string",
	Summary:   "The bytes of a text in hexadecimal, in lower case. nil stays nil.",
	Examples:  []Example{{`hex('abcé')`, `"616263c3a9"`}},
	types:     []any{new(func(any) any)},
	call: func(args ...any) (any, error) {
		if _, ok := args[0].(string); !ok && args[0] != nil { // of a number, people expect its digits in base 16
			return nil, wrongKind(args, 0, "text")
		}
		return plainText("hex", func(text string) string { return hex.EncodeToString([]byte(text)) })(args...)
	},
}

var unhexFunc = Func{
	Name:      "unhex",
	Signature: "unhex(text) string or nil",
	Summary:   "The text that hexadecimal digits are the bytes of; nil where they are not digits, or not the bytes of a text.",
	Examples: []Example{
		{`unhex('616263C3A9')`, `"abcé"`},
		{`unhex('6')`, `null`},
		{`unhex('ff')`, `null`},
	},
	types: []any{new(func(any) any)},
	call: orNil("unhex", func(text string) (string, bool) {
		bytes, err := hex.DecodeString(text)
		return string(bytes), err == nil && utf8.Valid(bytes)
	}),
}

var base64URLFunc = Func{
	Name:      "base64url",
	Signature: "base64url(text) string",
	Summary:   "The text in the Base64 of URLs, without padding (RFC 4648, section 5). nil stays nil.",
	Examples:  []Example{{`base64url('a?b>c~')`, `"YT9iPmN-"`}},
	types:     []any{new(func(any) any)},
	call:      plainText("base64url", func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }),
}

const upperHex = "0123456789ABCDEF"

func percentEncode(text string) string {
	var out strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			out.WriteByte(c)
			continue
		}
		out.WriteByte('%')
		out.WriteByte(upperHex[c>>4])
		out.WriteByte(upperHex[c&15])
	}
	return out.String()
}

func percentDecode(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if c, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				out.Write(c)
				i += 2
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return strings.ToValidUTF8(out.String(), "\uFFFD")
}
