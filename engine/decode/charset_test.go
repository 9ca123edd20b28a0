package decode_test

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"tqmap/engine/decode"
)

// encode16 writes text as UTF-16 with a byte order mark.
func encode16(order binary.AppendByteOrder, text string) string {
	b := order.AppendUint16(nil, 0xFEFF)
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func TestCharsets(t *testing.T) {
	text := `["é€😀",1]`
	long := strings.Repeat("é€😀", 50_000)
	for _, tt := range []good{
		{"UTF-8", text, decode.JSON{}, []any{"é€😀", 1}, nil},
		{"UTF-8 with mark", "\xef\xbb\xbf" + text, decode.JSON{}, []any{"é€😀", 1}, nil},
		{"UTF-16 little", encode16(binary.LittleEndian, text), decode.JSON{}, []any{"é€😀", 1}, nil},
		{"UTF-16 big", encode16(binary.BigEndian, text), decode.JSON{}, []any{"é€😀", 1}, nil},
		{"longer than a chunk", `["` + long + `"]`, decode.JSON{}, []any{long}, nil},
		{"UTF-16 longer than a chunk", encode16(binary.BigEndian, `["`+long+`"]`), decode.JSON{}, []any{long}, nil},
		{"CSV in UTF-16", encode16(binary.LittleEndian, "a,b\r\n1,é\r\n"), decode.CSV{}, []any{object{"a": "1", "b": "é"}}, nil},
		{"XML in UTF-16", encode16(binary.LittleEndian, `<?xml version="1.0" encoding="UTF-16"?><a>é</a>`), decode.XML{}, []any{object{"a": "é"}}, nil},
		{"a mark alone", "\xef\xbb\xbf", decode.Lines{}, nil, nil},
	} {
		tt.run(t)
	}
}

func TestCharsetRefusals(t *testing.T) {
	const hint = "; ask the server for UTF-8; UTF-16 is read when it has a byte order mark"
	const none = ", good records before it: 0)"
	for _, tt := range []bad{
		{"Latin-1", "[1,\n \"caf\xe9\"]", decode.JSON{}, "JSON: what starts with the byte E9 is no UTF-8 (line 2, column 6, byte 9, good records before it: 1)" + hint, nil},
		{"after a mark", "\xef\xbb\xbf[\"\xff\"]", decode.JSON{}, "JSON: what starts with the byte FF is no UTF-8 (line 1, column 3, byte 5" + none + hint, nil},
		{"cut in a character", "\"\xe2\x82", decode.Lines{}, "JSON lines: what starts with the byte E2 is no UTF-8 (line 1, column 2, byte 1" + none + "; the answer was cut off: ask again", io.ErrUnexpectedEOF},
		{"UTF-16 without a mark", "[\x001\x00]\x00", decode.JSON{}, "JSON: the body starts with the bytes 5B 00, as UTF-16 without a byte order mark does (line 1, column 1, byte 0" + none + hint, nil},
		{"UTF-32", "\xff\xfe\x00\x00[\x00\x00\x00", decode.JSON{}, "JSON: the body starts with the bytes FF FE 00 00 of UTF-32 (line 1, column 1, byte 0" + none + hint, nil},
		{"second half first", "\xfe\xff\x00[\xdc\x00\x00]", decode.JSON{}, "JSON: what starts with the bytes DC 00 is no UTF-16 (line 1, column 2, byte 4" + none + hint, nil},
		{"first half alone", "\xff\xfe[\x00\x00\xd8]\x00", decode.JSON{}, "JSON: what starts with the bytes 00 D8 is no UTF-16 (line 1, column 2, byte 4" + none + hint, nil},
		{"half a unit", "\xff\xfe[\x00]", decode.JSON{}, "JSON: what starts with the bytes 5D is no UTF-16 (line 1, column 2, byte 4" + none + "; the answer was cut off: ask again", io.ErrUnexpectedEOF},
		{"XML says Latin-1", `<?xml version="1.0" encoding="ISO-8859-1"?><a/>`, decode.XML{}, `XML: the document says its encoding is "ISO-8859-1" (line 1, column 44, byte 43` + none + hint, nil},
		{"CSV in Latin-1", "a\n\xe9\n", decode.CSV{}, "CSV: what starts with the byte E9 is no UTF-8 (line 2, column 1, byte 2" + none + hint, nil},
	} {
		tt.run(t)
	}
}

// The byte of a mistake is one of the body, whatever its encoding.
func TestBytesOfUTF16(t *testing.T) {
	_, _, err := collect(decode.JSON{}, strings.NewReader(encode16(binary.BigEndian, "[\"é😀\",\n x]")))
	var e *decode.Error
	// 2 for the mark, 2 each for ["é",LF and blank, 4 for the emoji.
	if !errors.As(err, &e) || e.Position != (decode.Position{Byte: 20, Line: 2, Column: 2}) {
		t.Errorf("%v", err)
	}
}
