package dsl

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl/code"
)

func TestFromCty(t *testing.T) {
	number := cty.MustParseNumberVal
	tests := []struct {
		in   cty.Value
		want any
	}{
		{number("0"), 0},
		{number("-0"), 0},
		{number("9007199254740991"), 9007199254740991},
		{number("9007199254740992"), 9007199254740992},
		{number("9007199254740993"), 9007199254740993},
		{number("-9007199254740993"), -9007199254740993},
		{number("9223372036854775807"), math.MaxInt64},
		{number("9223372036854775808"), "9223372036854775808"},
		{number("-9223372036854775808"), math.MinInt64},
		{number("-9223372036854775809"), "-9223372036854775809"},
		{number("123456789012345678901234567890"), "123456789012345678901234567890"},
		{number("1e3"), 1000},
		{number("0.1"), 0.1},
		{number("1.5"), 1.5},
		{number("1e600000000"), math.Inf(1)}, // its digits would fill the memory
		{cty.PositiveInfinity, math.Inf(1)},
		{texted("x"), "x"},
		{cty.True, true},
		{cty.NullVal(cty.String), nil},
		{cty.NullVal(cty.DynamicPseudoType), nil},
		{cty.UnknownVal(cty.Number), nil},
		{cty.DynamicVal, nil},
		{cty.EmptyTupleVal, []any{}},
		{cty.ListValEmpty(cty.String), []any{}},
		{cty.TupleVal([]cty.Value{number("1"), cty.NullVal(cty.String)}), []any{1, nil}},
		{cty.SetVal([]cty.Value{texted("b"), texted("a")}), []any{"a", "b"}},
		{cty.EmptyObjectVal, map[string]any{}},
		{cty.MapVal(map[string]cty.Value{"a": number("1")}), map[string]any{"a": 1}},
		{cty.ObjectVal(map[string]cty.Value{"a": cty.TupleVal([]cty.Value{number("0.5")})}), map[string]any{"a": []any{0.5}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, FromCty(tt.in)); diff != "" {
			t.Errorf("%#v: %s", tt.in, diff)
		}
	}
}

func TestToCty(t *testing.T) {
	tests := []struct {
		in   any
		want cty.Value
	}{
		{nil, cty.NullVal(cty.DynamicPseudoType)},
		{"x", texted("x")},
		{true, cty.True},
		{9007199254740993, cty.NumberIntVal(9007199254740993)},
		{int64(math.MinInt64), cty.NumberIntVal(math.MinInt64)},
		{1.5, cty.NumberFloatVal(1.5)},
		{math.NaN(), cty.NullVal(cty.Number)},
		{math.Inf(-1), cty.NegativeInfinity},
		{time.Date(2024, 5, 1, 12, 0, 0, 500, time.FixedZone("", 7200)), texted("2024-05-01T10:00:00.0000005Z")},
		{[]any{1, nil}, cty.TupleVal([]cty.Value{cty.NumberIntVal(1), cty.NullVal(cty.DynamicPseudoType)})},
		{[]any{}, cty.EmptyTupleVal},
		{map[string]any{"a": "x"}, cty.ObjectVal(map[string]cty.Value{"a": texted("x")})},
		{texted("same"), texted("same")},
		{5 * time.Second, texted("5s")},
	}
	for _, tt := range tests {
		if got := ToCty(tt.in); !got.RawEquals(tt.want) {
			t.Errorf("%v: %#v, want %#v", tt.in, got, tt.want)
		}
	}
}

func TestCtyRoundTrip(t *testing.T) {
	for _, v := range []any{
		nil, true, "x", "9223372036854775808", 0, 9007199254740991, 9007199254740993, math.MinInt64, 0.1,
		[]any{1, []any{"a", nil}}, map[string]any{"a": map[string]any{"b": []any{}}},
	} {
		if diff := cmp.Diff(v, FromCty(ToCty(v))); diff != "" {
			t.Errorf("%v: %s", v, diff)
		}
	}
}

func TestScopedWith(t *testing.T) {
	outer := newScoped(map[string]cty.Value{"param": cty.ObjectVal(map[string]cty.Value{"a": texted("x")})})
	outer.secrets = []string{"hunter2"}
	window := outer.With("window", map[string]any{"start": nil, "end": "later"})
	page := window.With("page", map[string]any{"cursor": math.NaN(), "number": 2})
	v, diags := page.eval(mustParse(t, `[param.a, window.end, window.start, page.number, page.cursor, lower("X")]`))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if diff := cmp.Diff([]any{"x", "later", nil, 2, nil, "x"}, FromCty(v)); diff != "" {
		t.Error(diff)
	}
	if _, diags := window.eval(mustParse(t, "page.number")); !diags.HasErrors() {
		t.Error("a page is known outside of paging")
	}
	if diff := cmp.Diff(outer.secrets, page.secrets); diff != "" {
		t.Errorf("inner scopes forget what to hide: %s", diff)
	}
}

func TestValValue(t *testing.T) {
	var none *Val
	if v, diags := none.Value(newScoped(nil)); !v.IsNull() || diags.HasErrors() {
		t.Error(v, diags)
	}
	r := reading(t, cty.List(cty.Number), `["1", 2]`)
	v, diags := r.n.Val("v").Value(r.s)
	if diff := cmp.Diff([]any{1, 2}, FromCty(v)); diff != "" || diags.HasErrors() {
		t.Error(diff, diags)
	}
	r = reading(t, cty.NilType, `[1]`)
	if v, diags := r.n.Val("v").Value(r.s); !v.Type().IsTupleType() || diags.HasErrors() {
		t.Error(v, diags)
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"title", "source", "id"}
	many := make([]string, 21)
	for i := range many {
		many[i] = "something-long"
	}
	tests := []struct {
		got   string
		known []string
		want  string
	}{
		{"titel", known, ` Did you mean "title"?`},
		{"TITLE", known, ` Did you mean "title"?`},
		{"ix", known, ` Did you mean "id"?`},
		{"x", known, ` Known: id, source, title.`}, // any word is near to so short a one
		{"", known, ` Known: id, source, title.`},
		{"completely", known, ` Known: id, source, title.`},
		{"completely", many, ""},
		{"completely", nil, ""},
	}
	for _, tt := range tests {
		if got := code.Suggest(tt.got, tt.known); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.got, got, tt.want)
		}
	}
}
