package format

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// aligned sets the = and the comments of neighbouring lines below one another. hclwrite
// does so too, but also where that pulls a line apart: at the first of several pairs on a
// line, and at the comment of a line that opens a block.
func aligned(src []byte) []byte {
	lines := linesOf(src)
	moved := make([]int, len(lines))
	edits := set(lines, equalsOf, moved)
	return apply(src, append(edits, set(lines, commentOf, moved)...))
}

// cell is a token of a line, which is set below those of the lines around it where all of
// them join. Token 0, which nothing stands before, is no cell.
type cell struct {
	token int
	join  bool
}

// set puts the cells of lines that follow one another at one column. moved is how far
// each line has moved before its cell, and is kept up to date.
func set(lines []line, of func(line) cell, moved []int) []edit {
	var edits []edit
	group := map[int]int{} // the token of each line
	flush := func() {
		most := 0
		for i, token := range group {
			most = max(most, width(lines[i], token)+moved[i])
		}
		for i, token := range group {
			spaces := most + 1 - width(lines[i], token) - moved[i]
			before, after := lines[i].tokens[token-1].Range.End, lines[i].tokens[token].Range.Start
			edits = append(edits, edit{before.Byte, after.Byte, strings.Repeat(" ", spaces)})
			moved[i] += spaces - (after.Column - before.Column)
		}
		clear(group)
	}
	for i, l := range lines {
		c := of(l)
		if c.token == 0 || !c.join {
			flush()
		}
		if c.token > 0 {
			group[i] = c.token
		}
		if !c.join {
			flush()
		}
	}
	flush()
	return edits
}

// width is the columns of a line before its token i, without the spaces there.
func width(l line, i int) int { return l.tokens[i-1].Range.End.Column - 1 }

// equalsOf finds the = of an attribute.
func equalsOf(l line) cell {
	depth := 0
	found := cell{join: true}
	if l.inside {
		return cell{}
	}
	for i, t := range l.tokens {
		depth += bracket(t)
		switch {
		case t.Type == hclsyntax.TokenEqual && depth == 0 && i > 0 && found.token == 0:
			found.token = i
		case t.Type == hclsyntax.TokenComma && depth == 0 && i+1 < len(l.tokens) && l.tokens[i+1].Type != hclsyntax.TokenComment:
			found.join = false // several pairs
		}
	}
	found.join = found.join && depth == 0
	return found
}

// commentOf finds the comment behind something else.
func commentOf(l line) cell {
	last := len(l.tokens) - 1
	if last < 1 || l.inside || l.kept || l.tokens[last].Type != hclsyntax.TokenComment {
		return cell{}
	}
	depth := 0
	for _, t := range l.tokens {
		depth += bracket(t)
	}
	return cell{last, depth <= 0}
}

func bracket(t hclsyntax.Token) int {
	switch t.Type {
	case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		return 1
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
		return -1
	}
	return 0
}
