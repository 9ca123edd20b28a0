package code

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDecodeNumbers(t *testing.T) {
	tests := []struct {
		text string
		want any
	}{
		{"9007199254740991", 9007199254740991},
		{"9007199254740992", 9007199254740992},
		{"9007199254740993", 9007199254740993},
		{"-9007199254740993", -9007199254740993},
		{"9223372036854775807", math.MaxInt64},
		{"9223372036854775808", "9223372036854775808"},
		{"-9223372036854775808", math.MinInt64},
		{"-9223372036854775809", "-9223372036854775809"},
		{"5.0", 5.0}, {"1e3", 1000.0}, {"0.1", 0.1}, {"-0", 0}, {"1e999", "1e999"},
		{" [1, 2.5, {\"a\": null}]\r\n", []any{1, 2.5, map[string]any{"a": nil}}},
		{"\xef\xbb\xbftrue", true},
	}
	for _, tt := range tests {
		got, err := Decode([]byte(tt.text))
		if d := cmp.Diff(tt.want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", tt.text, err, d)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", "the body is empty, JSON was expected (line 1, column 1, byte 0)"},
		{" \n ", "the body is empty, JSON was expected (line 2, column 2, byte 3)"},
		{"\n<html>", "the body is HTML, not JSON (a proxy or login page may have answered) (line 2, column 1, byte 1)"},
		{`{"a": [1, `, "the JSON ends early at byte 10: the answer was cut off (line 1, column 11, byte 10)"},
		{`{"a": "x`, "the JSON ends early at byte 8: the answer was cut off (line 1, column 9, byte 8)"},
		{"{\"é\":\n tru3}", "this is no JSON (line 2, column 5, byte 11)"},
		{"{}\n{}", "the JSON value has ended, but the text goes on (line 2, column 1, byte 3)"},
		{"secret", "this is no JSON (line 1, column 1, byte 0)"},
	}
	for _, tt := range tests {
		_, err := Decode([]byte(tt.text))
		var de *DecodeError
		if !errors.As(err, &de) || err.Error() != tt.want {
			t.Errorf("%q:\ngot  %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

func TestNormalize(t *testing.T) {
	type named string
	now := time.Now()
	tests := []struct{ in, want any }{
		{int64(5), 5}, {uint8(5), 5}, {uint64(math.MaxUint64), "18446744073709551615"}, {float32(0.5), 0.5},
		{json.Number("12"), 12}, {json.Number("12.5"), 12.5}, {5.0, 5.0},
		{big.NewInt(7), 7}, {new(big.Int).Lsh(big.NewInt(1), 64), "18446744073709551616"},
		{named("x"), "x"}, {[]string{"a"}, []any{"a"}}, {[]int{1}, []any{1}}, {map[string]int{"a": 1}, map[string]any{"a": 1}},
		{[]any{int64(1), []any{json.Number("2")}}, []any{1, []any{2}}},
		{map[string]any{"a": map[string]any{"b": int8(1)}, "c": "x"}, map[string]any{"a": map[string]any{"b": 1}, "c": "x"}},
		{now, now}, {nil, nil}, {(*int)(nil), nil}, {[]any(nil), []any{}}, {map[string]any(nil), nil}, {func() {}, nil},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, Normalize(tt.in)); d != "" {
			t.Errorf("%T %v: %s", tt.in, tt.in, d)
		}
	}
	in := map[string]any{"list": []any{int64(1)}}
	Normalize(in)
	if in["list"].([]any)[0] != int64(1) {
		t.Error("Normalize changed its argument")
	}
}

func TestIntegersSurviveProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		text, _ := json.Marshal(map[string]any{"n": n})
		v, err := Decode(text)
		if err != nil || v.(map[string]any)["n"] != int(n) {
			t.Fatalf("%d became %v (%v)", n, v, err)
		}
		if again := Normalize(v); !cmp.Equal(v, again) {
			t.Fatal("Normalize is not idempotent")
		}
	})
}

