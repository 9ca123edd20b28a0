package decode

import (
	"bytes"
	"io"
)

// csvRows cuts the input into rows of cells.
type csvRows struct {
	*input
	delimiter, comment string
	quotes             Quotes
	trim               bool
	most               int // cells that are kept of a row

	start Position // of the row
	extra int      // cells of the row that were not kept
	full  bool     // one of them had something in it
}

// next returns the cells of the next row, nil after the last one.
func (r *csvRows) next() ([]string, error) {
	if more, err := r.toRow(); !more {
		return nil, err
	}
	r.start, r.extra, r.full = r.here(), 0, false
	cells := make([]string, 0, min(r.most, 64))
	for last := false; !last; {
		cell, err := r.cell()
		if err != nil {
			return nil, err
		}
		if len(cells) < r.most {
			cells = append(cells, string(cell))
		} else {
			r.extra++
			r.full = r.full || len(cell) > 0
		}
		last = r.endCell()
	}
	return cells, nil
}

// toRow goes over empty lines and comments.
func (r *csvRows) toRow() (bool, error) {
	for {
		n := 0
		if r.trim {
			n = r.blanks(0)
		}
		_, ok := r.peek(n)
		switch {
		case !ok:
			r.pos += n
			return false, r.failure()
		case r.lineEnd(n) > 0:
			r.pos += n + r.lineEnd(n)
		case r.comment != "" && r.has(r.comment, n):
			if err := r.skipLine(); err != nil {
				return false, err
			}
		default:
			return true, nil
		}
	}
}

func (r *csvRows) skipLine() error {
	_, whole, err := r.line()
	r.pos += whole
	return err
}

// cell takes a cell and leaves what follows it. The bytes are good until more is read.
func (r *csvRows) cell() ([]byte, error) {
	n := 0
	if r.trim {
		n = r.blanks(0)
	}
	if c, ok := r.peek(n); ok && c == '"' && r.quotes != QuotesLiteral {
		r.pos += n
		return r.quoted()
	}
	return r.bare()
}

func (r *csvRows) bare() ([]byte, error) {
	n := 0
	for ; !r.cellEnd(n); n++ {
		if c, _ := r.peek(n); c == '"' && r.quotes == QuotesStrict {
			return nil, r.fail(n, "there is a quote inside a cell without quotes", `quotes = "lazy" or "none" takes it as it is`, nil)
		}
	}
	if err := r.endOfText(n); err != nil {
		return nil, err
	}
	cell := r.buf[r.pos : r.pos+n]
	r.pos += n
	if r.trim {
		cell = bytes.Trim(cell, " \t")
	}
	return cell, nil
}

func (r *csvRows) quoted() ([]byte, error) {
	start := r.here()
	r.pos++
	var cell []byte
	for {
		c, ok := r.peek(0)
		if !ok {
			return nil, r.unclosed(start)
		}
		r.pos++
		if c != '"' {
			cell = append(cell, c)
			continue
		}
		if c, ok := r.peek(0); ok && c == '"' {
			r.pos++
			cell = append(cell, '"')
			continue
		}
		n := 0
		if r.trim {
			n = r.blanks(0)
		}
		if r.cellEnd(n) {
			err := r.endOfText(n)
			r.pos += n
			return cell, err
		}
		if r.quotes == QuotesStrict {
			return nil, r.fail(n, "text follows the closing quote of a cell", `a quote inside of quotes is written twice; quotes = "lazy" or "none" takes it as it is`, nil)
		}
		cell = append(cell, '"')
	}
}

// unclosed is the error for a quote at start that has no end.
func (r *csvRows) unclosed(start Position) error {
	if err := r.failure(); err != nil {
		return err
	}
	e := r.fail(0, "the quote that opens here is never closed", "the answer was cut off, or quotes mean nothing in it", io.ErrUnexpectedEOF)
	e.Position = start
	return e
}

// endCell goes over what ends a cell and tells whether it ends the row too.
func (r *csvRows) endCell() bool {
	if r.has(r.delimiter, 0) {
		r.pos += len(r.delimiter)
		return false
	}
	r.pos += r.lineEnd(0)
	return true
}

// cellEnd tells whether a cell ends n bytes after pos.
func (r *csvRows) cellEnd(n int) bool {
	c, ok := r.peek(n)
	switch {
	case !ok, c == '\n':
		return true
	case c == r.delimiter[0]:
		return r.has(r.delimiter, n)
	case c == '\r':
		return r.lineEnd(n) > 0
	}
	return false
}

// endOfText is why the text ended n bytes after pos, if it did so too early.
func (r *csvRows) endOfText(n int) error {
	if _, ok := r.peek(n); ok {
		return nil
	}
	return r.failure()
}

// lineEnd is the length of the line end n bytes after pos, 0 if there is none.
func (r *csvRows) lineEnd(n int) int {
	switch c, ok := r.peek(n); {
	case !ok:
		return 0
	case c == '\n':
		return 1
	case c != '\r':
		return 0
	}
	switch c, ok := r.peek(n + 1); {
	case !ok:
		return 1
	case c == '\n':
		return 2
	}
	return 0
}

// blanks counts the blanks from n bytes after pos.
func (r *csvRows) blanks(n int) int {
	for {
		c, ok := r.peek(n)
		if !ok || c != ' ' && c != '\t' || r.has(r.delimiter, n) {
			return n
		}
		n++
	}
}

// has tells whether s stands n bytes after pos.
func (r *csvRows) has(s string, n int) bool {
	_, ok := r.peek(n + len(s) - 1)
	return ok && string(r.buf[r.pos+n:r.pos+n+len(s)]) == s
}

// failRow is a mistake of the row.
func (r *csvRows) failRow(reason, hint string, err error) error {
	e := r.fail(0, reason, hint, err)
	if r.start.Line > 0 {
		e.Position = r.start
	}
	return e
}
