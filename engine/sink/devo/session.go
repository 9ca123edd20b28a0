package devo

import (
	"errors"
	"fmt"
)

// Session is one delivery to a lookup.
type Session struct {
	Lookup Lookup
	// Incremental changes the rows that come, or takes them out, and leaves the others. Else the
	// rows replace all that the lookup has.
	Incremental bool
	// Rows are read while they are sent. They must not trickle: a collector closes a connection on
	// which nothing happens, so what takes long to find out is to be found out before.
	Rows Rows
	// AllowEmpty lets a lookup be replaced by nothing. Without it that is ErrEmpty. An
	// Incremental session without rows is not sent at all.
	AllowEmpty bool
	// Report, if set, is told of each row that is left out (ErrRow) and of each that is sent but
	// may be too long (ErrLarge), once, though the session may be repeated. n counts from 1.
	Report func(n int, r Row, err error)
}

// Result is what was sent.
type Result struct {
	ID      string // of the session that went through, or of the last job
	Rows    int    // added or updated
	Deletes int
	Skipped int   // rows that could not be written
	Large   int   // rows that may be too long
	Bytes   int64 // of the lines or files
	Tries   int
}

// feed gives the rows that can be written to yield, which may keep text only until it returns.
type feed struct {
	s      Session
	told   int   // rows that were reported on, in this try or one before
	broken error // yield's
}

// each counts into r. It returns yield's error, or that of the source.
func (f *feed) each(r *Result, yield func(text []byte, gone bool) error) error {
	var text []byte
	n := 0
	f.broken = nil
	err := f.s.Rows(func(row Row) error {
		n++
		var err error
		text, err = f.write(text[:0], row)
		switch {
		case err != nil:
			r.Skipped++
			f.report(n, row, err)
			return nil
		case len(text) > maxEvent:
			r.Large++
			f.report(n, row, ErrLarge)
		}
		if f.broken = yield(text, row.Delete); f.broken == nil {
			r.count(row.Delete)
		}
		return f.broken
	})
	if f.broken != nil {
		return f.broken // whatever the source made of it
	}
	return err
}

func (f *feed) write(b []byte, row Row) ([]byte, error) {
	if row.Delete && !f.s.Incremental {
		return b, errDelete
	}
	return f.s.Lookup.appendRow(b, row)
}

var errDelete = fmt.Errorf("%w: a session that replaces everything deletes by leaving out", ErrRow)

func (f *feed) report(n int, row Row, err error) {
	if n <= f.told {
		return
	}
	f.told = n
	if f.s.Report != nil {
		f.s.Report(n, row, err)
	}
}

func (r *Result) count(gone bool) {
	if gone {
		r.Deletes++
	} else {
		r.Rows++
	}
}

func (r Result) rows() int { return r.Rows + r.Deletes }

// check is what can be said of a session before any row is read.
func (s Session) check() error {
	if s.Rows == nil {
		return errors.New("the session has no source of rows")
	}
	return s.Lookup.Check()
}
