package decode

import (
	"bytes"
	"io"
)

// Lines reads JSON lines: one JSON value on each line. Lines of white space alone
// are left out; a line ends with a line feed, or with the body.
type Lines struct {
	Limits Limits
}

// Records yields the value of each line. There is no rest. An empty body has no
// records.
func (l Lines) Records(r io.Reader, yield func(any) error) (rest any, err error) {
	in := open("JSON lines", r, l.Limits)
	if err := in.begin(isJSON); err != nil {
		return nil, err
	}
	for {
		n, whole, err := in.line()
		if err != nil || whole == 0 {
			return nil, err
		}
		if err := in.jsonLine(n, whole == n, yield); err != nil {
			return nil, err
		}
		in.pos += whole
	}
}

// jsonLine yields the value of the n bytes at pos, and leaves pos there; last
// tells that no line feed follows.
func (in *input) jsonLine(n int, last bool, yield func(any) error) error {
	line := bytes.TrimRight(in.buf[in.pos:in.pos+n], " \t\r")
	text := bytes.TrimLeft(line, " \t\r")
	if len(text) == 0 {
		return nil
	}
	start := in.pos
	in.pos += len(line) - len(text)
	v, err := in.lineValue(text, last)
	if err == nil {
		err = in.emit(v, yield)
	}
	if err == nil {
		in.pos = start
	}
	return err
}

// lineValue reads text, which is at pos.
func (in *input) lineValue(text []byte, last bool) (any, error) {
	n, err := in.lineExtent(text, last)
	if err != nil {
		return nil, err
	}
	if n < len(text) {
		return nil, in.fail(n, "the value has ended, but the line goes on", "several values on a line are concatenated JSON", nil)
	}
	return in.decode(n)
}

// lineExtent tells how many bytes of text its first value takes.
func (in *input) lineExtent(text []byte, last bool) (int, error) {
	if c := text[0]; c != '{' && c != '[' && c != '"' {
		return in.literal(0)
	}
	s := nesting{max: in.limits.MaxDepth}
	switch n := s.feed(text); {
	case n >= 0:
		return n, in.checkNesting(s, n)
	case last:
		return 0, in.fail(len(text), "the last line ends early", hintCut, io.ErrUnexpectedEOF)
	}
	return 0, in.fail(len(text), "the line ends before its JSON value does", "a document over several lines is read as json", nil)
}
