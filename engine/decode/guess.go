package decode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Form is what an answer seems to be written in, as a block decode says it.
type Form struct {
	Kind string // json, ndjson, concatenated, csv or xml
	// Of csv: what differs from its defaults.
	Delimiter, Comment string
	Columns            []string
	Quotes             Quotes
	Ragged             Ragged
}

// Guess tells what a recorded answer is written in, packed or not, and reads its documents.
// The error says what it is where it is nothing that can be read.
func Guess(src []byte) (Form, []any, error) {
	unpacked, err := Unpack(bytes.NewReader(src), Limits{})
	if err != nil {
		return Form{}, nil, err
	}
	if src, err = io.ReadAll(unpacked); err != nil {
		return Form{}, nil, err
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), " \t\r\n")
	what := sniff(text)
	switch {
	case len(text) == 0:
		return Form{}, nil, errors.New("it is empty")
	case what == isHTML || what == isZip || what == isGzip || what == isBzip2:
		return Form{}, nil, fmt.Errorf("it is %s; %s", what, sniffHint(what))
	case text[0] == '<':
		doc, err := XML{}.Document(bytes.NewReader(src))
		return Form{Kind: "xml"}, []any{doc}, err
	case strings.IndexByte("{[\"", text[0]) >= 0 && json.Valid(text) || text[0] == '{' || text[0] == '[' || !bytes.ContainsAny(text[:min(len(text), 1000)], "\n,;\t|"):
		return guessJSON(src)
	}
	return guessCSV(src)
}

func guessJSON(src []byte) (Form, []any, error) {
	doc, err := JSON{}.Document(bytes.NewReader(src))
	if err == nil {
		return Form{Kind: "json"}, []any{doc}, nil
	}
	if docs, failed := all(Lines{}.Records, src); failed == nil && len(docs) > 1 {
		return Form{Kind: "ndjson"}, docs, nil
	}
	if docs, failed := all(Concatenated{}.Records, src); failed == nil && len(docs) > 1 {
		return Form{Kind: "concatenated"}, docs, nil
	}
	return Form{}, nil, err
}

type records = func(io.Reader, func(any) error) (any, error)

func all(read records, src []byte) ([]any, error) {
	var docs []any
	_, err := read(bytes.NewReader(src), func(doc any) error { docs = append(docs, doc); return nil })
	return docs, err
}

// guessCSV tries the readings from the strictest on.
func guessCSV(src []byte) (Form, []any, error) {
	plain := Form{Kind: "csv"}
	if utf8.Valid(src) {
		plain = plain.header(strings.TrimPrefix(string(src), "\ufeff"))
	}
	lazy, ragged := plain, plain
	lazy.Quotes, ragged.Ragged = QuotesLazy, RaggedNull
	var first error
	for _, f := range []Form{plain, lazy, ragged} {
		docs, err := all(CSV{Delimiter: f.Delimiter, Comment: f.Comment, Columns: f.Columns, Quotes: f.Quotes, Ragged: f.Ragged}.Records, src)
		if err == nil && len(docs) > 0 && !mostly(docs, isRow) {
			return Form{}, nil, errors.New("it is text of no known form")
		}
		if err == nil && len(docs) > 0 {
			return f, docs, nil
		}
		if err == nil {
			err = errors.New("it has a row of names and no other")
		}
		if first == nil {
			first = err
		}
	}
	return Form{}, nil, fmt.Errorf("it was taken for CSV: %w", first)
}

// header looks at the lines up to the second row.
func (f Form) header(text string) Form {
	var rows []string
	var remark string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "#") && len(rows) == 0:
			f.Comment, remark = "#", strings.TrimLeft(line, "# ")
		case strings.TrimSpace(line) != "":
			rows = append(rows, line)
		}
		if len(rows) == 2 {
			break
		}
	}
	if len(rows) == 0 {
		return f
	}
	f.Delimiter = delimiter(rows)
	names := strings.Split(rows[0], f.between())
	if slices.ContainsFunc(names, isValue) {
		f.Columns = columns(strings.Split(remark, f.between()), len(names))
	}
	if f.Delimiter == "," {
		f.Delimiter = ""
	}
	return f
}

// delimiter is what the rows have most of, better as often in each.
func delimiter(rows []string) string {
	best, most := "", 0
	for _, d := range []string{",", ";", "\t", "|"} {
		n := 2 * strings.Count(rows[0], d)
		if n > 0 && strings.Count(rows[len(rows)-1], d) == n/2 {
			n++
		}
		if n > most {
			best, most = d, n
		}
	}
	return best
}

func (f Form) between() string {
	if f.Delimiter == "" {
		return ","
	}
	return f.Delimiter
}

// columns are the names in a remark above the rows, where there are n, else made up.
func columns(names []string, n int) []string {
	if len(names) == n && n > 1 {
		for i := range names {
			names[i] = strings.Trim(names[i], ` "'`)
		}
		if !slices.Contains(names, "") && len(slices.Compact(slices.Sorted(slices.Values(names)))) == n {
			return names
		}
	}
	if n == 1 {
		return []string{"value"}
	}
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("column_%d", i+1))
	}
	return out
}

// valued is what no column is called: a number, a date, an address, a hash.
var valued = regexp.MustCompile(`^\d[\d.:/TZ -]*$|://|^[0-9a-fA-F]{32,}$|^[\w-]+(\.[\w-]+)*\.[a-z]{2,}$|^[0-9a-f]*:[0-9a-f:]+$`)

func mostly(docs []any, is func(any) bool) bool {
	n := 0
	for _, doc := range docs {
		if is(doc) {
			n++
		}
	}
	return 2*n > len(docs)
}

// isRow tells rows, and lines of one value, from lines of a text.
func isRow(doc any) bool {
	cells, _ := doc.(map[string]any)
	for _, cell := range cells {
		text, _ := cell.(string)
		if len(cells) > 1 || isValue(text) {
			return true
		}
	}
	return false
}

func isValue(cell string) bool { return valued.MatchString(strings.Trim(cell, ` "'`)) }
