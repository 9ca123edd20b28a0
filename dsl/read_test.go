package dsl

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func mustParse(t *testing.T, text string) hclsyntax.Expression {
	t.Helper()
	e, diags := hclsyntax.ParseExpression([]byte(text), "x.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return e
}

// reading reads the attribute v, of the given type, of a block that has nothing else.
func reading(t *testing.T, typ cty.Type, text string) *Reading {
	t.Helper()
	n := &Node{Spec: &Block{Type: "b"}, Range: hcl.Range{Filename: "block"}, values: map[string]*Val{}}
	if text != "" {
		e := mustParse(t, text)
		n.values["v"] = &Val{Attr: Attr{Name: "v", Type: typ}, Range: e.Range(), hcl: e}
	}
	return n.Read(newScoped(map[string]cty.Value{
		"null_text": cty.NullVal(cty.String), "text": texted("t"),
		"texts": cty.ListVal([]cty.Value{texted("a"), texted("b")}),
	}))
}

// outcome is a value, or the summary of what is wrong with it.
func outcome(got any, r *Reading) any {
	var diags hcl.Diagnostics
	if errors.As(r.Err(), &diags) {
		return errText(diags[0].Summary)
	}
	return got
}

func TestReadingUnits(t *testing.T) {
	tests := []struct {
		typ  cty.Type
		text string
		read func(*Reading) any
		want any
	}{
		{cty.Number, `5`, readInt, 5},
		{cty.Number, `"5"`, readInt, 5},
		{cty.Number, `-5`, readInt, -5},
		{cty.Number, ``, readInt, 42},
		{cty.Number, `null`, readInt, 42},
		{cty.Number, `5.5`, readInt, errText("Whole number expected")},
		{cty.Number, `9223372036854775807`, readInt, 9223372036854775807},
		{cty.Number, `9223372036854775808`, readInt, errText("Whole number expected")},
		{cty.Number, `"x"`, readInt, errText("Wrong type")},

		{cty.String, `"90s"`, readDuration, 90 * time.Second},
		{cty.String, `"1h30m"`, readDuration, 90 * time.Minute},
		{cty.String, `"7d"`, readDuration, 7 * 24 * time.Hour},
		{cty.String, `"0.5d"`, readDuration, 12 * time.Hour},
		{cty.String, `"0s"`, readDuration, time.Duration(0)},
		{cty.String, `""`, readDuration, time.Minute},
		{cty.String, `null`, readDuration, time.Minute},
		{cty.String, `"10"`, readDuration, errText("Bad duration")},
		{cty.String, `"-5m"`, readDuration, errText("Bad duration")},
		{cty.String, `"-1d"`, readDuration, errText("Bad duration")},
		{cty.String, `"NaNd"`, readDuration, errText("Bad duration")},
		{cty.String, `"Infd"`, readDuration, errText("Bad duration")},
		{cty.String, `"200000d"`, readDuration, errText("Bad duration")},
		{cty.String, `"d"`, readDuration, errText("Bad duration")},

		{cty.String, `"512"`, readBytes, int64(512)},
		{cty.String, `"512KB"`, readBytes, int64(512 << 10)},
		{cty.String, `" 64 mb "`, readBytes, int64(64 << 20)},
		{cty.String, `"2GB"`, readBytes, int64(2 << 30)},
		{cty.String, ``, readBytes, int64(1)},
		{cty.String, `"0"`, readBytes, errText("Bad size")},
		{cty.String, `"-1MB"`, readBytes, errText("Bad size")},
		{cty.String, `"1.5MB"`, readBytes, errText("Bad size")},
		{cty.String, `"1KBMB"`, readBytes, errText("Bad size")},
		{cty.String, `"MB"`, readBytes, errText("Bad size")},
		{cty.String, `"9223372036854775807KB"`, readBytes, errText("Bad size")},

		{cty.String, `"10/s"`, readRate, 10.0},
		{cty.String, `"60 / m"`, readRate, 1.0},
		{cty.String, `"1800/h"`, readRate, 0.5},
		{cty.String, `"0.5/s"`, readRate, 0.5},
		{cty.String, ``, readRate, 0.0},
		{cty.String, `"10"`, readRate, errText("Bad rate")},
		{cty.String, `"0/s"`, readRate, errText("Bad rate")},
		{cty.String, `"-1/s"`, readRate, errText("Bad rate")},
		{cty.String, `"NaN/s"`, readRate, errText("Bad rate")},
		{cty.String, `"Inf/s"`, readRate, errText("Bad rate")},
		{cty.String, `"10/d"`, readRate, errText("Bad rate")},

		{cty.List(cty.String), `["a", 1]`, readStrings, []string{"a", "1"}},
		{cty.List(cty.String), `texts`, readStrings, []string{"a", "b"}},
		{cty.List(cty.String), ``, readStrings, []string(nil)},
		{cty.List(cty.String), `["a", null_text]`, readStrings, errText("Null in a list")},
		{cty.List(cty.String), `"a"`, readStrings, errText("Wrong type")},
		{cty.Bool, `true`, readBool, true},
		{cty.Bool, `null`, readBool, true},
		{cty.Bool, `"false"`, readBool, false},
		{cty.DynamicPseudoType, `{ a = [1, null] }`, func(r *Reading) any { return r.Any("v") }, map[string]any{"a": []any{1, nil}}},
		{cty.DynamicPseudoType, ``, func(r *Reading) any { return r.Any("v") }, nil},
	}
	for _, tt := range tests {
		r := reading(t, tt.typ, tt.text)
		if diff := cmp.Diff(tt.want, outcome(tt.read(r), r)); diff != "" {
			t.Errorf("%s: %s", tt.text, diff)
		}
	}
}

func readInt(r *Reading) any      { return r.Int("v", 42) }
func readDuration(r *Reading) any { return r.Duration("v", time.Minute) }
func readBytes(r *Reading) any    { return r.Bytes("v", 1) }
func readRate(r *Reading) any     { return r.Rate("v") }
func readStrings(r *Reading) any  { return r.Strings("v") }
func readBool(r *Reading) any     { return r.Bool("v", true) }

func TestReadingPairs(t *testing.T) {
	tests := []struct {
		text string
		want any
	}{
		{``, []Pair(nil)},
		{`null`, []Pair(nil)},
		{`{}`, []Pair(nil)},
		{`{ z = 1, a = "x", m = true }`, []Pair{{"z", "1"}, {"a", "x"}, {"m", "true"}}},
		{`{ z = null, a = null_text, m = 1 }`, []Pair{{"m", "1"}}},
		{`{ z = ["b", "a", null], y = texts, x = [] }`, []Pair{{"z", "b"}, {"z", "a"}, {"y", "a"}, {"y", "b"}}},
		{`{ a = 1, "a" = 2 }`, []Pair{{"a", "1"}, {"a", "2"}}},
		{`{ (text) = 1, 5 = 2 }`, []Pair{{"t", "1"}, {"5", "2"}}},
		{`{ n = 9007199254740993, f = 1.5, e = 1e6 }`, []Pair{{"n", "9007199254740993"}, {"f", "1.5"}, {"e", "1000000"}}},
		{`merge({ z = 1 }, { a = null, b = ["x", "y"] })`, []Pair{{"b", "x"}, {"b", "y"}, {"z", "1"}}},
		{`{ a = { b = 1 } }`, errText("Text expected")},
		{`{ (null_text) = 1 }`, errText("Text expected")},
		{`{ a = nope }`, errText("Unknown variable")},
		{`"a=b"`, errText("Object expected")},
		{`["a"]`, errText("Object expected")},
	}
	for _, tt := range tests {
		r := reading(t, cty.DynamicPseudoType, tt.text)
		if diff := cmp.Diff(tt.want, outcome(r.Pairs("v"), r)); diff != "" {
			t.Errorf("%s: %s", tt.text, diff)
		}
	}
}

func TestReadingFail(t *testing.T) {
	r := reading(t, cty.String, `"text"`)
	r.Fail("v", "One", "%q is wrong.", "v")
	r.Fail("missing", "Two", "Missing.")
	var nobody *Node
	r2 := nobody.Read(newScoped(nil))
	r2.Fail("v", "Three", "No block.")
	var diags hcl.Diagnostics
	if !errors.As(r.Err(), &diags) || len(diags) != 2 || diags[0].Detail != `"v" is wrong.` {
		t.Fatal(r.Err())
	}
	if at := diags[0].Subject; at.Filename != "x.hcl" || at.End.Column != 7 {
		t.Errorf("an attribute that is there: at %s", at)
	}
	if at := diags[1].Subject; at.Filename != "block" {
		t.Errorf("one that is not: at %s", at)
	}
	if r2.Err() == nil {
		t.Error("no block: no error")
	}
}

func TestReadingFailHidesSecrets(t *testing.T) {
	r := reading(t, cty.String, `"hunter2"`)
	r.s.secrets = []string{"hunter2"}
	if r.Duration("v", 0); strings.Contains(r.Err().Error(), "hunter2") {
		t.Error(r.Err())
	}
}

func TestReadingKeepsEveryProblem(t *testing.T) {
	m := mustLoad(t, `
param "p" { type = string }
param "bad" {
  type    = string
  default = "soon"
}
client "c" {
  base_url   = "x${param.p}"
  rate_limit = param.bad
  timeout    = param.bad
  max_body   = param.bad
}`)
	r := m.Client("c").Node.Read(bind(t, m, nil).Scope)
	r.String("base_url", "")
	r.Rate("rate_limit")
	r.Duration("timeout", 0)
	r.Bytes("max_body", 0)
	var diags hcl.Diagnostics
	if !errors.As(r.Err(), &diags) {
		t.Fatal(r.Err())
	}
	var lines []int
	for _, d := range diags {
		lines = append(lines, d.Subject.Start.Line)
	}
	if diff := cmp.Diff([]int{8, 9, 10, 11}, lines); diff != "" {
		t.Error(diff)
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "-2h": -2 * time.Hour, "1.5d": 36 * time.Hour} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "d", "1e300d", "NaNd", "-Infd", "1w"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}
