package main

import (
	"fmt"
	"strings"
	"unicode"
)

// text is text for people, without secrets, and without what a terminal would obey: both may come
// from a server. What is cut or laid out before has to be masked before.
func (a *app) text(text string) string { return visible(a.redactor.String(text)) }

// json is a JSON document for programs, without secrets; what a terminal would obey is escaped.
func (a *app) json(doc string) string {
	doc = a.redactor.JSON(doc)
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

// visible is text that a terminal shows and does not obey: control characters, and those
// that turn the direction of writing, are replaced. Line feeds and tabs stay.
func visible(text string) string {
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
