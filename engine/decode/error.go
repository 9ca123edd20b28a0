package decode

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrNoList is a document in which there is no list of records where one was
// expected. It is no empty list: the answer may be an error message.
var ErrNoList = errors.New("no list of records")

// Position is a place in a body: Byte counts from 0 in the body as it was read,
// byte order mark included; Line, and Column in characters, count from 1. Line is
// 0 where a body has no lines, Byte -1 where it has no bytes either.
type Position struct {
	Byte         int64
	Line, Column int
}

// advance moves p over text, which was UTF-16 if wide.
func (p *Position) advance(text []byte, wide bool) {
	if wide {
		astral := 0
		for _, c := range text {
			if c >= 0xF0 { // starts a character that takes two units
				astral++
			}
		}
		p.Byte += 2 * int64(utf8.RuneCount(text)+astral)
	} else {
		p.Byte += int64(len(text))
	}
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
		p.Line += bytes.Count(text, []byte{'\n'})
		p.Column = 1
		text = text[i+1:]
	}
	p.Column += utf8.RuneCount(text)
}

// Error is a body, or a record, that cannot be decoded. Err is [ErrLimit],
// [ErrNoList], io.ErrUnexpectedEOF for a body that was cut off, the error of the
// reader, or nil.
type Error struct {
	Format string // what was read: "JSON", "JSON lines", "CSV", "XML", "gzip", …
	Position
	Records int    // how many records were good; -1 where nothing counts them
	Reason  string // what is wrong
	Hint    string // what to do about it, may be empty
	Err     error
}

func (e *Error) Error() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %s", e.Format, e.Reason)
	if where := e.where(); where != "" {
		fmt.Fprintf(&out, " (%s)", where)
	}
	if e.Hint != "" {
		fmt.Fprintf(&out, "; %s", e.Hint)
	}
	return out.String()
}

func (e *Error) where() string {
	var parts []string
	if e.Line > 0 {
		parts = append(parts, fmt.Sprintf("line %d, column %d", e.Line, e.Column))
	}
	if e.Byte >= 0 {
		parts = append(parts, fmt.Sprintf("byte %d", e.Byte))
	}
	if e.Records >= 0 {
		parts = append(parts, fmt.Sprintf("good records before it: %d", e.Records))
	}
	return strings.Join(parts, ", ")
}

func (e *Error) Unwrap() error { return e.Err }

// unplaced completes an error that is at no place of a body.
func unplaced(format string, e *Error) *Error {
	e.Format, e.Position, e.Records = format, Position{Byte: -1}, -1
	return e
}
