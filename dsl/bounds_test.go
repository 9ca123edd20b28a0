package dsl

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Plain HCL that would make too much is refused before it does, at its place.
func TestHostileHCL(t *testing.T) {
	text := strings.Repeat("x", 1<<20)
	var list []cty.Value
	for range 1000 {
		list = append(list, cty.StringVal("abc"))
	}
	names := map[string]cty.Value{"text": cty.StringVal(text), "list": cty.TupleVal(list), "n": cty.MustParseNumberVal("1e10000")}
	for code, want := range map[string]string{
		`"${text}${text}${text}${text}${text}"`:      "x.hcl:1,1-38: Value too large; a plain value has at most 200000 elements and 4 MB of text.",
		`[text, text, text, text, text]`:             "Value too large",
		`replace(text, "", text)`:                    "4 MB of text",
		`replace(text, "x", "0123456789")`:           "4 MB of text",
		`join(text, list)`:                           "4 MB of text",
		`join(",", list, [text, text, text, text])`:  "4 MB of text",
		`format("%1000000000s", "x")`:                "at most four digits",
		`format("%.1000000000f", 1)`:                 "at most four digits",
		`format("%[1]01000000000d", 1)`:              "at most four digits",
		`split("", "${text}")`:                       "Value too large",
		`[for a in list : list]`:                     "Value too large",
		`jsonencode([text, text, text, text, text])`: "4 MB of text",
		`n * n * n`: "Value too large",
		`upper("${text}${text}${text}${text}${text}")`: "4 MB of text",
	} {
		if _, diags := evaluate(t, code, names); !strings.Contains(diags.Error(), want) {
			t.Errorf("%s: %.300s, want %q", code, diags.Error(), want)
		}
	}
	for code, want := range map[string]string{
		`format("%5d|%-3s|%05.2f", 7, "a", 1.5)`: "    7|a  |01.50",
		`join(",", ["a"], ["b"])`:                "a,b",
		`replace("a.b", ".", "-")`:               "a-b",
	} {
		got, diags := evaluate(t, code, nil)
		if diags.HasErrors() || got.AsString() != want {
			t.Errorf("%s: %v %v", code, got, diags)
		}
	}
}

func TestLoopsInLoops(t *testing.T) {
	for code, ok := range map[string]bool{
		`[for a in l : [for b in a : b]]`:                                       true,
		`[[for a in l : a], [for a in l : a], [for a in l : a]]`:                true,
		`[for a in l : [for b in a : [for c in b : c]]]`:                        false,
		`"%{for a in l}%{for b in l}%{for c in l}x%{endfor}%{endfor}%{endfor}"`: false,
	} {
		e, diags := hclsyntax.ParseExpression([]byte(code), "x.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		d := &decoder{}
		if got := d.loops(e); got != ok || ok != (len(d.diags) == 0) {
			t.Errorf("%s: %v, %v", code, got, d.diags)
		}
	}
}
