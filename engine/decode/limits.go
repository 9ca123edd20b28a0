package decode

import (
	"errors"
	"fmt"
	"io"
)

// What a zero field of [Limits] means.
const (
	DefaultMaxBytes   = 64 << 20
	DefaultMaxRatio   = 200
	DefaultMaxDepth   = 200
	DefaultMaxRecords = 1_000_000
)

// freeRatio is how much may be unpacked before the ratio counts: small repetitive
// bodies compress well without being an attack.
const freeRatio = 1 << 20

// ErrLimit is a body that is over one of the [Limits].
var ErrLimit = errors.New("over the limit")

// Limits bound the work one body can cause. A field that is not positive has its
// default.
type Limits struct {
	MaxBytes   int64 // of the body, and of what it unpacks to
	MaxRatio   int64 // unpacked bytes for each packed byte, once over 1 MiB
	MaxDepth   int   // of nested lists, objects and elements
	MaxRecords int   // of one body
}

func (l Limits) orDefault() Limits {
	return Limits{
		MaxBytes:   positive(l.MaxBytes, DefaultMaxBytes),
		MaxRatio:   positive(l.MaxRatio, DefaultMaxRatio),
		MaxDepth:   positive(l.MaxDepth, DefaultMaxDepth),
		MaxRecords: positive(l.MaxRecords, DefaultMaxRecords),
	}
}

func positive[N int | int64](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}

func (l Limits) tooLong() *Error {
	return &Error{
		Reason: fmt.Sprintf("the body is longer than %d bytes", l.MaxBytes),
		Hint:   "ask for smaller pages, or raise the limit", Err: ErrLimit,
	}
}

func (l Limits) tooMany() *Error {
	return &Error{
		Reason: fmt.Sprintf("there are more than %d records", l.MaxRecords),
		Hint:   "ask for smaller pages, or raise the limit", Err: ErrLimit,
	}
}

func (l Limits) tooDeep() *Error {
	return &Error{
		Reason: fmt.Sprintf("the nesting is deeper than %d", l.MaxDepth),
		Hint:   "no record needs that; if this one does, raise the limit", Err: ErrLimit,
	}
}

// capped fails once more than MaxBytes came out.
type capped struct {
	in     io.Reader
	limits Limits
	n      int64
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	if over := c.n - c.limits.MaxBytes; over > 0 {
		return max(0, n-int(over)), c.limits.tooLong()
	}
	return n, err
}
