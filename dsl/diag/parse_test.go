package diag

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

func TestCatalogueIsWellFormed(t *testing.T) {
	for _, p := range read().problems {
		t.Error(p)
	}
	families := map[string]bool{}
	for _, f := range Families() {
		families[f.Code] = true
	}
	code := regexp.MustCompile(`^TQ\d{4}$`)
	for _, e := range All() {
		switch {
		case !code.MatchString(e.Code) || !families[e.Code[:4]]:
			t.Errorf("%s is of no family", e.Code)
		case e.Summary == "" || e.Text == "" || e.Next == "":
			t.Errorf("%s lacks a summary, an explanation or what to do", e.Code)
		case e.Right != "" && e.Wrong == "":
			t.Errorf("%s has a right way and no wrong one", e.Code)
		case !strings.HasSuffix(e.Text, ".") || !strings.HasSuffix(e.Next, ".") && !strings.HasSuffix(e.Next, "}."):
			t.Errorf("%s: sentences end with a stop", e.Code)
		}
	}
	if len(All()) < 100 {
		t.Errorf("only %d entries", len(All()))
	}
}

func TestFind(t *testing.T) {
	e, ok := Find(" tq0203 ")
	if !ok || e.Summary != "Unknown name" || e.Severity != hcl.DiagError {
		t.Errorf("%+v, %v", e, ok)
	}
	if e, ok := Find("TQ9999"); ok {
		t.Errorf("%+v", e)
	}
}

func TestOf(t *testing.T) {
	for _, c := range []struct {
		diag hcl.Diagnostic
		want string
	}{
		{hcl.Diagnostic{Summary: "Unknown name"}, "TQ0203"},
		{hcl.Diagnostic{Summary: "Unclosed index brackets"}, "TQ0103"},
		{hcl.Diagnostic{Summary: "Never heard of"}, "TQ0100"},
		{hcl.Diagnostic{Summary: "Never heard of", Expression: hcl.StaticExpr(cty.True, hcl.Range{})}, "TQ0300"},
		{hcl.Diagnostic{Summary: "Never heard of", EvalContext: &hcl.EvalContext{}}, "TQ0300"},
	} {
		if got := Of(&c.diag); got.Code != c.want {
			t.Errorf("%s is %s, want %s", c.diag.Summary, got.Code, c.want)
		}
	}
	if got := OfRecord("Never heard of").Code; got != "TQ0800" {
		t.Errorf("got %s", got)
	}
}

func TestParse(t *testing.T) {
	entries, problems := parse("# a comment\nTQ0101 warning: One\nalso: Two\nText of it.\n\nMore.\nwrong:\n    a {\n      b = 1\n    }\nright:\n    a {}\ndo: This,\nand that.\n")
	if len(entries) != 1 || len(problems) != 0 {
		t.Fatal(entries, problems)
	}
	e := entries[0]
	if e.Severity != hcl.DiagWarning || e.Also[0] != "Two" || e.Text != "Text of it.\n\nMore." || e.Wrong != "a {\n  b = 1\n}\n" || e.Right != "a {}\n" || e.Next != "This,\nand that." {
		t.Errorf("%+v", e)
	}
	entries, _ = parse("TQ0101 error or warning: One\nTQ0102 error: Two\n")
	if len(entries) != 2 || !entries[0].Either || entries[0].Severity != hcl.DiagError || entries[1].Either {
		t.Errorf("%+v", entries)
	}
	if _, problems := parse("text before any entry"); len(problems) != 1 {
		t.Error(problems)
	}
}