func TestText(t *testing.T) {
	at := time.Date(2020, 2, 5, 3, 30, 0, 5e8, time.FixedZone("", 7200))
	tests := []struct {
		in   any
		want string
		ok   bool
	}{
		{870, "870", true}, {0, "0", true}, {0.5, "0.5", true}, {1e21, "1000000000000000000000", true}, {5.0, "5", true},
		{true, "Yes", true}, {false, "No", true}, {"x", "x", true}, {at, "2020-02-05T01:30:00.5Z", true},
		{int64(7), "7", true}, {[]any{1, "a<"}, `[1,"a<"]`, true},
		{nil, "", false}, {"", "", false}, {[]any{}, "", false}, {map[string]any{}, "", false}, {math.NaN(), "", false}, {math.Inf(1), "", false},
	}
	for _, tt := range tests {
		if got, ok := Text(tt.in); got != tt.want || ok != tt.ok {
			t.Errorf("Text(%v) = %q, %v; want %q, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

func TestInfer(t *testing.T) {
	tests := []struct{ samples, want string }{
		{`[{"id":"a","n":1},{"id":"b","n":2}]`, `{id: string, n: int}`},
		{`[{"id":"a","n":1},{"id":null}]`, `{id?: string, n?: int}`},
		{`[{"v":1},{"v":"x"}]`, `{v: any}`},
		{`[{"v":1},{"v":1.5},{}]`, `{v?: number}`},
		{`[{"tags":[]},{"tags":[]}]`, `{tags: [any]}`},
		{`[{"tags":[]},{"tags":["x"]}]`, `{tags: [string]}`},
		{`[{"src":{"ip":"x"}},{"src":{"ip":"x","port":1}},{}]`, `{src?: {ip: string, port?: int}}`},
		{`[{"e":[{"a":1},{"b":true}]}]`, `{e: [{a?: int, b?: bool}]}`},
		{`[]`, `any`}, {`[null]`, `any`}, {`[[1],[2.0]]`, `[number]`},
	}
	for _, tt := range tests {
		v, err := Decode([]byte(tt.samples))
		if err != nil {
			t.Fatal(err)
		}
		if got := Infer(v.([]any)).String(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.samples, got, tt.want)
		}
	}
	if got := (Shape{Kind: Object, Open: true}).String(); got != "{…}" {
		t.Error(got)
	}
}

// TestOptionalScalarsCompareWithNull holds the reason for how shapes map to types.
func TestOptionalScalarsCompareWithNull(t *testing.T) {
	v, _ := Decode([]byte(`[{"s":"x","n":1},{"s":null}]`))
	env := Env{"r": Infer(v.([]any))}
	for _, code := range []string{`r.s == 'x'`, `r.n == 1`, `(r.n ?? 0) > 0`, `r.s in ['x']`} {
		e, diags := CompileExpr(Literal(code), env)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if got, err := e.Eval(map[string]any{"r": map[string]any{}}); got != false || err != nil {
			t.Errorf("%s: %v, %v", code, got, err)
		}
	}
}

// TestRecordedAnswers decodes every recorded answer and infers its shape.
func TestRecordedAnswers(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/fixtures/*/*.json")
	if len(files) == 0 {
		t.Skip("no recorded answers beside this module")
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := Decode(text)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
			continue
		}
		shape := Infer([]any{v})
		if _, diags := CompileExpr(Literal("r"), Env{"r": shape}); diags.HasErrors() {
			t.Errorf("%s: %s", filepath.Base(name), diags)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"x",null,true]}`, `<html>`, `{"a":`, "\xef\xbb\xbf1", `1e999`, `[[[[`, `"\ud800"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := Decode(b)
		var de *DecodeError
		switch {
		case err == nil:
			if again := Normalize(v); !cmp.Equal(v, again) {
				t.Errorf("not normal: %s", cmp.Diff(v, again))
			}
			if _, err := json.Marshal(v); err != nil {
				t.Error(err)
			}
		case !errors.As(err, &de) || de.Byte < 0 || de.Byte > len(b) || de.Line < 1 || de.Column < 1:
			t.Errorf("%v: %+v", err, de)
		}
	})
}
