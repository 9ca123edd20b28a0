package redact

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// escapes are the ways to write a text inside another text.
var escapes = []func(string) string{
	url.QueryEscape,
	func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") },
	url.PathEscape,
	func(s string) string { return url.User(s).String() },
	func(s string) string { return lowerHex(url.QueryEscape(s)) },
	func(s string) string { return lowerHex(strings.ReplaceAll(url.QueryEscape(s), "+", "%20")) },
	func(s string) string { return jsonEscape(s, true) },
	func(s string) string { return jsonEscape(s, false) },
	func(s string) string { return strings.ReplaceAll(jsonEscape(s, false), "/", `\/`) },
	func(s string) string { return jsonASCII(s) },
	func(s string) string { return strings.ReplaceAll(jsonASCII(s), "/", `\/`) },
	func(s string) string { return unquoted(strconv.Quote(s)) },
	func(s string) string { return unquoted(strconv.QuoteToASCII(s)) },
	html.EscapeString, // &#34; and &#39;
	func(s string) string { return xmlNames.Replace(s) },
	func(s string) string { return xmlHex.Replace(s) },
}

// Writers of HTML and XML differ in how they escape quotes.
var (
	xmlNames = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")
	xmlHex   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;")
)

// forms returns all that secret may look like, with repetitions.
func forms(secret string) []string {
	once := escaped(secret)
	all := append([]string{secret}, once...)
	for _, s := range once {
		if s == secret {
			continue
		}
		for _, twice := range escaped(s) { // JSON in JSON, a URL in JSON, …
			all = append(all, twice)
			if twice != s { // … in a text that an error quotes
				all = append(all, jsonEscape(twice, true), jsonEscape(twice, false), unquoted(strconv.Quote(twice)))
			}
		}
	}
	for _, s := range base64Forms(secret) {
		all = append(append(all, s), escaped(s)...) // "/", "+" and "="
	}
	hexed := hex.EncodeToString([]byte(secret))
	return append(all, hexed, strings.ToUpper(hexed))
}

func escaped(s string) []string {
	all := make([]string, len(escapes))
	for i, escape := range escapes {
		all[i] = escape(s)
	}
	return all
}

// base64Forms returns the characters that secret alone decides, in a base64
// text in which it begins at any byte, and goes on or ends after it.
func base64Forms(secret string) []string {
	var all []string
	for before := range 3 {
		text := []byte(strings.Repeat("\x00", before) + secret)
		first := (8*before + 5) / 6 // of the secret alone
		whole := 8 * len(text) / 6  // before the last, shared character
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			padded := e.EncodeToString(text)
			all = append(all, padded[first:whole], strings.TrimRight(padded, "=")[first:], padded[first:])
		}
	}
	return all
}

func jsonEscape(s string, html bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(html)
	if err := e.Encode(s); err != nil {
		return s // a string always has a JSON form
	}
	return unquoted(strings.TrimSuffix(b.String(), "\n"))
}

// jsonASCII is JSON as encoders write it that escape all but ASCII.
func jsonASCII(s string) string {
	var b strings.Builder
	for _, r := range jsonEscape(s, false) {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			b.WriteString(`\u` + strconv.FormatUint(0x10000|uint64(unit), 16)[1:])
		}
	}
	return b.String()
}

func unquoted(s string) string { return s[1 : len(s)-1] }

var percent = regexp.MustCompile(`%[0-9A-F]{2}`)

func lowerHex(s string) string { return percent.ReplaceAllStringFunc(s, strings.ToLower) }
