package decode

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// Packing is a way to compress.
type Packing string

const (
	Gzip  Packing = "gzip"
	Bzip2 Packing = "bzip2"
)

// maxLayers is how often a body may be packed where the bytes decide.
const maxLayers = 3

// Unpack undoes the given layers, the outermost first. Without layers the first
// bytes decide, whatever the headers said, for up to three layers, and what is
// not packed comes out as it is. Too much output, or too much for its input, is
// [ErrLimit].
func Unpack(r io.Reader, limits Limits, layers ...Packing) (io.Reader, error) {
	limits = limits.orDefault()
	wire := &counter{in: r}
	if len(layers) == 0 {
		return byContent(wire, limits)
	}
	out := io.Reader(wire)
	for _, p := range layers {
		var err error
		if out, err = openLayer(p, out, wire, limits); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func byContent(wire *counter, limits Limits) (io.Reader, error) {
	in := bufio.NewReader(wire)
	for layer := 0; ; layer++ {
		start, err := in.Peek(bzip2Start)
		p, packed := PackingOf(start)
		switch {
		case err != nil && err != io.EOF:
			return nil, wire.explain("packed data", err)
		case !packed:
			return &unpacking{in: in, wire: wire, limits: limits, format: "plain data"}, nil
		case layer == maxLayers:
			return nil, unpacked(string(p), wire.n, &Error{
				Reason: fmt.Sprintf("the body is packed more than %d times", maxLayers), Err: ErrLimit,
			})
		}
		out, err := openLayer(p, in, wire, limits)
		if err != nil {
			return nil, err
		}
		in = bufio.NewReader(out)
	}
}

// bzip2Start is how many bytes tell bzip2 from text that starts with BZh.
const bzip2Start = 10

// PackingOf tells by the first bytes, of which it wants ten, whether data is packed.
func PackingOf(start []byte) (Packing, bool) {
	if bytes.HasPrefix(start, []byte("\x1f\x8b\x08")) {
		return Gzip, true
	}
	if len(start) < bzip2Start || string(start[:3]) != "BZh" || start[3] < '1' || start[3] > '9' {
		return "", false
	}
	magic := string(start[4:bzip2Start])
	return Bzip2, magic == "\x31\x41\x59\x26\x53\x59" || magic == "\x17\x72\x45\x38\x50\x90" // a block, or the end
}

// openLayer undoes one layer.
func openLayer(p Packing, in io.Reader, wire *counter, limits Limits) (io.Reader, error) {
	out := &unpacking{wire: wire, limits: limits, format: string(p)}
	switch p {
	case Gzip:
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, wire.explain(out.format, err)
		}
		out.in = z
	case Bzip2:
		out.in = bzip2.NewReader(in)
	default:
		return nil, unplaced("packing", &Error{Reason: fmt.Sprintf("there is no %q", p), Hint: "there are gzip and bzip2"})
	}
	return out, nil
}

// unpacking is the output of one layer, within limits.
type unpacking struct {
	in     io.Reader
	wire   *counter
	limits Limits
	format string
	n      int64
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.in.Read(p)
	u.n += int64(n)
	if over := u.n - u.limits.MaxBytes; over > 0 {
		return max(0, n-int(over)), unpacked(u.format, u.wire.n, u.limits.tooLong())
	}
	if u.n > freeRatio && u.n/u.limits.MaxRatio > u.wire.n {
		return 0, unpacked(u.format, u.wire.n, &Error{
			Reason: fmt.Sprintf("the body unpacks to more than %d times its size", u.limits.MaxRatio),
			Hint:   "raise the limit if the server is trusted", Err: ErrLimit,
		})
	}
	if err != nil && err != io.EOF {
		err = u.wire.explain(u.format, err)
	}
	return n, err
}

// counter counts the packed bytes and remembers why they ended.
type counter struct {
	in  io.Reader
	n   int64
	err error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	if err != nil {
		c.err = err
	}
	return n, err
}

// explain says where unpacking failed.
func (c *counter) explain(format string, err error) error {
	var e *Error
	switch {
	case errors.As(err, &e): // a layer further out has said it
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return unpacked(format, c.n, &Error{Reason: "the packed data ends early", Hint: hintCut, Err: io.ErrUnexpectedEOF})
	case c.err != nil && errors.Is(err, c.err):
		return unpacked(format, c.n, &Error{Reason: fmt.Sprintf("reading the body failed: %v", err), Err: err})
	case errors.Is(err, gzip.ErrHeader) || errors.As(err, new(bzip2.StructuralError)):
		return unpacked(format, c.n, &Error{
			Reason: "this is no " + format + " data, or it is damaged",
			Hint:   "name no packing to let the first bytes decide", Err: err,
		})
	}
	return unpacked(format, c.n, &Error{Reason: "the packed data is damaged", Hint: "ask again", Err: err})
}

// unpacked places e at a byte of the packed data.
func unpacked(format string, at int64, e *Error) *Error {
	e = unplaced(format, e)
	e.Byte = at
	return e
}
