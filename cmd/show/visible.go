package show

import (
	"fmt"
	"strings"
	"unicode"
)

// Visible is text that a terminal shows and does not obey: control characters, and those
// that turn the direction of writing, are replaced. Line feeds and tabs stay.
func Visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < 0x20:
			return 0x2400 + r // its picture
		case r == 0x7f:
			return '␡'
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == 0x2028, r == 0x2029, r == 0xFFFE, r == 0xFFFF:
			return '\uFFFD'
		}
		return r
	}, text)
}

// printable takes out what would move the cursor of a terminal, or colour it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return '�'
		}
		return r
	}, text)
}

// Escaped is a JSON document in which what a terminal would obey is escaped.
func Escaped(doc string) string {
	if !strings.ContainsFunc(doc, obeyed) {
		return doc
	}
	var b strings.Builder
	for _, r := range doc { // beyond line feeds these stand only in texts
		if obeyed(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// obeyed says that a terminal may obey r, and not show it. Line feeds and tabs are not meant.
func obeyed(r rune) bool {
	return r != '\n' && r != '\t' && r != '\r' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029)
}
