package dsl

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
)

func texted(s string) cty.Value { return cty.StringVal(s) }

func TestParamParse(t *testing.T) {
	tuple := func(v ...cty.Value) cty.Value { return cty.TupleVal(v) }
	tests := []struct {
		typ  ParamType
		in   cty.Value
		want any // an error's text where it is an errText
	}{
		{StringParam, texted(" a "), " a "},
		{StringParam, texted(""), ""},
		{StringParam, cty.NumberIntVal(8443), "8443"},
		{StringParam, cty.MustParseNumberVal("0.1"), "0.1"},
		{StringParam, cty.NullVal(cty.DynamicPseudoType), nil},
		{StringParam, cty.True, errText("the parameter is of type string, this is bool")},
		{StringParam, cty.EmptyObjectVal, errText("the parameter is of type string, this is object")},
		{StringParam, cty.MustParseNumberVal("1e600000000"), errText("the parameter is of type string, this is number")},

		{NumberParam, texted(" 1.5 "), 1.5},
		{NumberParam, cty.NumberFloatVal(2.5), 2.5},
		{NumberParam, texted("7"), 7},
		{NumberParam, texted("x"), errText(`"x" is not a number`)},
		{NumberParam, texted(""), errText(`"" is not a number`)},
		{NumberParam, texted("Inf"), errText("the number is out of range")},
		{NumberParam, texted("NaN"), errText(`"NaN" is not a number`)},
		{NumberParam, texted("1e600000000"), errText("the number is out of range")},
		{NumberParam, texted("0"), 0},
		{NumberParam, cty.True, errText("the parameter is of type number, this is bool")},

		{IntegerParam, texted("9007199254740993"), 9007199254740993},
		{IntegerParam, texted("9223372036854775808"), "9223372036854775808"},
		{IntegerParam, cty.NumberIntVal(-3), -3},
		{IntegerParam, texted("1.5"), errText(`"1.5" is not a whole number`)},
		{IntegerParam, cty.NumberFloatVal(1.5), errText("1.5 is not a whole number")},

		{BoolParam, cty.False, false},
		{BoolParam, texted(" TRUE "), true},
		{BoolParam, texted("0"), false},
		{BoolParam, texted("yes"), errText(`"yes" is not true or false`)},
		{BoolParam, cty.NumberIntVal(1), errText("the parameter is of type bool, this is number")},

		{TimeParam, texted("2024-05-01T10:00:00"), "2024-05-01T10:00:00Z"},
		{TimeParam, texted("2024-05-01T10:00:00.25+02:00"), "2024-05-01T08:00:00.25Z"},
		{TimeParam, texted("2024-05-01"), errText(`"2024-05-01" is not a time: write YYYY-MM-DDTHH:MM:SS (UTC)`)},
		{TimeParam, cty.NumberIntVal(5), errText("the parameter is of type time, this is number")},

		{ListParam, texted("a, b ,,c"), []any{"a", "b", "c"}},
		{ListParam, texted(" "), []any{}},
		{ListParam, tuple(texted("a"), texted("b,c")), []any{"a", "b,c"}},
		{ListParam, tuple(), []any{}},
		{ListParam, cty.ListVal([]cty.Value{texted("a")}), []any{"a"}},
		{ListParam, tuple(texted("a"), cty.NumberIntVal(1)), errText("a list of texts is needed")},
		{ListParam, tuple(cty.NullVal(cty.String)), errText("a list of texts is needed")},
		{ListParam, cty.True, errText("the parameter is of type list, this is bool")},
		{ListParam, cty.NullVal(cty.DynamicPseudoType), nil},
	}
	for _, tt := range tests {
		p := &Param{Name: "p", Type: tt.typ}
		v, err := p.fit(tt.in)
		var got any
		if err != nil {
			got = errText(err.Error())
		} else {
			got = FromCty(v)
			if !v.Type().Equals(tt.typ.cty()) {
				t.Errorf("%s %#v: of type %s", tt.typ, tt.in, v.Type().FriendlyName())
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s %#v: %s", tt.typ, tt.in, diff)
		}

		p.Sensitive = true
		if _, secret := p.fit(tt.in); err != nil && (secret == nil || secret.Error() != "the value is not of type "+string(tt.typ)) {
			t.Errorf("sensitive %s %#v: %v", tt.typ, tt.in, secret)
		}
	}
}

type errText string

func TestParamOptions(t *testing.T) {
	tests := []struct {
		p    Param
		in   cty.Value
		want string
	}{
		{Param{Type: StringParam, Options: []string{"a", "b"}}, texted("b"), ""},
		{Param{Type: StringParam, Options: []string{"a", "b"}}, texted("c"), `"c" is not one of a, b`},
		{Param{Type: StringParam, Options: []string{"a", "b"}}, texted("A"), `"A" is not one of a, b`},
		{Param{Type: StringParam, Options: []string{"a", "b"}}, cty.NullVal(cty.String), ""},
		{Param{Type: StringParam}, texted("c"), ""},
		{Param{Type: ListParam, Options: []string{"a", "b"}}, texted("a,b"), ""},
		{Param{Type: ListParam, Options: []string{"a", "b"}}, texted("a,c"), `"c" is not one of a, b`},
		{Param{Type: IntegerParam, Options: []string{"1", "2"}}, texted("2"), ""},
		{Param{Type: IntegerParam, Options: []string{"1", "2"}}, texted("3"), `"3" is not one of 1, 2`},
		{Param{Type: StringParam, Options: []string{"a"}, Sensitive: true}, texted("hunter2"), `the value is not one of a`},
	}
	for _, tt := range tests {
		got := ""
		if _, err := tt.p.fit(tt.in); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%v of %v: %q, want %q", tt.in, tt.p.Options, got, tt.want)
		}
	}
}

