package devo

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// maxEvent is how long a line may be, in bytes, before it is worth a warning: what the
// collector takes is not published.
const maxEvent = 64 << 10

var (
	// ErrRow says that a row cannot be written. The collector would not notice one
	// that is short of a column, and the whole lookup might fail in silence: so it is left out.
	ErrRow = errors.New("the row cannot be written")
	// ErrLarge says that a row, which is sent, is longer than 64 KiB.
	ErrLarge = errors.New("the row is longer than 64 KiB, which may be more than Devo takes")
)

// Row of a lookup.
type Row struct {
	// Values are those of the columns, in their order: text, integers (*big.Int and json.Number
	// too), floats, bool, time.Time (written in UTC, to the second) or nil. A list must be
	// made a text before.
	Values []any
	// Encoded is the row as Lookup.Encode wrote it. Where it is set, Values are not looked at.
	Encoded []byte
	// Delete takes the row of this key out of the lookup. Only for an Incremental session; the
	// other columns must be there and do not matter.
	Delete bool
}

// Rows gives the rows of a session, and gives the same ones whenever it is called again, which a
// repeated session does. It ends with yield's error, or with its own.
type Rows func(yield func(Row) error) error

// Encode returns the values of a row as they are sent, an ErrRow where that is not possible.
func (l Lookup) Encode(values []any) ([]byte, error) { return l.appendRow(nil, Row{Values: values}) }

func (l Lookup) appendRow(b []byte, r Row) ([]byte, error) {
	if r.Encoded != nil {
		if bytes.ContainsAny(r.Encoded, "\r\n") {
			return b, fmt.Errorf("%w: it was not written by Encode, as it holds a line break", ErrRow)
		}
		return append(b, r.Encoded...), nil
	}
	if len(r.Values) != len(l.Columns) {
		return b, fmt.Errorf("%w: it has %d values for the %d columns of %s", ErrRow, len(r.Values), len(l.Columns), l.Name)
	}
	for n, v := range r.Values {
		if n > 0 {
			b = append(b, ',')
		}
		from := len(b)
		var err error
		if b, err = appendValue(b, v); err == nil {
			err = l.Columns[n].takes(b[from:], n == 0, r.Delete)
		}
		if err != nil {
			return b, fmt.Errorf("%w: column %q: %w", ErrRow, l.Columns[n].Name, err)
		}
	}
	return b, nil
}

// takes checks a written value. The empty one fits every type, but is no key.
func (c Column) takes(written []byte, key, gone bool) error {
	text := string(written)
	if text == `""` {
		if key {
			return errors.New("it is the key, and empty")
		}
		return nil
	}
	kind := c.kind()
	if kind == Text || gone && !key {
		return nil
	}
	if !kind.fits(strings.Trim(text, `"`)) {
		return fmt.Errorf("a value of it is no %s", kind)
	}
	return nil
}

func (t Type) fits(text string) bool {
	var err error
	switch t {
	case Int4:
		_, err = strconv.ParseInt(text, 10, 32)
	case Int, Int8:
		_, err = strconv.ParseInt(text, 10, 64)
	case Float:
		_, err = strconv.ParseFloat(text, 64)
	case Bool:
		return text == "True" || text == "False" || text == "true" || text == "false"
	case IP4:
		a, bad := netip.ParseAddr(text)
		return bad == nil && a.Is4()
	}
	return err == nil
}
