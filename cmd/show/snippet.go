package show

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/apparentlymart/go-textseg/v15/textseg"
	"github.com/hashicorp/hcl/v2"
	"golang.org/x/text/width"

	"tqmap/dsl/prose"
)

// Columns of a terminal: of the line that is shown, and of what is shown of a longer one
// before the token.
const (
	snippetWidth  = 120
	snippetBefore = 40
)

// shownLine is a line of a file with what stands below it.
type shownLine struct {
	number int
	text   string
	below  string // blanks and carets, "" where the place is not known
	down   int    // the line that the range ends in, 0 for the same
}

func (s shownLine) String() string {
	number := fmt.Sprintf("%5d", s.number)
	gutter := strings.Repeat(" ", len(number))
	out := fmt.Sprintf("%s | %s\n", number, s.text)
	if s.below != "" {
		out += fmt.Sprintf("%s | %s\n", gutter, s.below)
	}
	if s.down > 0 {
		out += fmt.Sprintf("%s | … down to line %d\n", gutter, s.down)
	}
	return out
}

// snippet is the line that at begins on, with carets up to its end. Tabs before the token
// stay tabs, and wide characters count twice, so that the caret stands under it on any
// terminal. Of a long line only what is around the token is shown. A line that holds a
// secret is masked as a whole, as a part of a secret would not be known.
func snippet(src []byte, at hcl.Range, mask func(string) string) shownLine {
	from, to := bounds(src, at)
	begin := bytes.LastIndexByte(src[:from], '\n') + 1
	line := lineAt(src, from)
	to = min(to, begin+len(line))
	from = min(from, to)
	parts := [3]string{line[:from-begin], line[from-begin : to-begin], line[to-begin:]}
	out := shownLine{number: at.Start.Line}
	if at.End.Line > at.Start.Line && at.End.Column > 1 {
		out.down = at.End.Line
	}
	if masked := mask(line); masked != line {
		parts = [3]string{mask(parts[0]), mask(parts[1]), mask(parts[2])}
		if strings.Join(parts[:], "") != masked { // the token is a part of the secret
			out.text = prose.Cut(printable(masked), snippetWidth)
			return out
		}
	}
	out.text, out.below = around(clusters(parts[0]), clusters(parts[1]), clusters(parts[2]))
	return out
}

// bounds are the bytes of at, inside of src.
func bounds(src []byte, at hcl.Range) (from, to int) {
	from = min(max(at.Start.Byte, 0), len(src))
	return from, min(max(at.End.Byte, from), len(src))
}

// lineAt is the line of src around a byte, without its end.
func lineAt(src []byte, at int) string {
	at = min(max(at, 0), len(src))
	line := src[bytes.LastIndexByte(src[:at], '\n')+1:]
	line, _, _ = bytes.Cut(line, []byte{'\n'})
	return strings.TrimRight(string(line), "\r")
}

// cell is what a terminal draws at one place, and how many columns that takes.
type cell struct {
	text string
	wide int
}

func clusters(text string) []cell {
	all, err := textseg.AllTokens([]byte(text), textseg.ScanGraphemeClusters)
	if err != nil { // never: it reads from memory
		return []cell{{printable(text), utf8.RuneCountInString(text)}}
	}
	out := make([]cell, 0, len(all))
	for _, c := range all {
		r, _ := utf8.DecodeRune(c)
		wide := 1
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			wide = 2
		}
		out = append(out, cell{printable(string(c)), wide})
	}
	return out
}

// around is the line cut to what can be shown, and the carets below its token.
func around(before, token, after []cell) (text, below string) {
	cutLeft, cutRight := "", ""
	if total := columns(before) + columns(token) + columns(after); total > snippetWidth {
		if columns(before) > snippetBefore {
			before, cutLeft = lastOf(before, snippetBefore), "… "
		}
		room := snippetWidth - columns(before)
		if columns(token) > room {
			token, after, cutRight = firstOf(token, room), nil, " …"
		} else if room -= columns(token); columns(after) > room {
			after, cutRight = firstOf(after, room), " …"
		}
	}
	pad := strings.Repeat(" ", utf8.RuneCountInString(cutLeft))
	for _, c := range before {
		if c.text == "\t" {
			pad += "\t"
		} else {
			pad += strings.Repeat(" ", c.wide)
		}
	}
	return cutLeft + joined(before) + joined(token) + joined(after) + cutRight, pad + strings.Repeat("^", max(columns(token), 1))
}

func columns(cells []cell) (n int) {
	for _, c := range cells {
		n += c.wide
	}
	return n
}

func joined(cells []cell) string {
	var b strings.Builder
	for _, c := range cells {
		b.WriteString(c.text)
	}
	return b.String()
}

func firstOf(cells []cell, room int) []cell {
	for i, c := range cells {
		if room -= c.wide; room < 0 {
			return cells[:i]
		}
	}
	return cells
}

func lastOf(cells []cell, room int) []cell {
	for i := len(cells) - 1; i >= 0; i-- {
		if room -= cells[i].wide; room < 0 {
			return cells[i+1:]
		}
	}
	return cells
}

// utf16Column is the column of a byte in units of UTF-16, from 1.
func utf16Column(src []byte, at int) int {
	at = min(max(at, 0), len(src))
	begin := bytes.LastIndexByte(src[:at], '\n') + 1
	return 1 + len(utf16.Encode([]rune(string(src[begin:at]))))
}
