package code

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"pgregory.net/rapid"
)

// arg parses a mapping with the one attribute a = expr(…) and gives that argument.
func arg(file []byte) (hclsyntax.Expression, hcl.Diagnostics) {
	f, diags := hclsyntax.ParseConfig(file, "m.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	for _, a := range f.Body.(*hclsyntax.Body).Attributes {
		if call, ok := a.Expr.(*hclsyntax.FunctionCallExpr); ok && len(call.Args) == 1 {
			return call.Args[0], nil
		}
	}
	return nil, diags
}

func source(t *testing.T, file string) Source {
	t.Helper()
	a, diags := arg([]byte(file))
	if diags.HasErrors() || a == nil {
		t.Fatalf("the test's mapping is wrong: %v", diags)
	}
	s, diags := FromArg([]byte(file), a)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return s
}

func TestPositions(t *testing.T) {
	tests := []struct{ name, file, find, want string }{
		{"quoted", `a = expr("alert.id")`, "id", "1,17-19"},
		{"after an escape", `a = expr("\"x\" + aler")`, "aler", "1,19-23"},
		{"an escape itself", `a = expr("a\u00e9b")`, "é", "1,12-18"},
		{"after a line in quotes", `a = expr("1 +\n aler")`, "aler", "1,17-21"},
		{"after wide characters", "a = expr(\"'é👩‍👩‍👧' + aler\")", "aler", "1,18-22"},
		{"heredoc", "a = expr(<<EOT\n  1 +\n  aler\nEOT\n)\n", "aler", "3,3-7"},
		{"flush heredoc", "a = expr(<<-EOT\n\t  1 +\n\n\t    aler\n\tEOT\n)\n", "aler", "4,6-10"},
		{"crlf", "a = expr(<<-EOT\r\n    1 +\r\n    aler\r\n    EOT\r\n)\r\n", "aler", "3,5-9"},
		{"interpolation escapes", "a = expr(<<EOT\n'$${a} %%{b}' + aler\nEOT\n)\n", "aler", "2,17-21"},
		{"the sign of an escape", "a = expr(\"'$${a}'\")", "$", "1,12-14"},
		{"parentheses", `a = expr(("alert"))`, "alert", "1,12-17"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := source(t, tt.file)
			at := strings.Index(s.Text, tt.find)
			if got := strings.TrimPrefix(s.Range(at, at+len(tt.find)).String(), "m.hcl:"); got != tt.want {
				t.Errorf("got %s, want %s (text %q)", got, tt.want, s.Text)
			}
		})
	}
}

func TestRangeOutsideText(t *testing.T) {
	s := source(t, `a = expr("ab")`)
	for _, tt := range []struct {
		from, to int
		want     string
	}{{2, 2, "1,13-13"}, {0, 99, "1,11-13"}, {-5, 1, "1,11-12"}, {5, 1, "1,13-13"}, {1, 1, "1,12-12"}} {
		if got := strings.TrimPrefix(s.Range(tt.from, tt.to).String(), "m.hcl:"); got != tt.want {
			t.Errorf("Range(%d, %d) = %s, want %s", tt.from, tt.to, got, tt.want)
		}
	}
	none := source(t, `a = expr("")`)
	if got := none.Range(0, 0); got != none.Whole() || got.String() != "m.hcl:1,10-12" {
		t.Errorf("empty code: %s", got)
	}
}

