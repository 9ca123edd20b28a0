package code

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Bounds of a file of HCL. HCL itself has none, and its parser calls itself for each level:
// what is deep enough ends the process, and nothing can catch that.
const (
	MaxSource = 4 << 20 // bytes
	maxLevels = 250     // of brackets, blocks, templates, signs and choices within each other
)

// TooDeep says why src is not to be parsed, "" if it may be, and where that shows.
func TooDeep(src []byte, file string) (why string, at hcl.Range) {
	at = hcl.Range{Filename: file, Start: hcl.InitialPos, End: hcl.InitialPos}
	if len(src) > MaxSource {
		return fmt.Sprintf("It has %d bytes, and %d is the most that is read of one file. Large tables may be files of their own in the same folder.", len(src), MaxSource), at
	}
	if len(src) <= maxLevels {
		return "", at
	}
	tokens, _ := hclsyntax.LexConfig(src, file, hcl.InitialPos)
	type level struct{ choices int }
	open, signs := []level{{}}, 0
	for _, t := range tokens {
		sign := false
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			open = append(open, level{})
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			if len(open) > 1 {
				open = open[:len(open)-1]
			}
		case hclsyntax.TokenMinus, hclsyntax.TokenBang:
			sign = true
		case hclsyntax.TokenQuestion:
			open[len(open)-1].choices++
		case hclsyntax.TokenNewline, hclsyntax.TokenComma:
			open[len(open)-1].choices = 0
		}
		if signs++; !sign {
			signs = 0
		}
		if max(len(open), signs, open[len(open)-1].choices) > maxLevels {
			return fmt.Sprintf("Here more than %d brackets, blocks, signs or choices stand within each other; no mapping needs that.", maxLevels), t.Range
		}
	}
	return "", at
}
