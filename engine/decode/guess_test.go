package decode

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func packed(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

func TestGuess(t *testing.T) {
	for name, c := range map[string]struct {
		src  string
		want Form
		docs int
	}{
		"JSON":                   {` {"a": 1}`, Form{Kind: "json"}, 1},
		"JSON with a mark":       {"\ufeff[1, 2]", Form{Kind: "json"}, 1},
		"a scalar":               {`"text"`, Form{Kind: "json"}, 1},
		"lines":                  {"{\"a\": 1}\n{\"a\": 2}\n", Form{Kind: "ndjson"}, 2},
		"concatenated":           {"{\"a\":\n 1}{\"a\": 2}", Form{Kind: "concatenated"}, 2},
		"XML":                    {"<r><i>1</i><i>2</i></r>", Form{Kind: "xml"}, 1},
		"commas":                 {"id,name\n1,x\n2,y\n", Form{Kind: "csv"}, 2},
		"semicolons, packed":     {packed("id;name, of it\r\n1;x\r\n"), Form{Kind: "csv", Delimiter: ";"}, 1},
		"tabs":                   {"id\tname\n1\tx\n", Form{Kind: "csv", Delimiter: "\t"}, 1},
		"remarks":                {"# Feed\nid,name\n1,x\n", Form{Kind: "csv", Comment: "#"}, 1},
		"names in a remark":      {"# Feed, made daily\n# \"seen\", ip\n2026-01-02,192.0.2.1\n", Form{Kind: "csv", Comment: "#", Columns: []string{"seen", "ip"}}, 1},
		"no names":               {"192.0.2.1,botnet\n192.0.2.2,scan\n", Form{Kind: "csv", Columns: []string{"column_1", "column_2"}}, 2},
		"one value on each line": {"bad.example\nworse.example\n", Form{Kind: "csv", Columns: []string{"value"}}, 2},
		"a stray quote":          {"id,name\n1,5\" disk\n", Form{Kind: "csv", Quotes: QuotesLazy}, 1},
		"ragged":                 {"id,name\n1\n2,x\n", Form{Kind: "csv", Ragged: RaggedNull}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			got, docs, err := Guess([]byte(c.src))
			if err != nil || len(docs) != c.docs {
				t.Fatalf("%d documents, %v", len(docs), err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGuessSaysWhatItIs(t *testing.T) {
	for src, want := range map[string]string{
		"":                                "empty",
		" \n":                             "empty",
		"<!DOCTYPE html><html></html>":    "HTML; a proxy or login page",
		"PK\x03\x04xxxx":                  "ZIP archive",
		`{"a": 1`:                         "cut off",
		"{\"a\": 1}\n{\"b\"":              "",
		"some text\nand more\n":           "text of no known form",
		"id,name\n":                       "taken for CSV: it has a row of names and no other",
		"id,name\n1,\xff\n":               "taken for CSV",
		packed("id,name\n1,2\n")[:20]:     "",
		"<a><b></a>":                      "",
		"\x00\x01\x02,\x03\n\x04\x05\x06": "",
	} {
		_, docs, err := Guess([]byte(src))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v", src, docs, err)
		}
	}
}

func FuzzGuess(f *testing.F) {
	for _, src := range []string{"{}", "a,b\n1,2", "<a/>", "# x\n1;2"} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		form, docs, err := Guess(src)
		if err == nil && (form.Kind == "" || len(docs) == 0) {
			t.Fatalf("%+v, %d documents", form, len(docs))
		}
	})
}
