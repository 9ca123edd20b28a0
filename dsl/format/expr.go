package format

import (
	"strings"

	"tqmap/dsl/code"
)

// exprLevel is a bracket of an expr program and what is open in it.
type exprLevel struct {
	bracket string
	block   bool // the { of an if or else
	index   bool // the [ behind a term
	choices int  // ? without their :
	ifs     int  // if without their {
}

// exprLayout says how the tokens of an expr program stand.
type exprLayout struct {
	out    []atom
	levels []exprLevel
}

func exprAtoms(text string) ([]atom, error) {
	tokens, err := code.ExprTokens(text)
	if err != nil {
		return nil, err
	}
	l := &exprLayout{levels: []exprLevel{{}}}
	for _, t := range tokens {
		l.put(atom{Token: t})
	}
	return l.out, nil
}

func (l *exprLayout) top() *exprLevel { return &l.levels[len(l.levels)-1] }

// put adds a token.
func (l *exprLayout) put(a atom) {
	var before *atom
	if i := lastCode(l.out); i >= 0 {
		before = &l.out[i]
	}
	end := before != nil && term(*before)
	top := l.top()
	switch {
	case a.Kind == code.TokenComment:
		a.space = true
	case a.Kind == code.TokenOpen:
		inner := exprLevel{bracket: a.Text, index: a.Text == "[" && end}
		if a.Text == "{" && (end && top.ifs > 0 || before != nil && before.Text == "else") {
			inner.block = true
			top.ifs = max(0, top.ifs-1)
		}
		a.space = before != nil && (inner.block || l.space(*before, a, end))
		l.levels = append(l.levels, inner)
		a.role = opens
	case a.Kind == code.TokenClose:
		a.role = closes
		a.space = top.block && before != nil && before.Text != "{"
		if len(l.levels) > 1 {
			l.levels = l.levels[:len(l.levels)-1]
		}
	default:
		a.role = l.role(a, end)
		a.space = before != nil && l.space(*before, a, end)
	}
	l.out = append(l.out, a)
}

// role also keeps count of what is open.
func (l *exprLayout) role(a atom, end bool) role {
	top := l.top()
	switch {
	case a.Kind != code.TokenSep:
		return 0
	case a.Text == "|":
		return pipe | resets
	case a.Text == "," || a.Text == ";":
		top.choices = 0
		return resets
	case a.Text == "?":
		top.choices++
		return hangs | hung
	case a.Text == ":" && top.choices > 0:
		top.choices--
		return hung
	case a.Text == ":":
		return hangs
	case a.Text == "=":
		return hangs
	case a.Text == "if":
		top.ifs++
	}
	return 0
}

// term says that an atom ends something that has a value.
func term(a atom) bool {
	switch a.Kind {
	case code.TokenName, code.TokenNumber, code.TokenText, code.TokenClose:
		return true
	}
	return a.Text == "#" || a.Text == "##"
}

// space says whether there is a blank between a and b; end, that a is a term.
func (l *exprLayout) space(a, b atom, end bool) bool {
	top := l.top()
	choosing := b.role&hung != 0 || a.role&hung != 0
	switch {
	case a.Kind == code.TokenOpen:
		return top.block
	case b.Text == "," || b.Text == ";":
		return false
	case a.Text == "," || a.Text == ";":
		return true
	case choosing && (a.Text == "?" || a.Text == ":" || b.Text == "?" || b.Text == ":"):
		return true
	case a.Text == ":" || b.Text == ":":
		return a.Text == ":" && !top.index
	case glued(a.Text) || glued(b.Text) && (end || b.Text != "."):
		return false
	case a.Text == "#" || a.Text == "##":
		return b.Kind != code.TokenName && b.Text != "["
	case a.Kind == code.TokenSep && sign(a.Text):
		i := lastCode(l.out)
		return i > 0 && l.binary(i)
	case b.Kind == code.TokenOpen:
		return !end || b.Text == "{"
	}
	return true
}

// glued are the signs that have no blanks around them.
func glued(text string) bool {
	return text == "." || text == "?." || text == ".." || text == "::"
}

func sign(text string) bool { return strings.Contains("-+!", text) }

// binary says that the sign at i has a value to its left.
func (l *exprLayout) binary(i int) bool {
	j := lastCode(l.out[:i])
	return l.out[i].Text != "!" && j >= 0 && term(l.out[j])
}
