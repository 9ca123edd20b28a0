package engine

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"tqmap/dsl"
	"tqmap/engine/decode"
	"tqmap/engine/request"
)

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// bzipped is "[1]\n" packed by bzip2.
const bzipped = "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\xc3\xce\xc3\xaf\x00\x00\x01\x4a\x00\x00\x10\x20\x00\x00\x0a\x20\x00\x21\x9a\x68\x33\x4d\x17\x3c\x5d\xc9\x14\xe1\x42\x43\x0f\x3b\x0e\xbc"

func wide(text string) string {
	out := "\xff\xfe"
	for _, u := range utf16.Encode([]rune(text)) {
		out += string([]byte{byte(u), byte(u >> 8)})
	}
	return out
}

// opensDecoder opens the decoder of a source's decode block; "" is none.
func opensDecoder(t testing.TB, block string) (decoder, error) {
	t.Helper()
	m, diags := loadFiles(minimal("", block), map[string]string{"sample": ""})
	if m == nil || m.Flow("f") == nil {
		t.Fatal(diags)
	}
	bound, errs := m.Bind(map[string]dsl.Given{}, noon)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return openDecoder(m.Flow("f").Source.Block("decode"), bound)
}

type doc = map[string]any

func TestDecoders(t *testing.T) {
	const alerts = `{"this":1,"alerts":[{"a":1,"e":[{"x":1},{"y":2}]},{"a":2,"e":[{"x":3}]}]}`
	tests := []struct {
		name, block, body string
		want              []any
		rest              any
	}{
		{"no block: one document, also the rest", "", `{"a": 9007199254740993}`, []any{doc{"a": 9007199254740993}}, doc{"a": 9007199254740993}},
		{"json without attributes", `decode "json" {}`, `[1, [2]]`, []any{[]any{1, []any{2}}}, []any{1, []any{2}}},
		{"json streamed, the rest without the list", `decode "json" { stream = "data.items" }`, `{"data": {"items": [1, {"b": 2}], "next": "c"}, "total": 2}`,
			[]any{1, doc{"b": 2}}, doc{"data": doc{"next": "c"}, "total": 2}},
		{"D03 the root list is empty", `decode "json" { stream = "." }`, `[]`, nil, nil},
		{"D03 and split", "decode \"json\" {\nsplit {}\n}", `[]`, nil, []any{}},
		{"a list that is null", `decode "json" { stream = "items" }`, `{"items": null}`, nil, doc{}},
		{"D01 a list in a list, parents kept", "decode \"json\" {\nsplit {\npath = \"alerts.e\"\nkeep_parents = true\n}\n}", alerts, []any{
			doc{"this": 1, "alerts": doc{"a": 1, "e": doc{"x": 1}}},
			doc{"this": 1, "alerts": doc{"a": 1, "e": doc{"y": 2}}},
			doc{"this": 1, "alerts": doc{"a": 2, "e": doc{"x": 3}}},
		}, doc{"this": 1, "alerts": []any{doc{"a": 1, "e": []any{doc{"x": 1}, doc{"y": 2}}}, doc{"a": 2, "e": []any{doc{"x": 3}}}}}},
		{"D01 streamed and split", "decode \"json\" {\nstream = \"alerts\"\nsplit {\npath = \"e\"\nkeep_parents = true\n}\n}", alerts, []any{
			doc{"a": 1, "e": doc{"x": 1}}, doc{"a": 1, "e": doc{"y": 2}}, doc{"a": 2, "e": doc{"x": 3}},
		}, doc{"this": 1}},
		{"D05 lines of a text", "decode \"ndjson\" {\nsplit {\npath = \"m\"\nby = \"\\n\"\nkeep_parents = true\n}\n}", `{"id":7,"m":"L1\nL2\r\nL3"}`,
			[]any{doc{"id": 7, "m": "L1"}, doc{"id": 7, "m": "L2"}, doc{"id": 7, "m": "L3"}}, nil},
		{"D09 elements that are texts or lists", "decode \"json\" {\nsplit { path = \"e\" }\n}", `{"e":["x",["y"],{"k":1}]}`,
			[]any{doc{"e": "x"}, doc{"e": []any{"y"}}, doc{"k": 1}}, doc{"e": []any{"x", []any{"y"}, doc{"k": 1}}}},
		{"D07 gzip that nothing tells of", "", gzipped(t, `[1]`), []any{[]any{1}}, []any{1}},
		{"D07 gzip in gzip", `decode "json" { stream = "." }`, gzipped(t, gzipped(t, `[1]`)), []any{1}, nil},
		{"D07 bzip2", `decode "json" { stream = "." }`, bzipped, []any{1}, nil},
		{"D07 plain where the mapping says gzip", `decode "ndjson" { unpack = ["gzip"] }`, "1\n", []any{1}, nil},
		{"D07 packed as the mapping says", `decode "ndjson" { unpack = ["gzip"] }`, gzipped(t, "1\n"), []any{1}, nil},
		{"D07 the inner layer alone", `decode "json" { unpack = ["gzip", "bzip2"] }`, bzipped, []any{[]any{1}}, []any{1}},
		{"ndjson", `decode "ndjson" {}`, "{\"a\": 1}\n\n[2]\r\n\"x\"", []any{doc{"a": 1}, []any{2}, "x"}, nil},
		{"concatenated", `decode "concatenated" {}`, `{"a": 1}{"b": 2} [3]`, []any{doc{"a": 1}, doc{"b": 2}, []any{3}}, nil},
		{"csv", `decode "csv" {}`, "\ufeffid,name\r\n1,\"a, \"\"b\"\"\"\r\n\r\n2,é\r\n", []any{doc{"id": "1", "name": `a, "b"`}, doc{"id": "2", "name": "é"}}, nil},
		{"csv of UTF-16", `decode "csv" { delimiter = "\t" }`, wide("id\tname\n1\té\n"), []any{doc{"id": "1", "name": "é"}}, nil},
		{"csv with everything", "decode \"csv\" {\ndelimiter = \";\"\ncolumns = [\"id\", \"\", \"seen\"]\nskip = 2\ncomment = \"#\"\nquotes = \"none\"\ntrim = true\nragged = \"null\"\n}",
			"Title\nof all\n# note\n 1 ; x ; \"now\"\n2\n", []any{doc{"id": "1", "seen": `"now"`}, doc{"id": "2", "seen": nil}}, nil},
		{"csv with other names than its own", "decode \"csv\" {\ncolumns = [\"id\"]\nheader = true\n}", "Identifier\n1\n", []any{doc{"id": "1"}}, nil},
		{"csv with lazy quotes", `decode "csv" { quotes = "lazy" }`, "id\na \"b\n", []any{doc{"id": `a "b`}}, nil},
		{"csv without rows", `decode "csv" {}`, "id,name\n", nil, nil},
		{"xml, the whole", `decode "xml" {}`, `<a n="1"><b>x</b></a>`, []any{doc{"a": doc{"@n": "1", "b": "x"}}}, doc{"a": doc{"@n": "1", "b": "x"}}},
		{"xml, elements, always lists", "decode \"xml\" {\nstream = \"rss/channel/item\"\nrepeat = [\"tag\"]\n}", `<rss><channel><title>T</title><item><tag>a</tag></item><item><tag>b</tag><tag>c</tag></item></channel></rss>`,
			[]any{doc{"tag": []any{"a"}}, doc{"tag": []any{"b", "c"}}}, doc{"rss": doc{"channel": doc{"title": "T"}}}},
		{"xml with namespaces", "decode \"xml\" {\nnamespaces = true\n}", `<x:a xmlns:x="u"><x:b>1</x:b></x:a>`, []any{doc{"x:a": doc{"@xmlns:x": "u", "x:b": "1"}}}, doc{"x:a": doc{"@xmlns:x": "u", "x:b": "1"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := opensDecoder(t, test.block)
			if err != nil {
				t.Fatal(err)
			}
			var got []any
			rest, err := d.decode(t.Context(), strings.NewReader(test.body), func(v any) error { got = append(got, v); return nil })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("documents (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.rest, rest); diff != "" {
				t.Errorf("rest (-want +got):\n%s", diff)
			}
		})
	}
}

const loginPage = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>\t" + "Please sign in to go on. Please sign in to go on. Please sign in to go on."

// TestAnswerOfAnotherKind: answers with 200 that are not what the source reads.
func TestAnswerOfAnotherKind(t *testing.T) {
	shown := `and it starts with "<!DOCTYPE html> <html><head><title>Sign in</title></head><body> Please sign in to go on. Please sign"`
	tests := []struct {
		name, block, contentType, body string
		want                           []string // in the error; none: it can be read
		hidden                         string
	}{
		{"login page for JSON", "", "text/html; charset=utf-8", loginPage, []string{"the body is HTML, not JSON", `its Content-Type is "text/html; charset=utf-8"`, shown}, ""},
		{"login page for a stream", `decode "json" { stream = "a" }`, "text/html", loginPage, []string{"the body is HTML, not JSON", shown}, ""},
		{"login page for lines", `decode "ndjson" {}`, "text/html", loginPage, []string{"the body is HTML, not JSON lines", shown}, ""},
		{"login page for rows", `decode "csv" {}`, "text/html", loginPage, []string{"the body is HTML, not CSV", shown}, ""},
		{"error message for rows", `decode "csv" {}`, "application/json", `{"error": "no"}`, []string{"the body is JSON, not CSV", `its Content-Type is "application/json", and it starts with "{\"error\": \"no\"}"`}, ""},
		{"XML for JSON", "", "application/xml", `<?xml version="1.0"?><a/>`, []string{"the body is XML, not JSON", `"application/xml"`}, ""},
		{"what a broken body holds stays hidden", "", "application/json", `{"secret": "hunter2"`, []string{"the text ends early"}, "hunter2"},
		{"without Content-Type too", "", "", `{"secret": "hunter2"`, []string{"the text ends early"}, "hunter2"},
		{"JSON that is called HTML", "", "text/html", `{"a": 1}`, nil, ""},
		{"JSON that is called text", "", "text/plain", `{"a": 1}`, nil, ""},
		{"JSON of a vendor's type", "", "application/vnd.x+json", `{"a": 1}`, nil, ""},
		{"an error message where the list is missing", `decode "json" { stream = "items" }`, "application/json", `{"error": "hunter2"}`, []string{`the document has no "items"`, "response rule"}, "hunter2"},
		{"nothing at all", "", "application/json", ``, []string{"the body is empty"}, ""},
		{"row that is too short", `decode "csv" {}`, "text/csv", "a,b\nhunter2\n", []string{"only 1 of 2 cells", "line 2"}, "hunter2"},
		{"document type", `decode "xml" {}`, "text/xml", `<!DOCTYPE a [<!ENTITY x "hunter2">]><a>&x;</a>`, []string{"a document type, which is refused"}, "hunter2"},
		{"field that is missing", "decode \"json\" {\nsplit { path = \"e\" }\n}", "application/json", `{"a": "hunter2"}`, []string{"e is missing", "keep_empty"}, "hunter2"},
		{"bomb", `decode "json" { max_size = "1KB" }`, "application/gzip", gzipped(t, strings.Repeat(" ", 5000)), []string{"longer than 1024 bytes"}, ""},
		{"unpacks to too much", `decode "json" { max_ratio = 2 }`, "application/gzip", gzipped(t, strings.Repeat(" ", 2<<20)), []string{"more than 2 times its size"}, ""},
		{"too many", `decode "ndjson" { max_documents = 1 }`, "", "1\n2\n", []string{"more than 1 records"}, ""},
		{"too deep", `decode "json" { max_depth = 2 }`, "", "[[[1]]]", []string{"nesting is deeper than 2"}, ""},
		{"nothing may be unpacked", `decode "json" { unpack = [] }`, "", gzipped(t, "[1]"), []string{"the body is gzip data"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := opensDecoder(t, test.block)
			if err != nil {
				t.Fatal(err)
			}
			resp := &request.Response{Body: []byte(test.body), Header: http.Header{"Content-Type": {test.contentType}}}
			_, err = decodeAnswer(t.Context(), d, resp, func(any) error { return nil })
			if (err == nil) != (len(test.want) == 0) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %v, want %q", err, part)
				}
			}
			if test.hidden != "" && strings.Contains(err.Error(), test.hidden) {
				t.Errorf("it shows the body: %v", err)
			}
		})
	}
}

