package format

import (
	"bytes"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// same compares two files that must mean the same: the tokens and comments of their HCL
// one by one, and the trees of their programs.
func same(name string, before, after []byte) hcl.Diagnostics {
	a, diags := meaning(name, before)
	if diags.HasErrors() {
		return diags
	}
	b, diags := meaning(name, after)
	if diags.HasErrors() {
		return lost(name, diags[0].Summary)
	}
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return lost(name, fmt.Sprintf("token %d", i))
		}
	}
	if len(b) != len(a) {
		return lost(name, "more tokens than before")
	}
	return nil
}

// meaning is all of a file but its white space. A run of line ends is one.
func meaning(name string, src []byte) ([]string, hcl.Diagnostics) {
	body, diags := parse(name, src)
	if diags.HasErrors() {
		return nil, diags
	}
	programs := map[int]string{} // by where they begin
	ends := map[int]int{}
	for _, p := range programsOf(src, body) {
		at := p.src.Whole()
		programs[at.Start.Byte], ends[at.Start.Byte] = p.meaning(), at.End.Byte
	}
	var out []string
	newline := func() {
		if len(out) > 0 && out[len(out)-1] != "\n" {
			out = append(out, "\n")
		}
	}
	tokens, diags := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	skip := 0
	for _, t := range tokens {
		if form, ok := programs[t.Range.Start.Byte]; ok && skip <= t.Range.Start.Byte {
			out, skip = append(out, form), ends[t.Range.Start.Byte]
		}
		switch {
		case t.Range.Start.Byte < skip:
		case t.Type == hclsyntax.TokenNewline, t.Type == hclsyntax.TokenEOF:
			newline()
		case t.Type == hclsyntax.TokenComment:
			out = append(out, string(bytes.TrimRight(t.Bytes, " \t\r\n")))
			if bytes.HasSuffix(t.Bytes, []byte("\n")) {
				newline()
			}
		case t.Type == hclsyntax.TokenCHeredoc:
			out = append(out, string(bytes.TrimSpace(t.Bytes)))
		default:
			out = append(out, string(t.Bytes))
		}
	}
	newline()
	return out, diags
}

// meaning is the tree of a program, or its text where it has none, and its comments.
func (p program) meaning() string {
	form, err := p.language.form(p.src.Text)
	if err != nil {
		return p.language.name + " as written: " + p.src.Text
	}
	atoms, _ := p.language.atoms(p.src.Text)
	for _, a := range atoms {
		form += "\x00" + string(bytes.TrimRight([]byte(a.Text), " \t"))
	}
	return form
}
