package code

import (
	"bytes"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
	"github.com/itchyny/gojq"
)

// TokenKind is what a [Token] is to those who lay a program out.
type TokenKind int

// Kinds of tokens.
const (
	TokenName    = TokenKind(jqName)   // a name, or a key without quotes
	TokenVar     = TokenKind(jqVar)    // jq: $name
	TokenField   = TokenKind(jqField)  // jq: .name, or a key without quotes
	TokenText    = TokenKind(jqText)   // a string without interpolation
	TokenNumber  = TokenKind(jqNumber) // a number
	TokenOpen    = TokenKind(jqOpen)   // ( [ {; jq: if def, a string up to \(
	TokenClose   = TokenKind(jqClose)  // ) ] }; jq: end, the ; of a def, a string from the ) of \(…)
	TokenSep     = TokenKind(jqSep)    // operators and keywords; jq: a string from ) to the next \(
	TokenPipe    = TokenKind(jqPipe)   // jq: |
	TokenDot     = TokenKind(jqDot)    // jq: . .. ?
	TokenComment = TokenDot + 1        // with the signs around it, without the end of its line
)

// Token is a token or a comment of a program: Text, the bytes From..To of it.
type Token struct {
	Kind     TokenKind
	Text     string
	From, To int
}

// JQTokens cuts a jq program into tokens and comments. It takes any text, but what it
// says holds only for programs that parse.
func JQTokens(text string) []Token {
	var out []Token
	for _, t := range scanJQ(text) {
		out = append(out, Token{TokenKind(t.kind), t.text, t.from, t.to})
	}
	return withComments(text, out, jqComment)
}

// UncommentedJQ is a jq program with blanks in the place of its comments.
func UncommentedJQ(text string) string {
	out := []byte(text)
	for _, t := range JQTokens(text) {
		if t.Kind == TokenComment {
			copy(out[t.From:t.To], bytes.Repeat([]byte{' '}, t.To-t.From))
		}
	}
	return string(out)
}

// ExprTokens cuts an expr program into tokens and comments. The error is that of expr
// about text that is none.
func ExprTokens(text string) ([]Token, error) {
	tokens, err := lexer.Lex(file.NewSource(text))
	if err != nil {
		return nil, err
	}
	at, out := runeOffsets(text), []Token(nil)
	for _, t := range tokens {
		kind := TokenName
		switch t.Kind {
		case lexer.EOF:
			continue
		case lexer.Number:
			kind = TokenNumber
		case lexer.String, lexer.Bytes:
			kind = TokenText
		case lexer.Operator:
			kind = TokenSep
		case lexer.Bracket:
			kind = TokenOpen
			if strings.Contains(")]}", t.Value) {
				kind = TokenClose
			}
		}
		from, to := bytesOf(at, t.Location)
		out = append(out, Token{kind, text[from:to], from, to})
	}
	return withComments(text, out, exprComment), nil
}

// withComments adds what stands between tokens and is no white space.
func withComments(text string, tokens []Token, length func(string) int) []Token {
	var out []Token
	at := 0
	gap := func(end int) {
		for ; at < end; at++ {
			if n := length(text[at:end]); n > 0 {
				out = append(out, Token{TokenComment, text[at : at+n], at, at + n})
				at += n - 1
			}
		}
	}
	for _, t := range tokens {
		gap(t.From)
		out = append(out, t)
		at = t.To
	}
	gap(len(text))
	return out
}

// jqComment is the length of the comment at the start of text, 0 without one. A
// backslash at the end of its line makes the next line part of it.
func jqComment(text string) int {
	if !strings.HasPrefix(text, "#") {
		return 0
	}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\n':
			return i
		case text[i] == '\\' && i+1 < len(text) && (text[i+1] == '\\' || text[i+1] == '\n'):
			i++
		}
	}
	return len(text)
}

func exprComment(text string) int {
	end := ""
	switch {
	case strings.HasPrefix(text, "//"):
		end = "\n"
	case strings.HasPrefix(text, "/*"):
		end = "*/"
	default:
		return 0
	}
	i := strings.Index(text[2:], end)
	switch {
	case i < 0:
		return len(text)
	case end == "\n":
		return 2 + i
	}
	return 2 + i + len(end)
}

// JQForm is the same for two jq programs only if they parse to the same tree.
func JQForm(text string) (string, error) {
	query, err := gojq.Parse(text)
	if err != nil {
		return "", err
	}
	return query.String(), nil
}

// ExprForm is the same for two expr programs only if they parse to the same tree.
func ExprForm(text string) (string, error) {
	c := conf.CreateNew()
	for _, option := range language(text, nil) {
		option(c)
	}
	for name := range c.Disabled {
		delete(c.Builtins, name)
	}
	tree, err := parser.ParseWithConfig(text, c)
	if err != nil {
		return "", err
	}
	return ast.Dump(tree.Node), nil
}

// Raw is how the file writes the bytes from..to of Text, without the indentation that
// <<- takes off and without carriage returns; false where that is not known.
func (s Source) Raw(from, to int) (string, bool) {
	if s.spans == nil || from < 0 || to > len(s.spans) || from > to {
		return "", false
	}
	var b strings.Builder
	for i := from; i < to; i++ {
		at := s.spans[i]
		if i > from && s.spans[i-1] == at {
			continue // one escape, several bytes
		}
		b.WriteString(strings.ReplaceAll(string(s.file[at.from:at.to]), "\r", ""))
	}
	return b.String(), true
}