func TestDecodeStops(t *testing.T) {
	body := "1\n2\n3\n"
	d, err := opensDecoder(t, `decode "ndjson" {}`)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("at the first error of yield, which is returned as it is", func(t *testing.T) {
		n, own := 0, errors.New("full")
		resp := &request.Response{Body: []byte(body), Header: http.Header{"Content-Type": {"text/html"}}}
		_, err := decodeAnswer(t.Context(), d, resp, func(any) error { n++; return own })
		if err != own || n != 1 {
			t.Errorf("%v after %d", err, n)
		}
	})
	t.Run("when the run does", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		_, err := d.decode(ctx, strings.NewReader(body), func(any) error { n++; cancel(); return nil })
		if !errors.Is(err, context.Canceled) || n != 1 {
			t.Errorf("%v after %d", err, n)
		}
	})
	t.Run("the records before a mistake are handed over", func(t *testing.T) {
		n := 0
		_, err := d.decode(t.Context(), strings.NewReader("1\n2\n{"), func(any) error { n++; return nil })
		var e *decode.Error
		if !errors.As(err, &e) || n != 2 || e.Line != 3 {
			t.Errorf("%v after %d", err, n)
		}
	})
}

// TestRecordedFiles: samples, test blocks and previews read files as the source says.
func TestRecordedFiles(t *testing.T) {
	text := minimal("", "decode \"csv\" {\ndelimiter = \";\"\n}") + `
test "rows" {
  flow      = flow.f
  responses = ["rows"]
  expect "event" "7" { title = "7" }
}
`
	rows := gzipped(t, "id;name\n7;a\n8;b\n")
	m, diags := loadFiles(text, map[string]string{"sample": rows, "rows": rows})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	bound, errs := m.Bind(nil, noon)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	r := &Run{Bound: bound}
	t.Run("test block", func(t *testing.T) {
		bad, err := r.Test(t.Context(), m.Tests[0])
		if err != nil || len(bad) > 0 {
			t.Error(err, bad)
		}
	})
	t.Run("preview of a file", func(t *testing.T) {
		var keys []string
		err := r.PreviewAnswer(t.Context(), m.Flow("f"), []byte(rows), func(m Mapped) bool { keys = append(keys, m.Key); return true })
		if diff := cmp.Diff([]string{"7", "8"}, keys); err != nil || diff != "" {
			t.Error(err, diff)
		}
	})
	t.Run("a file of another kind", func(t *testing.T) {
		err := r.PreviewAnswer(t.Context(), m.Flow("f"), []byte(`{"error": 1}`), func(Mapped) bool { return true })
		if err == nil || !strings.Contains(err.Error(), "the body is JSON, not CSV") {
			t.Error(err)
		}
	})
	t.Run("fields are those of the samples", func(t *testing.T) {
		_, diags := loadFiles(strings.Replace(text, "title       = expr(\"item.id\")", "title       = expr(\"item.nam\")", 1), map[string]string{"sample": rows, "rows": rows})
		if len(diags) != 1 || !strings.Contains(diags[0].Detail, `Did you mean "name"?`) {
			t.Error(diags)
		}
	})
}
