package devo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrLookup says that a lookup cannot be as it is described. Nothing was sent.
var ErrLookup = errors.New("no such lookup is possible")

// Lookup is a table. Its first column is the key.
type Lookup struct {
	// Name is of letters, digits and underscores.
	Name    string
	Columns []Column
}

// Column of a lookup. Only a session that replaces everything may change the columns: others must
// name the same ones in the same order as when the lookup was made.
type Column struct {
	Name string
	Type Type // "" means Text
}

// Type of a column, as the collector spells it.
type Type string

// The types of columns.
const (
	Text  Type = "str"
	Int   Type = "int" // the same as Int8
	Int4  Type = "int4"
	Int8  Type = "int8"
	Float Type = "float"
	Bool  Type = "bool"
	IP4   Type = "ip4"
)

// Types lists them, Text first.
func Types() []Type { return []Type{Text, Int, Int4, Int8, Float, Bool, IP4} }

var lookupName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// Check returns an ErrLookup that says what to change, or nil. Send does it first.
func (l Lookup) Check() error {
	if !lookupName.MatchString(l.Name) {
		return fmt.Errorf("%w: its name %q must be of the letters A-Z and a-z, digits and underscores", ErrLookup, l.Name)
	}
	if len(l.Columns) == 0 {
		return fmt.Errorf("%w: %s has no columns; the first one is its key", ErrLookup, l.Name)
	}
	seen := map[string]bool{}
	for n, c := range l.Columns {
		if why := c.wrong(); why != "" {
			return fmt.Errorf("%w: column %d of %s, %q, %s", ErrLookup, n+1, l.Name, c.Name, why)
		}
		if seen[c.Name] {
			return fmt.Errorf("%w: %s has two columns %q", ErrLookup, l.Name, c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}

func (c Column) wrong() string {
	switch {
	case strings.TrimSpace(c.Name) == "":
		return "has no name"
	case !utf8.ValidString(c.Name) || strings.ContainsFunc(c.Name, unicode.IsControl):
		return "holds control characters, or is no UTF-8"
	case strings.Contains(c.Name, `"`):
		return "holds a quotation mark, which the collector does not read"
	case !slices.Contains(Types(), c.kind()):
		return fmt.Sprintf("is of type %q; want one of %q", c.Type, Types())
	}
	return ""
}

func (c Column) kind() Type {
	if c.Type == "" {
		return Text
	}
	return c.Type
}

// header is what a session opens and closes with.
func (l Lookup) header() []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for n, c := range l.Columns {
		if n > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{` + plainJSON(c.Name) + `:{"type":` + plainJSON(string(c.kind())))
		if n == 0 {
			b.WriteString(`,"key":true`)
		}
		b.WriteString(`}}`)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// plainJSON leaves <, > and & as they are, which json.Marshal writes for web pages.
func plainJSON(text string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string always can
	return strings.TrimSuffix(b.String(), "\n")
}
