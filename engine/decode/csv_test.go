package decode_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"tqmap/engine/decode"
)

func TestCSV(t *testing.T) {
	ab := []any{object{"a": "1", "b": "2"}}
	for _, tt := range []good{
		{"header", "a,b\n1,2\n3,4\n", decode.CSV{}, []any{object{"a": "1", "b": "2"}, object{"a": "3", "b": "4"}}, nil},
		{"CRLF, no last line end", "a,b\r\n1,2", decode.CSV{}, ab, nil},
		{"CR at the end", "a,b\r\n1,2\r", decode.CSV{}, ab, nil},
		{"CR inside", "a,b\n1\r1,2\n", decode.CSV{}, []any{object{"a": "1\r1", "b": "2"}}, nil},
		{"mark", "\xef\xbb\xbfa,b\n1,2\n", decode.CSV{}, ab, nil},
		{"header alone", "a,b\n", decode.CSV{}, nil, nil},
		{"empty lines", "\n\r\na,b\n\n1,2\n\n", decode.CSV{}, ab, nil},
		{"empty cells", "a,b\n,\n", decode.CSV{}, []any{object{"a": "", "b": ""}}, nil},
		{"quotes", "\"a\",b\n\"x,\"\"y\"\"\r\nz\",\"\"\n", decode.CSV{}, []any{object{"a": "x,\"y\"\r\nz", "b": ""}}, nil},
		{"columns", "1,2\n", decode.CSV{Columns: []string{"a", "b"}}, ab, nil},
		{"columns left out", "1,x,2\n", decode.CSV{Columns: []string{"a", "", "b"}}, ab, nil},
		{"columns and no rows", "", decode.CSV{Columns: []string{"a"}}, nil, nil},
		{"tabs", "a\tb\n1\t2\n", decode.CSV{Delimiter: "\t"}, ab, nil},
		{"long delimiter", "a||b\n1||2|2\n", decode.CSV{Delimiter: "||"}, []any{object{"a": "1", "b": "2|2"}}, nil},
		{"blank as delimiter, trimmed", "a b\n1 2\n", decode.CSV{Delimiter: " ", Trim: true}, ab, nil},
		{"skipped", "Report, of today\n\"\na,b\n1,2\n", decode.CSV{Skip: 2}, ab, nil},
		{"skipped more than there is", "x\n", decode.CSV{Skip: 9, Columns: []string{"a"}}, nil, nil},
		{"comments", "# list\na,b\n#1,2\n1,2\n# end", decode.CSV{Comment: "#"}, ab, nil},
		{"long comment mark", "a,b\n#1,2\n## x\n", decode.CSV{Comment: "##"}, []any{object{"a": "#1", "b": "2"}}, nil},
		{"comment mark in a text", "a,b\n\"x\n#y\",2\n", decode.CSV{Comment: "#"}, []any{object{"a": "x\n#y", "b": "2"}}, nil},
		{"trimmed", " a , \"b\" \n 1\t, \" 2 \" \n  # x\n", decode.CSV{Trim: true, Comment: "#"}, []any{object{"a": "1", "b": " 2 "}}, nil},
		{"not trimmed", " a,b \n 1, \n", decode.CSV{}, []any{object{" a": " 1", "b ": " "}}, nil},
		{"lazy quotes", "a,b\n1\"2,\"x\"y\"\n", decode.CSV{Quotes: decode.QuotesLazy}, []any{object{"a": `1"2`, "b": `x"y`}}, nil},
		{"literal quotes", "a,b\n\"1,2\"\n", decode.CSV{Quotes: decode.QuotesLiteral}, []any{object{"a": `"1`, "b": `2"`}}, nil},
		{"ragged", "a,b\n1\n1,2,\n1,2,,\"\"\n", decode.CSV{Ragged: decode.RaggedNull}, []any{object{"a": "1", "b": nil}, ab[0], ab[0]}, nil},
		{"angle brackets", "<TICKER>,<DAY>\nA,1\n", decode.CSV{}, []any{object{"<TICKER>": "A", "<DAY>": "1"}}, nil},
	} {
		tt.run(t)
	}
}

