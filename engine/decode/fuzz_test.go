package decode_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tqmap/dsl/code"
	"tqmap/engine/decode"
)

var small = decode.Limits{MaxBytes: 1 << 12, MaxRatio: 50, MaxDepth: 8, MaxRecords: 16}

// depth counts nested lists and objects.
func depth(v any) int {
	deepest := 0
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			deepest = max(deepest, depth(e))
		}
	case object:
		for _, e := range v {
			deepest = max(deepest, depth(e))
		}
	default:
		return 0
	}
	return deepest + 1
}

// within reads body and checks what holds for every decoder and every body.
func within(t *testing.T, d records, body []byte) (got []any, rest any, err error) {
	t.Helper()
	got, rest, err = collect(d, bytes.NewReader(body))
	if len(got) > small.MaxRecords {
		t.Errorf("%d records", len(got))
	}
	if int64(len(body)) > small.MaxBytes && err == nil {
		t.Errorf("%d bytes were read", len(body))
	}
	for _, v := range append(got, rest) {
		// An XML list is a level that the document does not have.
		if n := depth(v); n > 2*small.MaxDepth+1 {
			t.Errorf("a depth of %d", n)
		}
		if !cmp.Equal(v, code.Normalize(v)) {
			t.Errorf("%v is not normalised", v)
		}
	}
	var e *decode.Error
	switch {
	case err == nil:
	case !errors.As(err, &e):
		t.Errorf("%T: %v", err, err)
	case e.Records >= 0 && e.Records != len(got), e.Byte > int64(len(body)), e.Reason == "", !utf8.ValidString(e.Error()):
		t.Errorf("%d records of %d bytes, then %#v", len(got), len(body), e)
	}
	return got, rest, err
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":"\u0041"}],"n":null}`, `[[],{}, -1.5e3]`, `{"a":{"a":[]}}`, "\xff\xfe[\x00]\x00", `{"a":[],"a":[]}`, `[1 2]`, `"a`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		whole, wholeErr := code.Decode(body)
		document, err := decode.JSON{Limits: small}.Document(bytes.NewReader(body))
		plain := utf8.Valid(body) // otherwise it may be UTF-16, which code.Decode does not read
		if plain && err == nil && (wholeErr != nil || !cmp.Equal(whole, document)) {
			t.Errorf("%q: %v, not %v (%v)", body, document, whole, wholeErr)
		}
		for _, path := range [][]string{nil, {"a"}, {"a", "a"}} {
			got, rest, err := within(t, decode.JSON{Path: path, Limits: small}, body)
			if err != nil || !plain {
				continue
			}
			list := append([]any{}, got...)
			null := len(got) == 0 && cmp.Equal(whole, join(rest, path, nil))
			if joined := join(rest, path, list); wholeErr != nil || !null && !cmp.Equal(whole, joined) {
				t.Errorf("%q: %v, not %v (%v)", body, joined, whole, wholeErr)
			}
		}
	})
}

// join puts the list back into the rest.
func join(rest any, path []string, list any) any {
	if len(path) == 0 {
		return list
	}
	out := object{}
	if rest, ok := rest.(object); ok {
		maps.Copy(out, rest)
	}
	out[path[0]] = join(out[path[0]], path[1:], list)
	return out
}

func FuzzLines(f *testing.F) {
	for _, s := range []string{"{}\n[1]\r\n\n\"x\"", "{\n}", "1 2\n", "{\"a\":"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		lines, _, err := within(t, decode.Lines{Limits: small}, body)
		if err != nil {
			return
		}
		joined, _, err := within(t, decode.Concatenated{Limits: small}, body)
		if err != nil || !cmp.Equal(lines, joined) {
			t.Errorf("%q: lines %v, concatenated %v (%v)", body, lines, joined, err)
		}
	})
}

func FuzzConcatenated(f *testing.F) {
	for _, s := range []string{"{}{}", "1 2", "[1]\n\"x\"null", "{},{}", "truefalse"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) { within(t, decode.Concatenated{Limits: small}, body) })
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a;b\n\"x\n\";\"\"\n", "# c\na, \"b\" \r\n1\n", "a,a\n", "\"", "x\na||b\n"} {
		for options := range byte(24) {
			f.Add([]byte(s), options)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, options byte) {
		c := decode.CSV{Limits: small, Trim: options&1 > 0}
		if options&2 > 0 {
			c.Ragged = decode.RaggedNull
		}
		if options&4 > 0 {
			c.Columns, c.Comment, c.Skip, c.Delimiter = []string{"a", "", "b"}, "#", 1, "||"
		}
		c.Quotes = []decode.Quotes{decode.QuotesStrict, decode.QuotesLazy, decode.QuotesLiteral}[options>>3%3]
		got, _, _ := within(t, c, body)
		for i := range got {
			if len(got[i].(object)) != len(got[0].(object)) {
				t.Errorf("%v and %v differ in their columns", got[0], got[i])
			}
		}
	})
}

func FuzzXML(f *testing.F) {
	for _, s := range []string{rss, `<a><b c="d">e</b><b/></a>`, `<!DOCTYPE a><a/>`, `<a>&#1;</a>`, `<?xml version="1.1"?><a/>`, strings.Repeat("<a>", 20)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		within(t, decode.XML{Limits: small}, body)
		within(t, decode.XML{Limits: small, Path: []string{"a", "b"}, Lists: []string{"b"}, Namespaces: true}, body)
		if bytes.Contains(body, []byte("<!DOCTYPE")) && !bytes.ContainsAny(body, "\x00\xff") && !bytes.Contains(body, []byte("<!--")) && !bytes.Contains(body, []byte("CDATA")) && !bytes.Contains(body, []byte("<?")) {
			if v, err := (decode.XML{Limits: small}).Document(bytes.NewReader(body)); err == nil {
				t.Errorf("%q became %v", body, v)
			}
		}
	})
}

