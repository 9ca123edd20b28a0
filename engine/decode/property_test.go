package decode_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tqmap/dsl/code"
	"tqmap/engine/decode"
)

// value draws a normalised JSON value.
func value(depth int) *rapid.Generator[any] {
	leaves := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(), rapid.Int().AsAny(),
	}
	if depth > 0 {
		leaves = append(leaves,
			rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(value(depth-1), 0, 4).Draw(t, "list") }),
			rapid.Custom(func(t *rapid.T) any { return rapid.MapOfN(rapid.String(), value(depth-1), 0, 4).Draw(t, "object") }))
	}
	return rapid.OneOf(leaves...)
}

func mustJSON(t *rapid.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if rapid.Bool().Draw(t, "indent") {
		var out bytes.Buffer
		if err := json.Indent(&out, b, " ", "\t"); err != nil {
			t.Fatal(err)
		}
		b = out.Bytes()
	}
	return string(b)
}

func TestJSONProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(value(3), 0, 5).Draw(t, "records")
		rest := rapid.MapOfN(rapid.String(), value(2), 0, 4).Draw(t, "rest")
		rest["list"] = want
		text := mustJSON(t, object{"data": rest})
		got, after, err := collect(decode.JSON{Path: []string{"data", "list"}}, strings.NewReader(text))
		delete(rest, "list")
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" || err != nil {
			t.Fatalf("%s: %v\n%s", text, err, d)
		}
		if d := cmp.Diff(any(object{"data": rest}), after); d != "" {
			t.Fatalf("%s: rest\n%s", text, d)
		}
	})
}

// A body that is cut off anywhere is an error, and no record is made up.
func TestJSONCutProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(value(2), 1, 5).Draw(t, "records")
		text := mustJSON(t, want)
		got, _, err := collect(decode.JSON{}, strings.NewReader(text[:rapid.IntRange(0, len(text)-1).Draw(t, "cut")]))
		if err == nil || len(got) > len(want) || !cmp.Equal(want[:len(got)], got, cmpopts.EquateEmpty()) {
			t.Fatalf("%v %v", got, err)
		}
	})
}

func TestLinesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(value(2), 0, 5).Draw(t, "records")
		var lines, joined strings.Builder
		for _, v := range want {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&lines, "%s%s", b, rapid.SampledFrom([]string{"\n", "\r\n", " \n\n\t\n"}).Draw(t, "end"))
			fmt.Fprintf(&joined, "%s\n", mustJSON(t, v))
		}
		for d, text := range map[records]string{decode.Lines{}: lines.String(), decode.Concatenated{}: joined.String()} {
			got, _, err := collect(d, strings.NewReader(text))
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Fatalf("%T %q: %v\n%s", d, text, err, diff)
			}
		}
	})
}

func TestCSVProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.SampledFrom([]rune(`a"',; é`+"\r\n\t")), 0, 6, -1))
		delimiter := rapid.SampledFrom([]rune(",;\t|")).Draw(t, "delimiter")
		columns := []string{"a", "b c", "é,\"\n"}
		var text strings.Builder
		w := csv.NewWriter(&text)
		w.Comma = delimiter
		w.Write(columns)
		var want []any
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			row := rapid.SliceOfN(cell, 3, 3).Draw(t, "row")
			w.Write(row)
			want = append(want, object{columns[0]: row[0], columns[1]: row[1], columns[2]: row[2]})
		}
		w.Flush()
		got, _, err := collect(decode.CSV{Delimiter: string(delimiter)}, strings.NewReader(text.String()))
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Fatalf("%q: %v\n%s", text.String(), err, d)
		}
	})
}

// element draws what an element may become.
func element(depth int) *rapid.Generator[any] {
	text := rapid.StringOfN(rapid.SampledFrom([]rune(`ab<>&"'é😀`)), 0, 6, -1)
	if depth == 0 {
		return text.AsAny()
	}
	return rapid.OneOf(text.AsAny(), rapid.Custom(func(t *rapid.T) any {
		out := object{"@" + rapid.SampledFrom([]string{"id", "type"}).Draw(t, "attribute"): text.Draw(t, "value")}
		if s := text.Draw(t, "text"); s != "" {
			out["#text"] = s
		}
		for _, name := range []string{"a", "b"} {
			switch list := rapid.SliceOfN(element(depth-1), 0, 3).Draw(t, name); len(list) {
			case 0:
			case 1:
				out[name] = list[0]
			default:
				out[name] = list
			}
		}
		return out
	}))
}

func writeXML(out *strings.Builder, name string, v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			writeXML(out, name, e)
		}
	case string:
		fmt.Fprintf(out, "<%s>", name)
		xml.EscapeText(out, []byte(v))
		fmt.Fprintf(out, "</%s>\n", name)
	case object:
		fmt.Fprintf(out, "<%s", name)
		for key, e := range v {
			if strings.HasPrefix(key, "@") {
				fmt.Fprintf(out, ` %s="`, key[1:])
				xml.EscapeText(out, []byte(e.(string)))
				out.WriteString(`"`)
			}
		}
		out.WriteString(">")
		if s, ok := v["#text"].(string); ok {
			xml.EscapeText(out, []byte(s))
		}
		for _, key := range []string{"a", "b"} {
			if e, ok := v[key]; ok {
				writeXML(out, key, e)
			}
		}
		fmt.Fprintf(out, "\n</%s>", name)
	}
}

func TestXMLProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(element(3), 0, 4).Draw(t, "records")
		var text strings.Builder
		text.WriteString("<feed><total>7</total>\n")
		writeXML(&text, "entry", want)
		text.WriteString("</feed>")
		got, rest, err := collect(decode.XML{Path: []string{"feed", "entry"}}, strings.NewReader(text.String()))
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" || err != nil {
			t.Fatalf("%s: %v\n%s", text.String(), err, d)
		}
		if !cmp.Equal(rest, any(object{"feed": object{"total": "7"}})) {
			t.Fatalf("rest %v", rest)
		}
	})
}

func TestIntegersSurviveProperty(t *testing.T) {
	around := rapid.SampledFrom([]string{"9007199254740991", "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551617"})
	rapid.Check(t, func(t *rapid.T) {
		text := around.Draw(t, "number")
		want, err := code.Decode([]byte(text))
		got, _, gotErr := collect(decode.JSON{}, strings.NewReader("["+text+"]"))
		if err != nil || gotErr != nil || got[0] != want || fmt.Sprint(want) != text {
			t.Fatalf("%s became %v (%v, %v)", text, got, err, gotErr)
		}
	})
}

func TestSplitProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(value(2), 0, 5).Draw(t, "list")
		record := rapid.MapOfN(rapid.String(), value(1), 0, 3).Draw(t, "record")
		record["list"] = list
		got, err := splitAll(decode.Split{Path: []string{"list"}, KeepParents: true}, record)
		if err != nil || len(got) != len(list) {
			t.Fatalf("%d records, %v", len(got), err)
		}
		var again []any
		for _, r := range got {
			again = append(again, r.(object)["list"])
			if len(r.(object)) != len(record) {
				t.Fatalf("%v lost fields of its parent %v", r, record)
			}
		}
		if !cmp.Equal(list, again, cmpopts.EquateEmpty()) {
			t.Fatalf("%v became %v", list, again)
		}
	})
}
