package decode_test

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/decode"
)

var alerts = decode.JSON{Path: []string{"alerts"}}

func TestJSONRecords(t *testing.T) {
	for _, tt := range []good{
		{"path", `{"total": 2, "alerts": [{"id": 1}, {"id": 2}], "next": "abc"}`, alerts, []any{object{"id": 1}, object{"id": 2}}, object{"total": 2, "next": "abc"}},
		{"deep path", `{"a":{"x":[1],"b":{"c":[true,null,"s"],"y":{}}},"z":[]}`, decode.JSON{Path: []string{"a", "b", "c"}}, []any{true, nil, "s"}, object{"a": object{"x": []any{1}, "b": object{"y": object{}}}, "z": []any{}}},
		{"root", " [1 , [2,[]],\n{\"a\":[]} ] \r\n", decode.JSON{}, []any{1, []any{2, []any{}}, object{"a": []any{}}}, nil},
		{"null is empty", `{"alerts":null,"n":0}`, alerts, nil, object{"n": 0}},
		{"brackets in texts", `["]", "\"]", "\\", {"}":"{"}]`, decode.JSON{}, []any{"]", `"]`, `\`, object{"}": "{"}}, nil},
		{"escaped key", `{"\u0061lerts":[1]}`, alerts, []any{1}, object{}},
		{"exact", `[9007199254740993, -9223372036854775808, 9223372036854775808, 5.0, 1e3]`, decode.JSON{}, []any{9007199254740993, math.MinInt64, "9223372036854775808", 5.0, 1000.0}, nil},
		{"exact rest", `{"alerts":[],"cursor":9007199254740993}`, alerts, nil, object{"cursor": 9007199254740993}},
		{"last of a key wins", `{"n":1,"alerts":[],"n":2}`, alerts, nil, object{"n": 2}},
		{"mark", "\xef\xbb\xbf[1]", decode.JSON{}, []any{1}, nil},
	} {
		tt.run(t)
	}
}

func TestJSONRefusals(t *testing.T) {
	root := decode.JSON{}
	for _, tt := range []bad{
		{"empty", " \n", root, "JSON: the body is empty (line 2, column 1, byte 2, good records before it: 0)", io.ErrUnexpectedEOF},
		{"HTML", "\n<!DOCTYPE html><p>", root, "JSON: the body is HTML, not JSON (line 1, column 1, byte 0, good records before it: 0); a proxy or login page may have answered", nil},
		{"markup", "<div>", root, "JSON: the body is HTML or XML, not JSON (line 1, column 1, byte 0, good records before it: 0); a proxy or login page may have answered", nil},
		{"packed", "\x1f\x8b\x08\x00\x00", root, "JSON: the body is gzip data, not JSON (line 1, column 1, byte 0, good records before it: 0); unpack it first", nil},
		{"cut in a record", `{"alerts":[{"a":1},{"a":2},{"a":`, alerts, "JSON: the text ends early (line 1, column 33, byte 32, good records before it: 2); the answer was cut off: ask again", io.ErrUnexpectedEOF},
		{"cut in a number", `[1, 12`, root, "JSON: the text ends early (line 1, column 7, byte 6, good records before it: 1); the answer was cut off: ask again", io.ErrUnexpectedEOF},
		{"cut in a text", `["é`, root, "JSON: the text ends early (line 1, column 4, byte 4, good records before it: 0); the answer was cut off: ask again", io.ErrUnexpectedEOF},
		{"cut after a record", `[1`, root, "JSON: the text ends early (line 1, column 3, byte 2, good records before it: 0); the answer was cut off: ask again", io.ErrUnexpectedEOF},
		{"cut after the list", `{"alerts":[1]`, alerts, "JSON: the text ends early (line 1, column 14, byte 13, good records before it: 1); the answer was cut off: ask again", io.ErrUnexpectedEOF},
		{"bad record", "[{\"é\": 1},\n {\"é\": tru}]", root, "JSON: this is no JSON (line 2, column 11, byte 23, good records before it: 1)", nil},
		{"no comma", `[1 2]`, root, "JSON: this is no JSON (line 1, column 4, byte 3, good records before it: 1)", nil},
		{"comma at the end", `[1,]`, root, "JSON: this is no JSON (line 1, column 4, byte 3, good records before it: 1)", nil},
		{"wrong bracket", `[{"a":1]]`, root, "JSON: this is no JSON (line 1, column 8, byte 7, good records before it: 0)", nil},
		{"no colon", `{"a" 1}`, alerts, "JSON: this is no JSON (line 1, column 6, byte 5, good records before it: 0)", nil},
		{"key is a number", `{1:2}`, alerts, "JSON: this is no JSON (line 1, column 2, byte 1, good records before it: 0)", nil},
		{"mark in the middle", "[\ufeff1]", root, "JSON: this is no JSON (line 1, column 2, byte 1, good records before it: 0)", nil},
		{"goes on", `[1] [2]`, root, "JSON: the JSON value has ended, but the text goes on (line 1, column 5, byte 4, good records before it: 1); for one value a line, write decode \"ndjson\" {}; for others decode \"concatenated\" {}", nil},
		{"twice", `{"alerts":[1],"alerts":[2]}`, alerts, "JSON: alerts is there twice (line 1, column 24, byte 23, good records before it: 1)", nil},
		{"many digits", `[1` + strings.Repeat("0", 5000) + `]`, root, "JSON: a number has too many digits (line 1, column 4099, byte 4098, good records before it: 0); ask the server for it as text", decode.ErrLimit},
		{"many digits inside", `[[1` + strings.Repeat("0", 5000) + `]]`, root, "JSON: a number has too many digits (line 1, column 4099, byte 4098, good records before it: 0); ask the server for it as text", decode.ErrLimit},
		{"too deep", `[[1],[[1]]]`, decode.JSON{Limits: decode.Limits{MaxDepth: 2}}, "JSON: the nesting is deeper than 2 (line 1, column 7, byte 6, good records before it: 1); no record needs that; if this one does, raise the limit", decode.ErrLimit},
		{"too long", `["a","b"]`, decode.JSON{Limits: decode.Limits{MaxBytes: 8}}, "JSON: the body is longer than 8 bytes (line 1, column 9, byte 8, good records before it: 2); ask for smaller pages, or raise the limit", decode.ErrLimit},
		{"too many", `[1,2,3]`, decode.JSON{Limits: decode.Limits{MaxRecords: 2}}, "JSON: there are more than 2 records (line 1, column 7, byte 6, good records before it: 2); ask for smaller pages, or raise the limit", decode.ErrLimit},
	} {
		tt.run(t)
	}
}

// An answer without the list is no empty list: it is read to its end, so that
// response rules can look at it.
func TestJSONWithoutList(t *testing.T) {
	tests := []struct {
		path, body, reason string
		rest               any
	}{
		{"alerts", `{"error":"denied"}`, `the document has no "alerts"`, object{"error": "denied"}},
		{"data.alerts", `{"data":{"n":0},"x":1}`, `data has no "alerts"`, object{"data": object{"n": 0}, "x": 1}},
		{"data.alerts", `{"data":null}`, `data is null, not an object with "alerts"`, object{"data": nil}},
		{"alerts", `{"alerts":{"id":1}}`, "alerts is an object, not a list", object{"alerts": object{"id": 1}}},
		{"alerts", `[1]`, `the document is a list, not an object with "alerts"`, []any{1}},
		{"", `"no"`, "the document is text, not a list", "no"},
		{"", `7`, "the document is a number, not a list", 7},
		{"", `true`, "the document is true or false, not a list", true},
	}
	for _, tt := range tests {
		d := decode.JSON{}
		if tt.path != "" {
			d.Path = strings.Split(tt.path, ".")
		}
		got, rest, err := collect(d, strings.NewReader(tt.body))
		var e *decode.Error
		if !errors.Is(err, decode.ErrNoList) || !errors.As(err, &e) || e.Reason != tt.reason || len(got) > 0 {
			t.Errorf("%s: %v %v", tt.body, got, err)
		}
		if d := cmp.Diff(tt.rest, rest); d != "" {
			t.Errorf("%s: rest (-want +got):\n%s", tt.body, d)
		}
	}
}

func TestArrayHandsOverAsItReads(t *testing.T) {
	stop := errors.New("stop")
	n := 0
	_, err := decode.JSON{Path: []string{"a"}}.Records(strings.NewReader(`{"a":[1,2,3,nonsense`), func(any) error {
		if n++; n == 2 {
			return stop
		}
		return nil
	})
	if err != stop || n != 2 {
		t.Errorf("%d records, %v; the error of yield must end the reading and come back as it is", n, err)
	}
	reset := errors.New("connection reset")
	_, _, err = collect(decode.JSON{}, io.MultiReader(strings.NewReader(`[1,2`), iotest.ErrReader(reset)))
	if want := "JSON: reading the body failed: connection reset (line 1, column 5, byte 4, good records before it: 1)"; !errors.Is(err, reset) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestJSONDocument(t *testing.T) {
	got, err := decode.JSON{}.Document(strings.NewReader(` {"a":[9007199254740993]} `))
	if d := cmp.Diff(any(object{"a": []any{9007199254740993}}), got); d != "" || err != nil {
		t.Error(err, d)
	}
	for body, reason := range map[string]string{
		`{"a":`: "the text ends early", `{} {}`: "the JSON value has ended, but the text goes on", "": "the body is empty", `nul`: "this is no JSON",
	} {
		var e *decode.Error
		if v, err := (decode.JSON{}).Document(strings.NewReader(body)); v != nil || !errors.As(err, &e) || e.Reason != reason {
			t.Errorf("%q: %v %v", body, v, err)
		}
	}
}
