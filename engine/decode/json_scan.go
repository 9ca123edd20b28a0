package decode

import (
	"errors"
	"io"
	"strings"

	"tqmap/dsl/code"
)

// maxDigits bounds one number: reading a longer one exactly takes time that grows
// with the square of its length.
const maxDigits = 4096

const noJSON = "this is no JSON"

// nesting finds the end of a JSON value that starts with a bracket or a quote,
// without judging what is inside.
type nesting struct {
	open, max       int // brackets
	digits          int
	quoted, escaped bool
	deep, long      bool // a limit was passed
}

// feed goes on over b. It returns how many bytes of b the value takes, or -1 if
// the value goes on after b. At a limit it stops there.
func (s *nesting) feed(b []byte) int {
	for i, c := range b {
		switch {
		case s.escaped:
			s.escaped = false
		case s.quoted:
			s.escaped = c == '\\'
			if s.quoted = c != '"'; !s.quoted && s.open == 0 {
				return i + 1
			}
		case s.outside(c):
			return i + 1
		}
	}
	return -1
}

// outside takes a byte that is in no string, and tells whether it is the last one.
func (s *nesting) outside(c byte) bool {
	if c >= '0' && c <= '9' {
		s.digits++
		s.long = s.digits > maxDigits
		return s.long
	}
	s.digits = 0
	switch c {
	case '"':
		s.quoted = true
	case '{', '[':
		s.open++
		s.deep = s.open > s.max
		return s.deep
	case '}', ']':
		s.open--
		return s.open <= 0
	}
	return false
}

// value takes one JSON value, with depth brackets open around it.
func (in *input) value(depth int) (any, error) {
	n, err := in.extent(depth)
	if err != nil {
		return nil, err
	}
	v, err := in.decode(n)
	if err != nil {
		return nil, err
	}
	in.pos += n
	return v, nil
}

// extent tells how many bytes the value at pos takes.
func (in *input) extent(depth int) (int, error) {
	c, ok := in.peek(0)
	if !ok {
		return 0, in.short()
	}
	if c != '{' && c != '[' && c != '"' {
		return in.literal(depth)
	}
	s := nesting{max: in.limits.MaxDepth - depth}
	for n := 0; ; {
		rest := in.buf[in.pos+n:]
		if size := s.feed(rest); size >= 0 {
			n += size
			return n, in.checkNesting(s, n)
		}
		n += len(rest)
		if !in.fill() {
			return 0, in.short()
		}
	}
}

// checkNesting turns a passed limit into an error; n is where feed stopped.
func (in *input) checkNesting(s nesting, n int) error {
	switch {
	case s.deep:
		return in.complete(n-1, in.limits.tooDeep())
	case s.long:
		return in.fail(n-1, "a number has too many digits", "ask the server for it as text", ErrLimit)
	}
	return nil
}

// literal is the extent of a number or a word. Inside of brackets the end of the
// text cannot be its end: 12 may have been 123.
func (in *input) literal(depth int) (int, error) {
	for n := 0; ; n++ {
		c, ok := in.peek(n)
		switch {
		case !ok && depth == 0 && in.err == io.EOF:
			return n, nil
		case !ok:
			return 0, in.short()
		case strings.IndexByte("-+.", c) >= 0, c >= '0' && c <= '9', c >= 'a' && c <= 'z', c == 'E':
			if n > maxDigits {
				return 0, in.fail(n, "a number has too many digits", "ask the server for it as text", ErrLimit)
			}
		case n == 0:
			return 0, in.fail(0, noJSON, "", nil)
		default:
			return n, nil
		}
	}
}

// decode reads the n bytes at pos as one JSON value.
func (in *input) decode(n int) (any, error) {
	v, err := code.Decode(in.buf[in.pos : in.pos+n])
	var at *code.DecodeError
	if errors.As(err, &at) {
		return nil, in.fail(min(at.Byte, n), noJSON, "", nil)
	}
	return v, err
}
