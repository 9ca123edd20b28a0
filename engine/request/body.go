package request

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
)

const (
	// maxRefusal is how much of the body of a refusal is kept for its message.
	maxRefusal = 64 << 10
	// maxRatio is checked once freeRatio bytes are unpacked: small repetitive
	// answers compress well without being an attack.
	maxRatio  = 200
	freeRatio = 1 << 20
)

// ErrTooLarge is an answer longer than Config.MaxBody, or one that unpacks to
// suspiciously much. It is not asked for again.
var ErrTooLarge = errors.New("the answer is too large")

var errEncoding = errors.New("content encoding not supported")

// read fills in the whole body, unpacked. Of a refusal it takes what it can get, unless
// rules want to see it whole; cut says that it did not.
func (k *call) read(resp *http.Response, to *Response) (cut bool, err error) {
	refusal := resp.StatusCode >= 300
	limit, inMemory := k.cfg.MaxBody, int64(math.MaxInt64)
	if k.req.Spool {
		inMemory = k.cfg.SpoolFrom
	}
	if refusal && !k.judged() {
		limit = min(limit, maxRefusal)
	}
	wired := &counter{Reader: resp.Body}
	plain, err := unpack(resp, wired)
	if err == nil {
		to.Body, to.spool, err = keep(&capped{in: plain, wired: wired, limit: limit}, inMemory)
	}
	if refusal && (!k.judged() || errors.Is(err, ErrTooLarge) || errors.Is(err, errEncoding)) {
		to.Body = bytes.Clone(to.start()) // the rest is not to be kept alive
		return err != nil, nil
	}
	if errors.Is(err, ErrTooLarge) {
		err = fmt.Errorf("%w (over %d bytes): ask for smaller pages, or raise the limit", err, limit)
	}
	return false, err
}

// unpack goes by the first bytes, as servers label gzip wrongly both ways.
func unpack(resp *http.Response, in io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(in)
	start, err := buffered.Peek(3)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if string(start) == "\x1f\x8b\x08" {
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		return gzip.NewReader(buffered)
	}
	switch e := strings.ToLower(resp.Header.Get("Content-Encoding")); {
	case e == "" || e == "identity" || e == "gzip" || e == "x-gzip" || len(start) == 0:
		return buffered, nil
	default:
		return nil, fmt.Errorf("%w: %.40q; only gzip was asked for", errEncoding, e)
	}
}

// counter counts the bytes that came over the wire.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// capped fails once more than limit bytes, or too many for what was wired, came out.
type capped struct {
	in       io.Reader
	wired    *counter
	n, limit int64
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	switch {
	case c.n > c.limit:
		return n - int(c.n-c.limit), ErrTooLarge
	case c.n > freeRatio && c.n/maxRatio > c.wired.n:
		return n, fmt.Errorf("%w: it unpacks to more than %d times its size", ErrTooLarge, maxRatio)
	}
	return n, err
}
