package code

import (
	"bytes"
	"strconv"
	"unicode"

	"github.com/apparentlymart/go-textseg/v15/textseg"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/text/unicode/norm"
)

// unit is one byte of a string's value and the bytes of the file that say it.
type unit struct {
	b  byte
	at span
}

// literalUnits resolves the tokens of a string argument.
func literalUnits(tokens hclsyntax.Tokens) []unit {
	var out []unit
	flush := flushWidth(tokens)
	lineStart := true
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenQuotedLit && t.Type != hclsyntax.TokenStringLit {
			continue
		}
		skip := 0
		if lineStart && flush > 0 && !blankLine(t.Bytes) {
			skip = prefixBytes(t.Bytes, flush)
		}
		lineStart = bytes.HasSuffix(t.Bytes, []byte{'\n'})
		out = append(out, unescape(t.Bytes[skip:], t.Range.Start.Byte+skip, t.Type == hclsyntax.TokenQuotedLit)...)
	}
	return out
}

// flushWidth is how many blanks <<- takes off each line: the fewest before any
// line with content. It is 0 for the other ways to write a string.
func flushWidth(tokens hclsyntax.Tokens) int {
	if len(tokens) == 0 || !bytes.HasPrefix(tokens[0].Bytes, []byte("<<-")) {
		return 0
	}
	width, lineStart := -1, true
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenStringLit {
			continue
		}
		if lineStart && !blankLine(t.Bytes) {
			indent := len(t.Bytes) - len(bytes.TrimLeftFunc(t.Bytes, unicode.IsSpace))
			if n := clusters(t.Bytes[:indent]); width < 0 || n < width {
				width = n
			}
		}
		lineStart = bytes.HasSuffix(t.Bytes, []byte{'\n'})
	}
	return max(width, 0)
}

func blankLine(b []byte) bool {
	return bytes.HasSuffix(b, []byte{'\n'}) && len(bytes.TrimLeftFunc(b, unicode.IsSpace)) == 0
}

// clusters counts grapheme clusters, which is how HCL counts characters.
func clusters(b []byte) int {
	n := 0
	for len(b) > 0 {
		b = b[prefixBytes(b, 1):]
		n++
	}
	return n
}

// prefixBytes is how many bytes the first n clusters of b have.
func prefixBytes(b []byte, n int) int {
	size := 0
	for range n {
		advance, _, err := textseg.ScanGraphemeClusters(b[size:], true)
		if err != nil || advance == 0 {
			return len(b)
		}
		size += advance
	}
	return size
}

// unescape resolves what HCL resolves in a literal token: $${ and %%{ anywhere,
// backslashes in quoted strings only.
func unescape(raw []byte, base int, quoted bool) []unit {
	out := make([]unit, 0, len(raw))
	for i := 0; i < len(raw); {
		text, size := escape(raw[i:], quoted)
		if size == 0 {
			out = append(out, unit{raw[i], span{base + i, base + i + 1}})
			i++
			continue
		}
		at := span{base + i, base + i + size}
		for k := range len(text) {
			out = append(out, unit{text[k], at})
		}
		i += size
	}
	return out
}

// escape reads the escape sequence at the start of b; size 0 means there is none.
func escape(b []byte, quoted bool) (text string, size int) {
	if len(b) >= 3 && (b[0] == '$' || b[0] == '%') && b[1] == b[0] && b[2] == '{' {
		return string(b[0]), 2 // the brace that follows stands for itself
	}
	if !quoted || b[0] != '\\' || len(b) < 2 {
		return "", 0
	}
	switch b[1] {
	case 'n':
		return "\n", 2
	case 'r':
		return "\r", 2
	case 't':
		return "\t", 2
	case '"', '\\':
		return string(b[1]), 2
	case 'u':
		return hexEscape(b, 6)
	case 'U':
		return hexEscape(b, 10)
	}
	return "", 0
}

func hexEscape(b []byte, size int) (string, int) {
	if len(b) < size {
		return "", 0
	}
	n, err := strconv.ParseUint(string(b[2:size]), 16, 32)
	if err != nil {
		return "", 0
	}
	return string(rune(n)), size
}

// normalForm applies the Unicode normal form that HCL gives to all its strings.
func normalForm(in []unit) []unit {
	text, _ := assemble(in)
	if norm.NFC.IsNormalString(text) {
		return in
	}
	out := make([]unit, 0, len(in))
	var it norm.Iter
	it.InitString(norm.NFC, text)
	for from := it.Pos(); !it.Done(); from = it.Pos() {
		segment := it.Next()
		to := it.Pos()
		if string(segment) == text[from:to] {
			out = append(out, in[from:to]...)
			continue
		}
		at := span{in[from].at.from, in[to-1].at.to}
		for _, b := range segment {
			out = append(out, unit{b, at})
		}
	}
	return out
}

// dropCR removes carriage returns. The newline of a CRLF stands where both do.
func dropCR(in []unit) []unit {
	out := in[:0]
	for i, u := range in {
		if u.b == '\r' {
			continue
		}
		if u.b == '\n' && i > 0 && in[i-1].b == '\r' {
			u.at.from = in[i-1].at.from
		}
		out = append(out, u)
	}
	return out
}

func assemble(in []unit) (string, []span) {
	text, spans := make([]byte, 0, len(in)), make([]span, 0, len(in))
	for _, u := range in {
		text, spans = append(text, u.b), append(spans, u.at)
	}
	return string(text), spans
}
