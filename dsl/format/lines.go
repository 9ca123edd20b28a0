package format

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// line is a line of HCL, and what stands on it.
type line struct {
	text   string
	tokens hclsyntax.Tokens // without the end of the line
	inside bool             // it begins inside a heredoc or a comment, and stays as it is
	kept   bool             // its end is inside one
}

func (l line) blank() bool { return !l.inside && strings.TrimSpace(l.text) == "" }

// first and last are the tokens around a line's content, without its comment.
func (l line) first() hclsyntax.TokenType { return l.at(0) }

func (l line) last() hclsyntax.TokenType {
	n := len(l.tokens)
	if n > 1 && l.tokens[n-1].Type == hclsyntax.TokenComment {
		n--
	}
	return l.at(n - 1)
}

func (l line) at(i int) hclsyntax.TokenType {
	if i < 0 || i >= len(l.tokens) {
		return hclsyntax.TokenNil
	}
	return l.tokens[i].Type
}

// linesOf cuts a file that parses.
func linesOf(src []byte) []line {
	var lines []line
	for _, text := range strings.Split(string(src), "\n") {
		lines = append(lines, line{text: text})
	}
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos)
	var heredocs []int
	for _, t := range tokens {
		from, to := t.Range.Start.Line-1, t.Range.End.Line-1
		if bytes.HasSuffix(t.Bytes, []byte("\n")) && to > from {
			to-- // it ends with its line
		}
		switch t.Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenEOF:
			continue
		case hclsyntax.TokenOHeredoc:
			heredocs = append(heredocs, from)
		case hclsyntax.TokenCHeredoc:
			keep(lines, heredocs[len(heredocs)-1], from)
			heredocs = heredocs[:len(heredocs)-1]
		case hclsyntax.TokenComment:
			keep(lines, from, to)
		}
		lines[from].tokens = append(lines[from].tokens, t)
	}
	return lines
}

// keep marks the lines from..to, which one text covers.
func keep(lines []line, from, to int) {
	for i := from; i <= to; i++ {
		lines[i].inside = lines[i].inside || i > from
		lines[i].kept = lines[i].kept || i < to
	}
}

// spaced puts blank lines right, and takes spaces off the ends of lines.
func spaced(src []byte) []byte {
	var out []line
	gap := false
	ends := blockEnds(src)
	for i, l := range linesOf(src) {
		if l.blank() {
			gap = true
			continue
		}
		if !l.kept {
			l.text = strings.TrimRight(l.text, " \t\r")
		}
		if len(out) > 0 && !out[len(out)-1].kept && (gap && !hugs(out[len(out)-1], l) || !gap && ends[i-1]) {
			out = append(out, line{})
		}
		out, gap = append(out, l), false
	}
	var b bytes.Buffer
	for _, l := range out {
		b.WriteString(l.text + "\n")
	}
	return b.Bytes()
}

// hugs says that two lines have no blank line between them, because a bracket opens
// before it or closes behind it.
func hugs(before, after line) bool {
	switch before.last() {
	case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen:
		return true
	}
	switch after.first() {
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen:
		return true
	}
	return false
}

// blockEnds are the lines, from 0, on which a block of the file ends.
func blockEnds(src []byte) map[int]bool {
	ends := map[int]bool{}
	body, diags := parse("", src)
	if diags.HasErrors() {
		return ends
	}
	for _, b := range body.Blocks {
		ends[b.CloseBraceRange.End.Line-1] = true
	}
	return ends
}
