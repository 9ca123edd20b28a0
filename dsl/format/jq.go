package format

import (
	"strings"

	"tqmap/dsl/code"
)

// jqAtoms says how the tokens of a jq program stand.
func jqAtoms(text string) ([]atom, error) {
	var out []atom
	var open []string // what each level began with
	top := func() string {
		if len(open) == 0 {
			return ""
		}
		return open[len(open)-1]
	}
	for _, t := range split(text, code.JQTokens(text)) {
		a := atom{Token: t}
		if i := lastCode(out); i >= 0 {
			a.space = jqSpace(out[:i+1], a, top())
		}
		switch {
		case t.Kind == code.TokenOpen:
			open = append(open, t.Text)
			a.role = opens | map[string]role{"if": choice, "def": define}[t.Text]
		case t.Kind == code.TokenClose:
			if t.Text == ";" {
				a.role |= resets
			}
			a.role |= closes
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		default:
			a.role = jqRole(t, top())
		}
		out = append(out, a)
	}
	return out, nil
}

// split takes ?// apart where it is the ? of what stands before it, and //.
func split(text string, tokens []code.Token) []code.Token {
	var out []code.Token
	for _, t := range tokens {
		if t.Text == "?//" && t.From > 0 && !strings.ContainsAny(text[t.From-1:t.From], " \n\t") {
			out = append(out, code.Token{Kind: code.TokenDot, Text: "?", From: t.From, To: t.From + 1})
			t = code.Token{Kind: code.TokenSep, Text: "//", From: t.From + 1, To: t.To}
		}
		out = append(out, t)
	}
	return out
}

func jqRole(t code.Token, top string) role {
	switch {
	case t.Kind == code.TokenPipe:
		return pipe | resets
	case t.Kind != code.TokenSep:
		return 0
	case t.Text == "then" || t.Text == "elif" || t.Text == "else":
		return middle
	case t.Text == ";" || t.Text == "," && top == "{":
		return resets
	case t.Text == ":" && top == "{":
		return hangs
	case t.Text[0] == ')':
		return closes | opens
	}
	return 0
}

// lastCode is the index of the last atom that is no comment, or -1.
func lastCode(atoms []atom) int {
	for i := len(atoms) - 1; i >= 0; i-- {
		if atoms[i].Kind != code.TokenComment {
			return i
		}
	}
	return -1
}

// jqSpace says whether there is a blank between the last atom and b.
func jqSpace(before []atom, b atom, top string) bool {
	a := before[len(before)-1]
	glue := func(text string) bool { return strings.HasSuffix(text, "(") || text == "[" || text == "{" }
	switch {
	case b.Kind == code.TokenComment:
		return true
	case glue(a.Text) && (a.Kind == code.TokenOpen || a.Kind == code.TokenSep):
		return false
	case b.Text[0] == ')' || b.Text == "]" || b.Text == "}" || b.Text == "," || b.Text == ";" || b.Text == "?":
		return false
	case a.Text == "," || a.Text == ";":
		return true
	case a.Text == ":" || b.Text == ":":
		return a.Text == ":" && top != "["
	case a.Kind == code.TokenPipe || b.Kind == code.TokenPipe:
		return true
	case word(a) || word(b):
		return true
	case b.Kind == code.TokenSep:
		return true
	case a.Kind == code.TokenSep:
		return !(a.Text == "-" && (len(before) == 1 || negates(before[len(before)-2])))
	}
	return jqApart(a, b)
}

// word says that an atom is a keyword.
func word(a atom) bool {
	letter := a.Text[0] >= 'a' && a.Text[0] <= 'z'
	return letter && (a.Kind == code.TokenSep || a.Kind == code.TokenOpen || a.Text == "end")
}

// negates says that a - behind atom a has nothing to be taken from.
func negates(a atom) bool {
	return a.Kind == code.TokenOpen || a.Kind == code.TokenSep || a.Kind == code.TokenPipe
}

// jqApart says whether two terms, or a term and a bracket, have a blank between them.
func jqApart(a, b atom) bool {
	switch {
	case b.Text == "(":
		return a.Kind != code.TokenName
	case b.Text == "[":
		return false // an index, but behind what is no term
	case a.Text == "." && b.Kind == code.TokenText:
		return false
	case b.Kind == code.TokenField || b.Text == ".":
		return a.Text == "." || a.Text == ".." || a.Kind == code.TokenNumber
	}
	return true
}
