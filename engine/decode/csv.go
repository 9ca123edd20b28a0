package decode

import (
	"fmt"
	"io"
	"strings"
)

// Quotes says what the character " means.
type Quotes string

const (
	QuotesStrict  Quotes = ""     // encloses a cell; "" inside is one; elsewhere an error
	QuotesLazy    Quotes = "lazy" // as above, but elsewhere it is an ordinary character
	QuotesLiteral Quotes = "none" // always an ordinary character
)

// Ragged says what a row with too few or too many cells is.
type Ragged string

const (
	RaggedError Ragged = ""     // an error
	RaggedNull  Ragged = "null" // missing cells are null, empty extra cells are left out, others are an error
)

// maxColumns bounds the header row.
const maxColumns = 10_000

// CSV reads rows of cells. Lines end with LF or CRLF; empty lines are left out.
// The zero value reads RFC 4180 with a header row.
type CSV struct {
	Delimiter string   // between cells, "," if empty
	Columns   []string // names of the cells; "" leaves a cell out; none: the first row has the names
	Header    bool     // the first row has names, in whose place Columns count
	Skip      int      // lines before everything else
	Comment   string   // start of lines that are left out; none if empty
	Quotes    Quotes
	Trim      bool // drop blanks around cells and around their quotes
	Ragged    Ragged
	Limits    Limits
}

// Records yields each row as a map[string]any of texts. There is no rest. A body
// without rows has no records; one without the header row is an error.
func (c CSV) Records(r io.Reader, yield func(any) error) (rest any, err error) {
	in := open("CSV", r, c.Limits)
	rows := &csvRows{input: in, delimiter: c.Delimiter, comment: c.Comment, quotes: c.Quotes, trim: c.Trim, most: maxColumns}
	if err := c.prepare(rows); err != nil {
		return nil, err
	}
	columns, err := c.columns(rows)
	if err != nil {
		return nil, err
	}
	rows.most = len(columns)
	for {
		cells, err := rows.next()
		if err != nil || cells == nil {
			return nil, err
		}
		record, err := c.record(rows, columns, cells)
		if err != nil {
			return nil, err
		}
		if err := in.emit(record, yield); err != nil {
			return nil, err
		}
	}
}

// prepare checks the options and goes to the first row.
func (c CSV) prepare(rows *csvRows) error {
	if rows.delimiter == "" {
		rows.delimiter = ","
	}
	switch {
	case strings.ContainsAny(rows.delimiter, "\"\r\n"):
		return unplaced("CSV", &Error{Reason: "a delimiter cannot have quotes or line ends"})
	case c.Quotes != QuotesStrict && c.Quotes != QuotesLazy && c.Quotes != QuotesLiteral:
		return unplaced("CSV", &Error{Reason: fmt.Sprintf("there are no %q quotes", c.Quotes), Hint: `there are "lazy" and "none"`})
	case c.Ragged != RaggedError && c.Ragged != RaggedNull:
		return unplaced("CSV", &Error{Reason: fmt.Sprintf("ragged rows cannot be %q", c.Ragged), Hint: `they can be "null"`})
	}
	if err := rows.begin(""); err != nil {
		return err
	}
	for range c.Skip {
		if err := rows.skipLine(); err != nil {
			return err
		}
	}
	return nil
}

// columns are the names of the cells.
func (c CSV) columns(rows *csvRows) ([]string, error) {
	if len(c.Columns) > 0 {
		if c.Header {
			if _, err := rows.next(); err != nil {
				return nil, err
			}
		}
		return c.Columns, rows.unique(c.Columns, true)
	}
	names, err := rows.next()
	switch {
	case err != nil:
		return nil, err
	case names == nil:
		return nil, rows.fail(0, "there is no header row", "name the columns if the rows come without", io.ErrUnexpectedEOF)
	case rows.extra > 0:
		return nil, rows.failRow(fmt.Sprintf("the header row has more than %d cells", maxColumns), "check delimiter and quotes", ErrLimit)
	}
	return names, rows.unique(names, false)
}

// unique refuses columns that would overwrite each other.
func (r *csvRows) unique(names []string, gaps bool) error {
	first := make(map[string]int, len(names))
	for i, name := range names {
		if name == "" && gaps {
			continue
		}
		if name == "" {
			return r.failRow(fmt.Sprintf("column %d of the header row has no name", i+1), "name the columns in the mapping", nil)
		}
		if at, ok := first[name]; ok {
			return r.failRow(fmt.Sprintf("columns %d and %d have the same name", at+1, i+1), "name the columns in the mapping", nil)
		}
		first[name] = i
	}
	return nil
}

func (c CSV) record(rows *csvRows, columns, cells []string) (any, error) {
	if len(cells) < len(columns) && c.Ragged == RaggedError {
		return nil, rows.ragged(fmt.Sprintf("only %d", len(cells)))
	}
	if rows.extra > 0 && (c.Ragged == RaggedError || rows.full) {
		return nil, rows.ragged(fmt.Sprint(len(cells) + rows.extra))
	}
	record := make(map[string]any, len(columns))
	for i, name := range columns {
		switch {
		case name == "":
		case i < len(cells):
			record[name] = cells[i]
		default:
			record[name] = nil
		}
	}
	return record, nil
}

func (r *csvRows) ragged(has string) error {
	return r.failRow(fmt.Sprintf("the row has %s of %d cells", has, r.most), "check delimiter and quotes", nil)
}
