package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// input is a body on its way through a decoder: text with positions. The decoder
// reads buf from pos on; fill adds to buf and drops what lies before pos.
type input struct {
	format  string
	limits  Limits
	text    *charset
	buf     []byte
	pos     int
	known   int      // at is the position of buf[known]
	at      Position // without the byte order mark
	err     error    // why buf grows no more; io.EOF at the end
	ended   bool     // ReadByte met the end
	records int      // yielded so far
}

func open(format string, r io.Reader, l Limits) *input {
	l = l.orDefault()
	return &input{
		format: format, limits: l,
		text: &charset{in: &capped{in: r, limits: l}},
		at:   Position{Line: 1, Column: 1},
	}
}

// begin refuses a body that is of quite another kind than expected.
func (in *input) begin(expected string) error {
	in.peek(0)
	start := in.text.start[in.text.bom:]
	if in.text.order != nil {
		start = in.buf
	}
	what := sniff(start)
	if what == "" || what == expected {
		return nil
	}
	return in.fail(0, fmt.Sprintf("the body is %s, not %s", what, in.format), sniffHint(what), nil)
}

// fill gets more text and tells whether there was any.
func (in *input) fill() bool {
	if in.err != nil {
		return false
	}
	in.here()
	if in.pos > 0 { // or a long value in small pieces would be moved for each of them
		in.buf = in.buf[:copy(in.buf, in.buf[in.pos:])]
		in.pos, in.known = 0, 0
	}
	before := len(in.buf)
	for in.err == nil && len(in.buf) == before {
		in.buf, in.err = in.text.append(in.buf)
	}
	return len(in.buf) > before
}

// peek is the byte i after pos, false where the text has ended.
func (in *input) peek(i int) (byte, bool) {
	if in.pos+i < len(in.buf) || in.reach(i) {
		return in.buf[in.pos+i], true
	}
	return 0, false
}

// reach gets text until there are more than i bytes after pos.
func (in *input) reach(i int) bool {
	for in.pos+i >= len(in.buf) {
		if !in.fill() {
			return false
		}
	}
	return true
}

// space skips white space and peeks.
func (in *input) space() (byte, bool) {
	for {
		c, ok := in.peek(0)
		if !ok || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, ok
		}
		in.pos++
	}
}

// line tells how many bytes there are up to the next line feed or the end, and
// how many with it.
func (in *input) line() (n, whole int, err error) {
	for {
		rest := in.buf[in.pos+n:]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			return n + i, n + i + 1, nil
		}
		n += len(rest)
		if !in.fill() {
			break
		}
	}
	return n, n, in.failure()
}

// ReadByte makes input an [io.ByteReader].
func (in *input) ReadByte() (byte, error) {
	c, ok := in.peek(0)
	if !ok {
		in.ended = true
		return 0, in.err
	}
	in.pos++
	return c, nil
}

// Read makes input an [io.Reader].
func (in *input) Read(p []byte) (int, error) {
	if _, ok := in.peek(0); !ok {
		return 0, in.err
	}
	n := copy(p, in.buf[in.pos:])
	in.pos += n
	return n, nil
}

// emit hands a record over.
func (in *input) emit(v any, yield func(any) error) error {
	if in.records >= in.limits.MaxRecords {
		return in.complete(0, in.limits.tooMany())
	}
	if err := yield(v); err != nil {
		return err
	}
	in.records++
	return nil
}

// here is the position of pos.
func (in *input) here() Position {
	in.at.advance(in.buf[in.known:in.pos], in.text.order != nil)
	in.known = in.pos
	p := in.at
	p.Byte += int64(in.text.bom)
	return p
}

// fail is a mistake i bytes after pos.
func (in *input) fail(i int, reason, hint string, err error) *Error {
	return in.complete(i, &Error{Reason: reason, Hint: hint, Err: err})
}

// complete says of e that it is i bytes after pos.
func (in *input) complete(i int, e *Error) *Error {
	p := in.here()
	p.advance(in.buf[in.pos:in.pos+i], in.text.order != nil)
	e.Format, e.Position, e.Records = in.format, p, in.records
	return e
}

// failure is why the text has ended, nil if that was its end.
func (in *input) failure() error {
	if in.err == nil || in.err == io.EOF {
		return nil
	}
	return in.short()
}

// short is the error where the text has ended and more was expected.
func (in *input) short() *Error {
	end := len(in.buf) - in.pos
	var e *Error
	switch {
	case errors.As(in.err, &e) && e.Format == "":
		found := *e
		return in.complete(end, &found)
	case in.err == io.EOF || errors.Is(in.err, io.ErrUnexpectedEOF):
		return in.fail(end, "the text ends early", hintCut, io.ErrUnexpectedEOF)
	}
	return in.fail(end, fmt.Sprintf("reading the body failed: %v", in.err), "", in.err)
}
