// Package prose makes text for people: lists within a sentence, numbers of things, lines of a
// width, values on one line.
package prose

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// And is "a, b and c".
func And(parts []string) string { return joined(parts, " and ") }

// Or is "a, b or c".
func Or(parts []string) string { return joined(parts, " or ") }

func joined(parts []string, last string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + last + parts[len(parts)-1]
}

// Number is "1 record" or "2 records". It only knows plurals in s.
func Number(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// DidYouMean is a sentence with a blank before it that offers a name; "" where there is none.
func DidYouMean(near string) string {
	if near == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", near)
}

// OneLine has single blanks in place of line breaks, tabs and runs of blanks.
func OneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Cut is text of at most so many characters; where it is longer, the last of them is "…".
func Cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// Lines breaks text at blanks into lines of at most so many columns, one at least. Words longer
// than a line stay whole, so that they can be copied.
func Lines(text string, columns int) []string {
	var out []string
	line, length := "", 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if length > 0 && length+1+n > columns {
			out, line, length = append(out, line), "", 0
		}
		if length > 0 {
			line, length = line+" ", length+1
		}
		line, length = line+word, length+n
	}
	return append(out, line)
}

// JSON is a value on one line, with <, > and & as they are; in the manner of Go where it is
// none that JSON can hold.
func JSON(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Indented is a value as JSON of several lines, with <, > and & as they are, and a line feed at
// the end. It fails where JSON cannot hold the value.
func Indented(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.String(), err
}
