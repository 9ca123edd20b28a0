package decode_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/decode"
)

const rss = `<?xml version="1.0" encoding="utf-8"?>
<!-- made today -->
<rss version="2.0" xmlns:m="urn:m">
  <channel>
    <title>T &amp; U</title>
    <item id="1"><m:score>5</m:score> one </item>
    <item><name><![CDATA[a<b]]></name><name> c </name></item>
    <item/>
    <link/>
  </channel>
</rss>
`

func TestXML(t *testing.T) {
	item := []string{"rss", "channel", "item"}
	for _, tt := range []good{
		{"records", rss, decode.XML{Path: item}, []any{
			object{"@id": "1", "score": "5", "#text": "one"}, object{"name": []any{"a<b", "c"}}, "",
		}, object{"rss": object{"@version": "2.0", "channel": object{"title": "T & U", "link": ""}}}},
		{"namespaces", `<m:a xmlns:m="u" m:x="1"><b xmlns="v"/></m:a>`, decode.XML{Namespaces: true}, []any{object{"m:a": object{"@xmlns:m": "u", "@m:x": "1", "b": object{"@xmlns": "v"}}}}, nil},
		{"namespaces dropped", `<m:a xmlns:m="u" m:x="1"><b xmlns="v"/></m:a>`, decode.XML{}, []any{object{"a": object{"@x": "1", "b": ""}}}, nil},
		{"lists", `<a><i>1</i><j><i>2</i><i>3</i></j></a>`, decode.XML{Lists: []string{"i", "j"}}, []any{object{"a": object{"i": []any{"1"}, "j": []any{object{"i": []any{"2", "3"}}}}}}, nil},
		{"several parents", `<a><p><i>1</i></p><p><i>2</i></p></a>`, decode.XML{Path: []string{"a", "p", "i"}}, []any{"1", "2"}, object{"a": object{"p": []any{"", ""}}}},
		{"same name elsewhere", `<a><x><i>0</i></x><i>1</i></a>`, decode.XML{Path: []string{"a", "i"}}, []any{"1"}, object{"a": object{"x": object{"i": "0"}}}},
		{"none", `<a><p/></a>`, decode.XML{Path: []string{"a", "p", "i"}}, nil, object{"a": object{"p": ""}}},
		{"the root is the record", `<a>1</a>`, decode.XML{Path: []string{"a"}}, []any{"1"}, object(nil)},
		{"characters", "<a>&#233;&lt;\r\n&quot;</a>", decode.XML{}, []any{object{"a": "é<\n\""}}, nil},
		{"attributes that become the same", `<a x="1" m:x="2"/>`, decode.XML{}, []any{object{"a": object{"@x": []any{"1", "2"}}}}, nil},
	} {
		tt.run(t)
	}
}

