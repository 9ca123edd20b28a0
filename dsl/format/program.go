package format

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

// program is an expr(…) or jq(…) of a file.
type program struct {
	language language
	src      code.Source
}

// language is how programs of a language are taken apart and compared.
type language struct {
	name  string
	atoms func(string) ([]atom, error)
	form  func(string) (string, error) // see code.JQForm
}

func languageOf(name string) (language, bool) {
	switch name {
	case "expr":
		return language{name, exprAtoms, code.ExprForm}, true
	case "jq":
		return language{name, jqAtoms, code.JQForm}, true
	}
	return language{}, false
}

// programsOf are the programs of a file, in its order as HCL walks it.
func programsOf(src []byte, body *hclsyntax.Body) []program {
	var out []program
	_ = hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		call, ok := n.(*hclsyntax.FunctionCallExpr)
		if !ok || len(call.Args) != 1 {
			return nil
		}
		lang, ok := languageOf(call.Name)
		if !ok {
			return nil
		}
		if source, diags := code.FromArg(src, call.Args[0]); !diags.HasErrors() {
			out = append(out, program{lang, source})
		}
		return nil
	})
	return out
}

// programs formats what is embedded in a file.
func programs(src []byte, body *hclsyntax.Body) []byte {
	var edits []edit
	for _, p := range programsOf(src, body) {
		at := p.src.Whole()
		if text, ok := p.format(src); ok {
			edits = append(edits, edit{at.Start.Byte, at.End.Byte, text})
		}
	}
	return apply(src, edits)
}

// format is the argument of the call anew; false where it is to stay as it is.
func (p program) format(file []byte) (string, bool) {
	want, err := p.language.form(p.src.Text)
	if err != nil {
		return "", false // validate says what is wrong with it
	}
	atoms, err := p.language.atoms(p.src.Text)
	if err != nil || len(atoms) == 0 || !p.read(atoms) {
		return "", false
	}
	at := p.src.Whole()
	written := string(file[at.Start.Byte:at.End.Byte])
	lines := lay(atoms)
	text := `"` + strings.Join(lines, `\n`) + `"`
	if strings.HasPrefix(written, "<<") {
		text = heredoc(written, lines, indentation(file, at.Start.Byte))
	}
	if got, ok := p.language.formOf(text); !ok || got != want {
		return "", false
	}
	return text, true
}

// read takes from the source how it writes each atom, and where its lines end.
func (p program) read(atoms []atom) bool {
	end := 0
	for i := range atoms {
		a := &atoms[i]
		raw, ok := p.src.Raw(a.From, a.To)
		if !ok {
			return false
		}
		if n := len(raw); n > 1 && a.To < len(p.src.Text) && p.src.Text[a.To] == '{' && (raw[n-2:] == "%%" || raw[n-2:] == "$$") {
			raw = raw[:n-1] // an escape of HCL that the blank before { makes needless
		}
		if a.Kind == code.TokenComment && !strings.HasSuffix(strings.TrimRight(raw, " \t"), `\`) {
			raw = strings.TrimRight(raw, " \t")
		}
		a.raw, a.breaks = raw, strings.Count(p.src.Text[end:a.From], "\n")
		end = a.To
	}
	return true
}

// formOf is the form of the program that a string of HCL holds.
func (l language) formOf(arg string) (string, bool) {
	src := []byte(arg + "\n")
	e, diags := hclsyntax.ParseExpression(src, "", hcl.InitialPos)
	if diags.HasErrors() {
		return "", false
	}
	source, diags := code.FromArg(src, e)
	if diags.HasErrors() {
		return "", false
	}
	form, err := l.form(source.Text)
	return form, err == nil
}

// heredoc writes lines one step deeper than the line that it begins on, and its end
// marker below the begin of that line.
func heredoc(written string, lines []string, indent string) string {
	first, _, _ := strings.Cut(written, "\n")
	marker := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(first, "<<"), "-"))
	var b strings.Builder
	b.WriteString("<<-" + marker + "\n")
	for _, line := range strings.Split(strings.Join(lines, "\n"), "\n") {
		if line != "" {
			b.WriteString(indent + strings.Repeat(" ", step) + line)
		}
		b.WriteByte('\n')
	}
	return b.String() + indent + marker
}

// indentation is what the line of a place begins with.
func indentation(src []byte, at int) string {
	line := src[bytes.LastIndexByte(src[:at], '\n')+1 : at]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}
