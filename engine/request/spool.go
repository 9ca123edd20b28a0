package request

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// spool is a body kept in a file that only this process can read.
type spool struct {
	file *os.File
	size int64
	name string // to remove on Close, where an open file cannot be removed
}

var errSpool = errors.New("the answer cannot be kept on disk")

// Open returns the body from its start, wherever it is kept. Several may be open at once,
// none after Close.
func (r *Response) Open() (io.ReadCloser, error) {
	if r.spool == nil {
		return io.NopCloser(bytes.NewReader(r.Body)), nil
	}
	if r.spool.file == nil {
		return nil, os.ErrClosed
	}
	return io.NopCloser(io.NewSectionReader(r.spool.file, 0, r.spool.size)), nil
}

// Close gives up a spooled body; of any other answer it does nothing. It may be called
// more than once.
func (r *Response) Close() error {
	if r == nil || r.spool == nil {
		return nil
	}
	return r.spool.close()
}

// discard closes a spooled body and keeps its start, for messages.
func (r *Response) discard() {
	if r.spool == nil {
		return
	}
	if in, err := r.Open(); err == nil {
		r.Body, _ = io.ReadAll(io.LimitReader(in, maxRefusal))
	}
	r.Close()
	r.spool = nil
}

// start is the beginning of the body, up to maxRefusal bytes.
func (r *Response) start() []byte {
	if r.spool == nil {
		return r.Body[:min(len(r.Body), maxRefusal)]
	}
	start := make([]byte, min(r.spool.size, maxRefusal))
	n, _ := r.spool.file.ReadAt(start, 0)
	return start[:n]
}

// keep reads in to its end: into memory up to limit bytes, else all of it into a file.
func keep(in io.Reader, limit int64) ([]byte, *spool, error) {
	if limit == math.MaxInt64 {
		body, err := io.ReadAll(in)
		return body, nil, err
	}
	start, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil || int64(len(start)) <= limit {
		return start, nil, err
	}
	s, err := newSpool()
	if err != nil {
		return start, nil, err
	}
	s.size, err = io.Copy(tagged{s.file}, io.MultiReader(bytes.NewReader(start), in))
	if err != nil {
		s.close()
		return start, nil, err
	}
	return nil, s, nil
}

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "tqmap-answer-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSpool, err)
	}
	s := &spool{file: f}
	if os.Remove(f.Name()) != nil {
		s.name = f.Name()
	}
	return s, nil
}

func (s *spool) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	return err
}

// tagged tells failures to write from failures to read.
type tagged struct{ io.Writer }

func (w tagged) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		err = fmt.Errorf("%w: %w", errSpool, err)
	}
	return n, err
}
