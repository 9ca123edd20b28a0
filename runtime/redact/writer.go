package redact

import (
	"io"
	"sync"
)

// Writer masks what is written to it, before it reaches the writer below. It
// holds back the end of a text that may be the beginning of a secret, until
// more is written; the end of a line hardly ever is. It is safe for concurrent use.
type Writer struct {
	redactor *Redactor
	mu       sync.Mutex
	below    io.Writer
	held     string
}

// Writer returns a Writer above w. Call Flush or Close at the end.
func (r *Redactor) Writer(w io.Writer) *Writer {
	return &Writer{redactor: r, below: w}
}

// Write implements io.Writer. An error is one of the writer below; how much of
// p reached it is then unknown, and 0 is returned.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.redactor.current()
	if m == nil && w.held == "" {
		return w.below.Write(p)
	}
	if err := w.emit(m, w.held+string(p), true); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush writes what was held back. A secret of which the beginning is flushed
// and the end is written later is not recognised.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.emit(w.redactor.current(), w.held, false)
}

// Close flushes. It does not close the writer below.
func (w *Writer) Close() error { return w.Flush() }

func (w *Writer) emit(m *matcher, text string, more bool) error {
	masked, rest := m.mask(text, more)
	w.held = rest
	if masked == "" {
		return nil
	}
	_, err := io.WriteString(w.below, masked)
	return err
}