func TestParamDefault(t *testing.T) {
	m := mustLoad(t, `
param "none" { type = string }
param "null" {
  type    = string
  default = null
}
param "text" {
  type    = string
  default = lower("ABC")
}
param "port" {
  type    = integer
  default = "443"
}
param "time" {
  type    = time
  default = "2024-05-01T10:00:00"
}
param "list" {
  type    = list
  default = ["a", "b"]
}
param "secret" {
  type      = string
  sensitive = true
  default   = "hunter2"
}
`)
	want := map[string]string{"text": "abc", "port": "443", "time": "2024-05-01T10:00:00Z", "list": "a,b"}
	for _, p := range m.Params {
		if got := p.Default(); got != want[p.Name] {
			t.Errorf("%s: %q, want %q", p.Name, got, want[p.Name])
		}
	}
	b := bind(t, m, nil)
	if diff := cmp.Diff(map[string]any{
		"none": nil, "null": nil, "text": "abc", "port": 443, "time": "2024-05-01T10:00:00Z", "list": []any{"a", "b"},
	}, b.Params); diff != "" {
		t.Error(diff)
	}
}

func TestParseTime(t *testing.T) {
	tests := []struct{ in, want string }{
		{"2024-05-01T10:00:00", "2024-05-01T10:00:00Z"},
		{" 2024-05-01T10:00:00Z ", "2024-05-01T10:00:00Z"},
		{"2024-05-01T10:00:00.123456789Z", "2024-05-01T10:00:00.123456789Z"},
		{"2024-05-01T10:00:00.5", "2024-05-01T10:00:00.5Z"},
		{"2024-05-01T10:00:00-05:30", "2024-05-01T15:30:00Z"},
		{"2024-02-29T23:59:59", "2024-02-29T23:59:59Z"},
	}
	for _, tt := range tests {
		got, err := ParseTime(tt.in)
		if err != nil || got.Format(time.RFC3339Nano) != tt.want || got.Location() != time.UTC {
			t.Errorf("%q: %v %v, want %s", tt.in, got, err, tt.want)
		}
	}
	for _, in := range []string{"", "now", "2024-05-01", "2024-05-01 10:00:00", "2023-02-29T00:00:00", "2024-05-01T24:00:00", "2024-05-01T10:00:00 UTC", "1714557600"} {
		if got, err := ParseTime(in); err == nil || !strings.Contains(err.Error(), "YYYY-MM-DDTHH:MM:SS") {
			t.Errorf("%q: %v %v", in, got, err)
		}
	}
}