func TestXMLRefusals(t *testing.T) {
	x := decode.XML{}
	const entities = `<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>`
	for _, tt := range []bad{
		{"empty", "\n", x, "XML: there is no element (line 2, column 1, byte 1, good records before it: 0)", io.ErrUnexpectedEOF},
		{"HTML", "<html lang=en>", x, "XML: the body is HTML, not XML (line 1, column 1, byte 0, good records before it: 0); a proxy or login page may have answered", nil},
		{"JSON", `[{}]`, x, "XML: the body is JSON, not XML (line 1, column 1, byte 0, good records before it: 0); it may be an error message of the server", nil},
		{"document type", entities, x, "XML: the body has a document type, which is refused (line 1, column 66, byte 65, good records before it: 0); it could define entities that expand without end", nil},
		{"external entity", `<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>`, x, "XML: the body has a document type, which is refused (line 1, column 41, byte 40, good records before it: 0); it could define entities that expand without end", nil},
		{"document type inside", `<a><!ENTITY x "y"></a>`, x, "XML: the body has a document type, which is refused (line 1, column 19, byte 18, good records before it: 0); it could define entities that expand without end", nil},
		{"unknown entity", "<a>\n&secret;</a>", x, "XML: this is no well-formed XML (line 2, column 9, byte 12, good records before it: 0)", nil},
		{"wrong end", "<a><b></a></b>", x, "XML: an element ends that is not the last one begun (line 1, column 11, byte 10, good records before it: 0)", nil},
		{"wrong prefix at the end", "<m:a></n:a>", x, "XML: an element ends that is not the last one begun (line 1, column 12, byte 11, good records before it: 0)", nil},
		{"end without start", "</a>", x, "XML: an element ends that has not begun (line 1, column 5, byte 4, good records before it: 0)", nil},
		{"end after the root", "<a/></a>", x, "XML: an element ends that has not begun (line 1, column 9, byte 8, good records before it: 0)", nil},
		{"cut between", "<a><i>1</i>", decode.XML{Path: []string{"a", "i"}}, "XML: the text ends early (line 1, column 12, byte 11, good records before it: 1); the answer was cut off: ask again", io.ErrUnexpectedEOF},
		{"cut in a tag", "<a><i>1</i><i", decode.XML{Path: []string{"a", "i"}}, "XML: the text ends early (line 1, column 14, byte 13, good records before it: 1); the answer was cut off: ask again", io.ErrUnexpectedEOF},
		{"two roots", "<a/><b/>", x, "XML: the root element has ended, but the document goes on (line 1, column 9, byte 8, good records before it: 0)", nil},
		{"text outside", "<a/>x", x, "XML: there is text outside of the root element (line 1, column 6, byte 5, good records before it: 0)", nil},
		{"text alone", "nothing found", x, "XML: there is text outside of the root element (line 1, column 14, byte 13, good records before it: 0)", nil},
		{"bad at the end of the text", "<a>&;", x, "XML: this is no well-formed XML (line 1, column 6, byte 5, good records before it: 0)", nil},
		{"too deep", "<a><b><c/></b></a>", decode.XML{Limits: decode.Limits{MaxDepth: 2}}, "XML: the nesting is deeper than 2 (line 1, column 11, byte 10, good records before it: 0); no record needs that; if this one does, raise the limit", decode.ErrLimit},
		{"too long", "<a>xxxx</a>", decode.XML{Limits: decode.Limits{MaxBytes: 6}}, "XML: the body is longer than 6 bytes (line 1, column 7, byte 6, good records before it: 0); ask for smaller pages, or raise the limit", decode.ErrLimit},
		{"too many", "<a><i/><i/></a>", decode.XML{Path: []string{"a", "i"}, Limits: decode.Limits{MaxRecords: 1}}, "XML: there are more than 1 records (line 1, column 12, byte 11, good records before it: 1); ask for smaller pages, or raise the limit", decode.ErrLimit},
	} {
		tt.run(t)
	}
}

func TestXMLWithoutRecords(t *testing.T) {
	for body, rest := range map[string]object{
		`<error code="1">denied</error>`: {"error": object{"@code": "1", "#text": "denied"}},
		`<rss><x/></rss>`:                {"rss": object{"x": ""}},
	} {
		got, all, err := collect(decode.XML{Path: []string{"rss", "channel", "item"}}, strings.NewReader(body))
		if !errors.Is(err, decode.ErrNoList) || !strings.Contains(err.Error(), "there is no rss/channel (") || len(got) > 0 {
			t.Errorf("%s: %v %v", body, got, err)
		}
		if d := cmp.Diff(any(rest), all); d != "" {
			t.Errorf("%s (-want +got):\n%s", body, d)
		}
	}
}

func TestXMLStopsWithYield(t *testing.T) {
	stop := errors.New("stop")
	_, err := decode.XML{Path: []string{"a", "i"}}.Records(strings.NewReader("<a><i/><<<"), func(any) error { return stop })
	if err != stop {
		t.Errorf("got %v", err)
	}
}

func TestXMLDocument(t *testing.T) {
	got, err := decode.XML{}.Document(strings.NewReader(`<a b="1"/>`))
	if d := cmp.Diff(any(object{"a": object{"@b": "1"}}), got); d != "" || err != nil {
		t.Error(err, d)
	}
	if got, err := (decode.XML{}).Document(strings.NewReader(`<a`)); got != nil || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v %v", got, err)
	}
}
