package decode

import (
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	chunk  = 32 << 10 // bytes that are read at once
	enough = 64       // bytes that tell what a body is
)

// charset makes UTF-8 of a body and refuses what is no text. Without a byte order
// mark a body is UTF-8.
type charset struct {
	in    io.Reader
	raw   []byte           // read, not yet passed on
	bom   int              // length of the mark that was dropped
	order binary.ByteOrder // of UTF-16; nil for UTF-8
	start []byte           // the first bytes, mark included; nil until they are read
	err   error            // why no more can be read
}

// append adds the next whole characters to dst. With an error dst has all the
// text before the error; an *Error of it has no position yet.
func (c *charset) append(dst []byte) ([]byte, error) {
	c.read(1)
	if c.start == nil {
		if err := c.begin(); err != nil {
			return dst, err
		}
	}
	var n int
	dst, n = c.convert(dst)
	c.raw = c.raw[:copy(c.raw, c.raw[n:])]
	if len(c.raw) > 0 && (c.err == io.EOF || c.whole()) {
		return dst, c.noText()
	}
	return dst, c.err
}

// read adds a chunk to raw, and goes on until there are atLeast bytes more.
func (c *charset) read(atLeast int) {
	if c.raw == nil {
		c.raw = make([]byte, 0, chunk+utf8.UTFMax)
	}
	want := len(c.raw) + atLeast
	for empty := 0; c.err == nil && len(c.raw) < want; empty++ {
		var n int
		n, c.err = c.in.Read(c.raw[len(c.raw):min(cap(c.raw), len(c.raw)+chunk)])
		c.raw = c.raw[:len(c.raw)+n]
		if n > 0 {
			empty = 0
		}
		if empty == 100 {
			c.err = io.ErrNoProgress
		}
	}
}

// begin finds out what the bytes mean.
func (c *charset) begin() error {
	c.read(enough - len(c.raw))
	c.start = append([]byte{}, c.raw[:min(enough, len(c.raw))]...)
	switch start := string(c.raw[:min(4, len(c.raw))]); {
	case start == "\xff\xfe\x00\x00" || start == "\x00\x00\xfe\xff":
		return &Error{Reason: fmt.Sprintf("the body starts with the bytes % X of UTF-32", start), Hint: charsetHint}
	case len(start) >= 3 && start[:3] == "\xef\xbb\xbf":
		c.bom = 3
	case len(start) >= 2 && start[:2] == "\xff\xfe":
		c.bom, c.order = 2, binary.LittleEndian
	case len(start) >= 2 && start[:2] == "\xfe\xff":
		c.bom, c.order = 2, binary.BigEndian
	case len(start) >= 2 && (start[0] == 0 || start[1] == 0):
		return &Error{Reason: fmt.Sprintf("the body starts with the bytes % X, as UTF-16 without a byte order mark does", start[:2]), Hint: charsetHint}
	}
	c.raw = c.raw[:copy(c.raw, c.raw[c.bom:])]
	return nil
}

const charsetHint = "ask the server for UTF-8; UTF-16 is read when it has a byte order mark"

// convert adds to dst the characters that raw starts with, and tells how many
// bytes of raw they are.
func (c *charset) convert(dst []byte) ([]byte, int) {
	if c.order != nil {
		return c.convert16(dst)
	}
	n := len(c.raw)
	if !utf8.Valid(c.raw) {
		for n = 0; n < len(c.raw); {
			r, size := utf8.DecodeRune(c.raw[n:])
			if r == utf8.RuneError && size <= 1 {
				break
			}
			n += size
		}
	}
	return append(dst, c.raw[:n]...), n
}

func (c *charset) convert16(dst []byte) ([]byte, int) {
	n := 0
	for ; len(c.raw)-n >= 2; n += 2 {
		r := rune(c.order.Uint16(c.raw[n:]))
		if utf16.IsSurrogate(r) {
			if len(c.raw)-n < 4 {
				break
			}
			if r = utf16.DecodeRune(r, rune(c.order.Uint16(c.raw[n+2:]))); r == utf8.RuneError {
				break
			}
			n += 2
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, n
}

// whole tells whether the first character of raw is all there, good or bad.
func (c *charset) whole() bool {
	if c.order == nil {
		return utf8.FullRune(c.raw)
	}
	return len(c.raw) >= 4 ||
		len(c.raw) >= 2 && c.order.Uint16(c.raw)&0xFC00 == 0xDC00 // a second half without a first
}

func (c *charset) noText() error {
	e := &Error{Hint: charsetHint}
	if c.order != nil {
		e.Reason = fmt.Sprintf("what starts with the bytes % X is no UTF-16", c.raw[:min(2, len(c.raw))])
	} else {
		e.Reason = fmt.Sprintf("what starts with the byte %02X is no UTF-8", c.raw[0])
	}
	if c.err == io.EOF && !c.whole() {
		e.Hint, e.Err = hintCut, io.ErrUnexpectedEOF
	}
	return e
}
