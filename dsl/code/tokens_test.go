package code

import (
	"strings"
	"testing"
)

// What stands behind such a comment is looked at, though its second line may look like a string.
func TestJQCommentOverTwoLines(t *testing.T) {
	src := Literal("# one \\\n\" two\n. | now | # \"\n.")
	_, diags := CompileJQ(src, nil)
	if !diags.HasErrors() || !strings.Contains(diags[0].Detail, "now is not available") {
		t.Errorf("now behind a comment: %v", diags)
	}
}

func TestTokensCoverTheProgram(t *testing.T) {
	expr := func(text string) []Token {
		out, err := ExprTokens(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		return out
	}
	for text, tokens := range map[string][]Token{
		`.a # one` + "\n" + `| "b \(.c # two` + "\n" + `)d" # three`: JQTokens(`.a # one` + "\n" + `| "b \(.c # two` + "\n" + `)d" # three`),
		"a // é\n + /* b\n*/ 'é' not in [`x`] // end":                expr("a // é\n + /* b\n*/ 'é' not in [`x`] // end"),
		"#.a ?? #acc": expr("#.a ?? #acc"),
	} {
		at := 0
		var b strings.Builder
		for _, tok := range tokens {
			if tok.From < at || tok.Text != text[tok.From:tok.To] || tok.Text == "" {
				t.Errorf("%q: token %+v behind byte %d", text, tok, at)
			}
			at = tok.To
			b.WriteString(tok.Text)
		}
		squeeze := func(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
		if squeeze(b.String()) != squeeze(text) {
			t.Errorf("%q: the tokens are %q", text, b.String())
		}
	}
}

// Spaces and comments are not part of a form, all else is.
func TestForms(t *testing.T) {
	for _, c := range []struct {
		form func(string) (string, error)
		a, b string
		same bool
	}{
		{JQForm, ".a|.b", ".a | # x\n .b", true},
		{JQForm, ".a|.b", ".a | .c", false},
		{JQForm, `"a b"`, `"a  b"`, false},
		{JQForm, "1-2", "1 - 2", true},
		{ExprForm, "a+1", "a /* x */ + 1", true},
		{ExprForm, "a+1", "a - 1", false},
		{ExprForm, "split(a,'b')[0]", "split( a, 'b' )[ 0 ]", true},
		{ExprForm, "'a b'", "'a  b'", false},
	} {
		a, errA := c.form(c.a)
		b, errB := c.form(c.b)
		if errA != nil || errB != nil || (a == b) != c.same {
			t.Errorf("%s and %s: %v, want %v (%v, %v)", c.a, c.b, a == b, c.same, errA, errB)
		}
	}
	if _, err := JQForm(".a |"); err == nil {
		t.Error("half a program has a form")
	}
}

func TestUncommentedJQ(t *testing.T) {
	const text = ".a # a # b\n| \"# no comment\" # the end"
	if got := strings.Join(strings.Fields(UncommentedJQ(text)), " "); got != `.a | "# no comment"` {
		t.Errorf("%q", got)
	}
}
