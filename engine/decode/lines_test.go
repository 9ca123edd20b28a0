package decode_test

import (
	"io"
	"strings"
	"testing"

	"tqmap/engine/decode"
)

func TestLinesAndConcatenated(t *testing.T) {
	lines, joined := decode.Lines{}, decode.Concatenated{}
	for _, tt := range []good{
		{"lines", "{\"a\":1}\n\n \t\r\n  [2] \r\n9007199254740993\n\"x\"\n", lines, []any{object{"a": 1}, []any{2}, 9007199254740993, "x"}, nil},
		{"no last line feed", "1\n2", lines, []any{1, 2}, nil},
		{"no lines", "\n \n", lines, nil, nil},
		{"empty lines body", "", lines, nil, nil},
		{"long line", "{\"a\":\"" + strings.Repeat("x", 100_000) + "\"}\n1", lines, []any{object{"a": strings.Repeat("x", 100_000)}, 1}, nil},
		{"concatenated", "{\"a\":1}{\"a\":2}\n[3]\n\n 4 \"x\"\"y\"null", joined, []any{object{"a": 1}, object{"a": 2}, []any{3}, 4, "x", "y", nil}, nil},
		{"over lines", "{\n\"a\":\n1}\n{\n}", joined, []any{object{"a": 1}, object{}}, nil},
		{"empty concatenated body", "", joined, nil, nil},
	} {
		tt.run(t)
	}
}

func TestLinesRefusals(t *testing.T) {
	lines, joined := decode.Lines{}, decode.Concatenated{}
	for _, tt := range []bad{
		{"no JSON", "{\"a\":1}\n\n{\"é\":nope}\n", lines, "JSON lines: this is no JSON (line 3, column 7, byte 16, good records before it: 1)", nil},
		{"word", "1\nnope\n", lines, "JSON lines: this is no JSON (line 2, column 2, byte 3, good records before it: 1)", nil},
		{"cut off", "1\n{\"a\":", lines, "JSON lines: the last line ends early (line 2, column 6, byte 7, good records before it: 1); the answer was cut off: ask again", io.ErrUnexpectedEOF},
		{"document over lines", "{\n\"a\":1\n}", lines, "JSON lines: the line ends before its JSON value does (line 1, column 2, byte 1, good records before it: 0); a document over several lines is read as json", nil},
		{"two on a line", "1\n  {} {}\n", lines, "JSON lines: the value has ended, but the line goes on (line 2, column 5, byte 6, good records before it: 1); several values on a line are concatenated JSON", nil},
		{"two numbers on a line", "1 2\n", lines, "JSON lines: the value has ended, but the line goes on (line 1, column 2, byte 1, good records before it: 0); several values on a line are concatenated JSON", nil},
		{"HTML", "<html>\n", lines, "JSON lines: the body is HTML, not JSON lines (line 1, column 1, byte 0, good records before it: 0); a proxy or login page may have answered", nil},
		{"deep line", "[[1]]", decode.Lines{Limits: decode.Limits{MaxDepth: 1}}, "JSON lines: the nesting is deeper than 1 (line 1, column 2, byte 1, good records before it: 0); no record needs that; if this one does, raise the limit", decode.ErrLimit},
		{"long body", "1\n2\n3\n", decode.Lines{Limits: decode.Limits{MaxBytes: 5}}, "JSON lines: the body is longer than 5 bytes (line 3, column 2, byte 5, good records before it: 2); ask for smaller pages, or raise the limit", decode.ErrLimit},
		{"many lines", "1\n2\n3\n", decode.Lines{Limits: decode.Limits{MaxRecords: 2}}, "JSON lines: there are more than 2 records (line 3, column 1, byte 4, good records before it: 2); ask for smaller pages, or raise the limit", decode.ErrLimit},
		{"concatenated cut off", `{"a":1}{"a"`, joined, "concatenated JSON: the text ends early (line 1, column 12, byte 11, good records before it: 1); the answer was cut off: ask again", io.ErrUnexpectedEOF},
		{"commas", `{},{}`, joined, "concatenated JSON: this is no JSON (line 1, column 3, byte 2, good records before it: 1)", nil},
		{"stray bracket", `[]]`, joined, "concatenated JSON: this is no JSON (line 1, column 3, byte 2, good records before it: 1)", nil},
	} {
		tt.run(t)
	}
}