func TestCSVRefusals(t *testing.T) {
	c := decode.CSV{}
	many := make([]string, 10_001)
	for i := range many {
		many[i] = fmt.Sprint("c", i)
	}
	for _, tt := range []bad{
		{"empty", "", c, "CSV: there is no header row (line 1, column 1, byte 0, good records before it: 0); name the columns if the rows come without", io.ErrUnexpectedEOF},
		{"HTML", " <!doctype HTML>\n", c, "CSV: the body is HTML, not CSV (line 1, column 1, byte 0, good records before it: 0); a proxy or login page may have answered", nil},
		{"JSON", `{"error":1}`, c, "CSV: the body is JSON, not CSV (line 1, column 1, byte 0, good records before it: 0); it may be an error message of the server", nil},
		{"ZIP", "PK\x03\x04", c, "CSV: the body is a ZIP archive, not CSV (line 1, column 1, byte 0, good records before it: 0); archives are not read: ask the server for a plain or gzip body", nil},
		{"same name", "a,b,a\n", c, "CSV: columns 1 and 3 have the same name (line 1, column 1, byte 0, good records before it: 0); name the columns in the mapping", nil},
		{"same given name", "1\n", decode.CSV{Columns: []string{"x", "x"}}, "CSV: columns 1 and 2 have the same name (line 1, column 1, byte 0, good records before it: 0); name the columns in the mapping", nil},
		{"no name", "a,,b\n", c, "CSV: column 2 of the header row has no name (line 1, column 1, byte 0, good records before it: 0); name the columns in the mapping", nil},
		{"many columns", strings.Join(many, ",") + "\n", c, "CSV: the header row has more than 10000 cells (line 1, column 1, byte 0, good records before it: 0); check delimiter and quotes", decode.ErrLimit},
		{"short row", "a,b\n1,2\n\"é\n\",2\n3\n", c, "CSV: the row has only 1 of 2 cells (line 5, column 1, byte 16, good records before it: 2); check delimiter and quotes", nil},
		{"long row", "a,b\n1,2,3\n", c, "CSV: the row has 3 of 2 cells (line 2, column 1, byte 4, good records before it: 0); check delimiter and quotes", nil},
		{"long row, empty", "a,b\n1,2,\n", c, "CSV: the row has 3 of 2 cells (line 2, column 1, byte 4, good records before it: 0); check delimiter and quotes", nil},
		{"extra cell with something in it", "a,b\n1,2,3\n", decode.CSV{Ragged: decode.RaggedNull}, "CSV: the row has 3 of 2 cells (line 2, column 1, byte 4, good records before it: 0); check delimiter and quotes", nil},
		{"quote in a cell", "a,b\n1,é2\"\n", c, "CSV: there is a quote inside a cell without quotes (line 2, column 5, byte 9, good records before it: 0); quotes = \"lazy\" or \"none\" takes it as it is", nil},
		{"text after a quote", "a,b\n\"1\"x,2\n", c, "CSV: text follows the closing quote of a cell (line 2, column 4, byte 7, good records before it: 0); a quote inside of quotes is written twice; quotes = \"lazy\" or \"none\" takes it as it is", nil},
		{"open quote", "a,b\n1,2\n3,\"x\n\n", c, "CSV: the quote that opens here is never closed (line 3, column 3, byte 10, good records before it: 1); the answer was cut off, or quotes mean nothing in it", io.ErrUnexpectedEOF},
		{"too long", "a\n1\n22\n", decode.CSV{Limits: decode.Limits{MaxBytes: 5}}, "CSV: the body is longer than 5 bytes (line 3, column 2, byte 5, good records before it: 1); ask for smaller pages, or raise the limit", decode.ErrLimit},
		{"too many", "a\n1\n2\n", decode.CSV{Limits: decode.Limits{MaxRecords: 1}}, "CSV: there are more than 1 records (line 4, column 1, byte 6, good records before it: 1); ask for smaller pages, or raise the limit", decode.ErrLimit},
		{"bad delimiter", "a\n", decode.CSV{Delimiter: "\n"}, "CSV: a delimiter cannot have quotes or line ends", nil},
		{"bad quotes", "a\n", decode.CSV{Quotes: "some"}, `CSV: there are no "some" quotes; there are "lazy" and "none"`, nil},
		{"bad ragged", "a\n", decode.CSV{Ragged: "drop"}, `CSV: ragged rows cannot be "drop"; they can be "null"`, nil},
	} {
		tt.run(t)
	}
}
