package code

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Source is embedded code with its place in the mapping file.
type Source struct {
	// Text is the code itself: escapes resolved, indentation of <<- removed,
	// carriage returns dropped.
	Text string

	file  []byte
	whole hcl.Range
	quote int    // bytes of the opening quote, which HCL counts by itself
	spans []span // one for each byte of Text; nil: positions are not known inside
}

// span is where in the file one byte of Text comes from.
type span struct{ from, to int }

// Literal is code that stands in no mapping file, for tests, previews and the
// console. Its file name is "<code>".
func Literal(text string) Source {
	raw := make([]unit, 0, len(text))
	for i := range len(text) {
		raw = append(raw, unit{text[i], span{i, i + 1}})
	}
	s := Source{file: []byte(text), whole: hcl.Range{Filename: "<code>", Start: hcl.InitialPos}}
	s.Text, s.spans = assemble(dropCR(raw))
	s.whole.End = s.position(len(text))
	return s
}

// FromArg reads the argument of an expr("…") or jq("…") call: a quoted string or
// a heredoc without interpolation. file is the whole mapping file and arg an
// expression of that file. Anything else is a diagnostic that says how to write it.
func FromArg(file []byte, arg hclsyntax.Expression) (Source, hcl.Diagnostics) {
	for {
		paren, ok := arg.(*hclsyntax.ParenthesesExpr)
		if !ok {
			break
		}
		arg = paren.Expression
	}
	s := Source{file: file, whole: arg.Range()}
	switch arg.(type) {
	case *hclsyntax.TemplateExpr, *hclsyntax.TemplateWrapExpr:
	default:
		return s, hcl.Diagnostics{problem(s.whole, s.whole, "Code must be written out",
			"Embedded code is read when the mapping is loaded, so it must stand here as a quoted string or a heredoc. To use a setting in it, name it in the code, such as param.limit.")}
	}
	tokens := lexArg(file, s.whole)
	if len(tokens) > 0 && tokens[0].Type == hclsyntax.TokenOQuote {
		s.quote = 1
	}
	if diags := interpolations(tokens, s.whole); diags.HasErrors() {
		return s, diags
	}
	value, diags := arg.Value(nil)
	if diags.HasErrors() || value.Type() != cty.String || value.IsNull() || !value.IsKnown() {
		return s, append(diags, problem(s.whole, s.whole, "Code must be text", "Write the code as a quoted string or a heredoc."))
	}
	want := strings.ReplaceAll(value.AsString(), "\r", "")
	s.Text, s.spans = assemble(dropCR(normalForm(literalUnits(tokens))))
	if s.Text != want { // never seen; better a wide position than a wrong one
		s.Text, s.spans = want, nil
	}
	return s, nil
}

// lexArg cuts a string argument into its tokens.
func lexArg(file []byte, rng hcl.Range) hclsyntax.Tokens {
	if rng.Start.Byte < 0 || rng.End.Byte > len(file) || rng.Start.Byte > rng.End.Byte {
		return nil
	}
	// A heredoc's end marker is only one when its line ends.
	text := append(bytes.Clone(file[rng.Start.Byte:rng.End.Byte]), '\n')
	tokens, _ := hclsyntax.LexExpression(text, rng.Filename, rng.Start)
	return tokens
}

// interpolations reports each ${…} and %{…} of a string argument.
func interpolations(tokens hclsyntax.Tokens, whole hcl.Range) hcl.Diagnostics {
	var diags hcl.Diagnostics
	var open []hclsyntax.Token
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			open = append(open, t)
		case hclsyntax.TokenTemplateSeqEnd:
			if len(open) == 0 {
				continue
			}
			first := open[len(open)-1]
			if open = open[:len(open)-1]; len(open) == 0 {
				sign := string(first.Bytes[:1])
				diags = append(diags, problem(hcl.RangeBetween(first.Range, t.Range), whole, "Interpolation inside code",
					"Embedded code is fixed when the mapping is loaded: pass values through param, not by interpolation. For a literal "+sign+"{ write "+sign+sign+"{."))
			}
		}
	}
	return diags
}

// Range is where the bytes from..to of Text stand in the mapping file. Offsets
// outside Text are cut to it; an empty range at the end is where the code ends.
func (s Source) Range(from, to int) hcl.Range {
	from = min(max(from, 0), len(s.Text))
	to = min(max(to, from), len(s.Text))
	if s.spans == nil {
		return s.whole
	}
	out := hcl.Range{Filename: s.whole.Filename}
	switch {
	case from < to:
		out.Start, out.End = s.position(s.spans[from].from), s.position(s.spans[to-1].to)
	case from < len(s.spans):
		out.Start = s.position(s.spans[from].from)
		out.End = out.Start
	case from > 0:
		out.Start = s.position(s.spans[from-1].to)
		out.End = out.Start
	default:
		return s.whole
	}
	return out
}

// Whole is where the argument of the call stands, quotes or markers included.
func (s Source) Whole() hcl.Range { return s.whole }

// position counts as HCL does: lines by newline, columns by grapheme cluster.
func (s Source) position(offset int) hcl.Pos {
	start := s.whole.Start
	line := start.Line + bytes.Count(s.file[start.Byte:offset], []byte{'\n'})
	from, column := start.Byte, start.Column
	switch {
	case line != start.Line:
		from, column = bytes.LastIndexByte(s.file[:offset], '\n')+1, 1
	case offset > from:
		from, column = from+s.quote, column+s.quote
	}
	return hcl.Pos{Line: line, Column: column + clusters(s.file[from:offset]), Byte: offset}
}