func TestFromArgRefuses(t *testing.T) {
	const hint = "Embedded code is fixed when the mapping is loaded: pass values through param, not by interpolation. "
	const plain = "Embedded code is read when the mapping is loaded, so it must stand here as a quoted string or a heredoc. To use a setting in it, name it in the code, such as param.limit."
	tests := []struct{ file, want string }{
		{`a = expr("x${param.y}z")`, "1:12-22 Interpolation inside code: " + hint + "For a literal ${ write $${."},
		{`a = expr("${param.y}")`, "1:11-21 Interpolation inside code: " + hint + "For a literal ${ write $${."},
		{"a = expr(<<-EOT\n  x\n  %{ if b }y%{ endif }\n  EOT\n)\n",
			"3:3-12 Interpolation inside code: " + hint + "For a literal %{ write %%{.\n3:13-23 Interpolation inside code: " + hint + "For a literal %{ write %%{."},
		{`a = expr(param.code)`, "1:10-20 Code must be written out: " + plain},
		{`a = expr(5)`, "1:10-11 Code must be written out: " + plain},
		{`a = expr(upper("x"))`, "1:10-20 Code must be written out: " + plain},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			a, diags := arg([]byte(tt.file))
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			_, diags = FromArg([]byte(tt.file), a)
			if got := show(diags); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestThirdLineOfFlushHeredoc pins where mistakes are shown, at load and at run time
// (M05, U47, U48).
func TestThirdLineOfFlushHeredoc(t *testing.T) {
	mapping := func(lines ...string) string {
		return "x = 1\na = expr(<<-EOT\n    " + strings.Join(lines, "\n    ") + "\n    EOT\n)\n"
	}
	env := testEnv()
	exprs := []struct{ file, want string }{
		{mapping("alert.id +", "'x' +", "  alert.idd"), `5:13-16 Unknown field: alert has no field "idd". Did you mean "id"?`},
		{mapping("alert.id +", "'x' +", "  )"), `5:7-8 Invalid expr: Unexpected token ")".`},
	}
	for _, tt := range exprs {
		_, diags := CompileExpr(source(t, tt.file), env)
		if got := show(diags); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
		if c := diags[0].Context.String(); c != "m.hcl:2,10-6,8" {
			t.Errorf("context %s", c)
		}
	}
	e, diags := CompileExpr(source(t, mapping("alert.id +", "'x' +", "  alert.status")), env)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	_, err := e.Eval(map[string]any{"alert": map[string]any{"id": "i"}})
	checkEvalError(t, err, "5:7-19 Value is null: alert.status is null (absent in this record); use ?? to give a fallback, or ?. to read a field of what may be absent.")

	jqs := []struct{ file, want string }{
		{mapping(".a", "| .b", "| .c ]"), `5:10-11 Invalid jq: Unexpected token "]".`},
		{mapping(".a", "| .b", "| selct(.c)"), `5:7-12 Unknown function: jq has no function selct. Did you mean "select"?`},
		{mapping(".a", "| .b", "| .c | now"), `5:12-15 Not available in jq: now is not available in mappings. A run has one clock. Pass its time as a variable, or decide with now in expr.`},
	}
	for _, tt := range jqs {
		_, diags := CompileJQ(source(t, tt.file), nil)
		if got := show(diags); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
	q, diags := CompileJQ(source(t, mapping(".items[]", "| select(.a)", "| .n + 1 | tostring")), nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	input := map[string]any{"items": []any{map[string]any{"a": true, "n": "x"}}}
	_, err = q.Run(context.Background(), input)
	checkEvalError(t, err, "5:7-13 Wrong kind of value: jq cannot add a string and a number. Turn one into the other with tonumber or tostring.")
}

func checkEvalError(t *testing.T, err error, want string) {
	t.Helper()
	var ee *EvalError
	if !errors.As(err, &ee) {
		t.Fatalf("got %v, want an EvalError", err)
	}
	if got := show(ee.Diagnostics()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// carrier writes a text into a mapping file in one of the ways HCL has. It returns
// false where the way cannot hold the text.
type carrier func(t *rapid.T, text string) (string, bool)

func quotedCarrier(t *rapid.T, text string) (string, bool) {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\t' && rapid.Bool().Draw(t, "escape tab"):
			out.WriteString(`\t`)
		case r == '"' || r == '\\':
			out.WriteString(`\` + string(r))
		case r >= 0x80 && r < 0x10000 && rapid.Bool().Draw(t, "escape rune"):
			fmt.Fprintf(&out, `\u%04x`, r)
		case r >= 0x10000 && rapid.Bool().Draw(t, "escape long rune"):
			fmt.Fprintf(&out, `\U%08X`, r)
		default:
			out.WriteRune(r)
		}
	}
	return `a = expr("` + escapeTemplate(out.String()) + "\")\n", true
}

func heredocCarrier(_ *rapid.T, text string) (string, bool) {
	return "a = expr(<<EOT\n" + escapeTemplate(text) + "\nEOT\n)\n", !strings.Contains(text, "EOT")
}

func flushCarrier(t *rapid.T, text string) (string, bool) {
	indent := rapid.SampledFrom([]string{"", "  ", "\t", " \t ", "        "}).Draw(t, "indent")
	lines := strings.Split(escapeTemplate(text), "\n")
	for i, l := range lines {
		if l != "" || rapid.Bool().Draw(t, "indent blank line") {
			lines[i] = indent + l
		}
	}
	return "x = 1\n  a = expr(<<-EOT\n" + strings.Join(lines, "\n") + "\n    EOT\n)\n", !strings.Contains(text, "EOT")
}

func crlf(c carrier) carrier {
	return func(t *rapid.T, text string) (string, bool) {
		file, ok := c(t, strings.ReplaceAll(text, "\r", ""))
		return strings.ReplaceAll(file, "\n", "\r\n"), ok
	}
}

func escapeTemplate(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(text)
}

func TestFromArgProperties(t *testing.T) {
	carriers := map[string]carrier{
		"quoted": quotedCarrier, "heredoc": heredocCarrier, "flush": flushCarrier,
		"crlf heredoc": crlf(heredocCarrier), "crlf flush": crlf(flushCarrier),
	}
	for name, write := range carriers {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				alphabet := []rune("ab. |\"\\'$%{}\n\n\t (é日👩\u200d\u0301e\u00a0#")
				text := rapid.StringOf(rapid.RuneFrom(alphabet)).Draw(t, "code")
				file, ok := write(t, text)
				a, diags := arg([]byte(file))
				if !ok || diags.HasErrors() || a == nil {
					t.Skip("not a mapping")
				}
				checkSource(t, []byte(file), a)
			})
		})
	}
}

type failer interface {
	Fatalf(format string, args ...any)
}

// checkSource tests that FromArg reads what HCL reads, and that each rune of it
// stands where Range says.
func checkSource(t failer, file []byte, a hclsyntax.Expression) {
	s, diags := FromArg(file, a)
	if diags.HasErrors() {
		return
	}
	value, _ := a.Value(nil)
	if want := strings.ReplaceAll(value.AsString(), "\r", ""); s.Text != want {
		t.Fatalf("text %q, want %q", s.Text, want)
	}
	if s.spans == nil && s.Text != "" {
		t.Fatalf("no positions for %q", file)
	}
	for i, r := range s.Text {
		rng := s.Range(i, i+utf8.RuneLen(r))
		raw := string(file[rng.Start.Byte:rng.End.Byte])
		if !stands(raw, r) {
			t.Fatalf("%q stands at %s as %q", r, rng, raw)
		}
		if lines := strings.Count(string(file[:rng.Start.Byte]), "\n"); rng.Start.Line != lines+1 {
			t.Fatalf("line %d, want %d", rng.Start.Line, lines+1)
		}
		line := file[strings.LastIndexByte(string(file[:rng.Start.Byte]), '\n')+1 : rng.Start.Byte]
		if ascii(line) && rng.Start.Column != len(line)+1 {
			t.Fatalf("column %d of %q", rng.Start.Column, line)
		}
	}
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// stands tells whether raw is r, an escape of r, or what r is the normal form of.
func stands(raw string, r rune) bool {
	switch raw {
	case string(r), `\` + string(r), string(r) + string(r):
		return true
	case `\n`, "\r\n":
		return r == '\n'
	case `\t`:
		return r == '\t'
	case fmt.Sprintf(`\u%04x`, r), fmt.Sprintf(`\U%08X`, r):
		return true
	}
	value, diags := hclsyntax.ParseExpression([]byte(`"`+raw+`"`), "", hcl.InitialPos)
	if diags.HasErrors() {
		return false
	}
	v, _ := value.Value(nil)
	return strings.ContainsRune(v.AsString(), r) && raw != v.AsString()
}

func FuzzFromArg(f *testing.F) {
	f.Add(`a = expr("x\u00e9$${}%%{}\"")`)
	f.Add("a = expr(<<-EOT\n  a\n\n\t b\r\n  EOT\n)\n")
	f.Add("a = expr(<<EOT\ne\u0301 ${x}\nEOT\n)\n")
	f.Fuzz(func(t *testing.T, file string) {
		a, diags := arg([]byte(file))
		if diags.HasErrors() || a == nil {
			return
		}
		s, diags := FromArg([]byte(file), a)
		if diags.HasErrors() {
			return
		}
		value, _ := a.Value(nil)
		if want := strings.ReplaceAll(value.AsString(), "\r", ""); s.Text != want {
			t.Errorf("text %q, want %q", s.Text, want)
		}
		for i := range len(s.Text) + 1 {
			r := s.Range(i, i+1)
			if r.Start.Byte > r.End.Byte || r.Start.Byte < s.Whole().Start.Byte || r.End.Byte > s.Whole().End.Byte {
				t.Fatalf("byte %d at %s, outside %s", i, r, s.Whole())
			}
		}
	})
}

// HCL gives a heredoc that the file does not end no value and no error.
func TestFromArgUnfinishedHeredoc(t *testing.T) {
	file := []byte("x = jq(<<A\n0${")
	body, _ := hclsyntax.ParseConfig(file, "m.hcl", hcl.InitialPos)
	read := 0
	for _, attr := range body.Body.(*hclsyntax.Body).Attributes {
		call, ok := attr.Expr.(*hclsyntax.FunctionCallExpr)
		if !ok || len(call.Args) != 1 {
			continue
		}
		if _, diags := FromArg(file, call.Args[0]); !diags.HasErrors() {
			t.Error("no diagnostic for code without an end")
		}
		read++
	}
	if read != 1 {
		t.Errorf("%d arguments read, want 1", read)
	}
}