func FuzzUnpack(f *testing.F) {
	for _, b := range [][]byte{[]byte("plain"), gz([]byte("text")), gz(gz([]byte("text"))), bz, gz(make([]byte, 1<<13)), []byte("BZh9"), {0x1f, 0x8b, 8}} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, layers := range [][]decode.Packing{nil, {decode.Gzip}, {decode.Bzip2}} {
			got, err := inflate(body, small, layers...)
			var e *decode.Error
			if int64(len(got)) > small.MaxBytes || err != nil && !errors.As(err, &e) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		}
		if again, err := inflate(gz(body), decode.Limits{}, decode.Gzip); err != nil || !bytes.Equal(again, body) {
			t.Errorf("%q became %q (%v)", body, again, err)
		}
	})
}

func FuzzCharset(f *testing.F) {
	f.Add("é€😀\n", true)
	f.Add("\"\n\x00", false)
	f.Add("\x000", false)
	f.Fuzz(func(t *testing.T, text string, big bool) {
		if !utf8.ValidString(text) {
			within(t, decode.Lines{Limits: small}, []byte(text))
			return
		}
		order := binary.AppendByteOrder(binary.LittleEndian)
		if big {
			order = binary.BigEndian
		}
		within(t, decode.CSV{Limits: small}, []byte(encode16(order, text)))
		if strings.HasPrefix(text, "\x00") {
			return // in UTF-16 that is the mark of UTF-32
		}
		c := decode.CSV{Columns: []string{"a"}, Quotes: decode.QuotesLiteral, Ragged: decode.RaggedNull}
		want, _, wantErr := collect(c, strings.NewReader("\ufeff"+text))
		got, _, err := collect(c, strings.NewReader(encode16(order, text)))
		if (err == nil) != (wantErr == nil) || !cmp.Equal(want, got) {
			t.Errorf("UTF-16 %v (%v), UTF-8 %v (%v)", got, err, want, wantErr)
		}
	})
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{`{"a":[{"b":[1,"x"]}]}`, `[]`, `{"a":"x\ny"}`, `{"a":{"b":null}}`, `[{"a":[[]]}]`} {
		f.Add([]byte(s), "\n", true, false)
		f.Add([]byte(s), "", false, true)
	}
	f.Fuzz(func(t *testing.T, body []byte, by string, parents, empty bool) {
		record, err := code.Decode(body)
		if err != nil {
			return
		}
		for _, path := range [][]string{nil, {"a"}, {"a", "b"}} {
			got, err := splitAll(decode.Split{Path: path, By: by, KeepParents: parents, KeepEmpty: empty, Limits: small}, record)
			var e *decode.Error
			if len(got) > small.MaxRecords || err != nil && !errors.As(err, &e) {
				t.Errorf("%d records, %v", len(got), err)
			}
			for _, v := range got {
				if !cmp.Equal(v, code.Normalize(v)) || depth(v) > depth(record)+1 {
					t.Errorf("%v of %v", v, record)
				}
			}
		}
	})
}
