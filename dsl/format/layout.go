package format

import (
	"strings"

	"tqmap/dsl/code"
)

// atom is a token of a program with what its language says about laying it out.
type atom struct {
	code.Token
	raw    string // as the file writes it
	breaks int    // line ends before it
	space  bool   // a blank before it, where no line ends
	role   role
}

// role is what an atom does to the indentation of lines; several may apply.
type role int

const (
	opens  role = 1 << iota // what follows is one level deeper
	closes                  // ends the innermost level
	middle                  // at the level of what opened it, as else
	choice                  // an if of jq: its level hangs on the place where it stands
	define                  // a def of jq: an if on its line does not hang
	pipe                    // begins a stage, which what follows belongs to
	resets                  // what follows begins anew
	hangs                   // what follows is one deeper, once
	hung                    // is one deeper itself, as the : of a choice
)

func (a atom) is(r role) bool { return a.role&r != 0 }

// level is the inside of a bracket, or of what is like one.
type level struct {
	close  int // indentation of the line that ends it
	indent int // of the lines in it
	stage  int // of those that go on with what a | began
	line   int // where it opened
	choice bool
	body   bool // of a definition, which has one value
}

const step = 2

// layout writes the atoms into lines. Line breaks are the author's, indentation is that
// of the brackets; those opened on one line count once.
type layout struct {
	levels []level
	lines  []string
	base   int // what brackets opened on this line are indented from
}

func lay(atoms []atom) []string {
	l := &layout{levels: []level{{}}, lines: []string{""}}
	for i, a := range atoms {
		lead := i == 0 || a.breaks > 0
		if lead {
			l.newLine(atoms, i)
		} else if a.space {
			l.add(" ")
		}
		l.add(a.raw)
		l.enter(a, lead || i > 0 && atoms[i-1].is(pipe) && (i == 1 || atoms[i-1].breaks > 0))
	}
	return l.lines
}

func (l *layout) add(text string) { l.lines[len(l.lines)-1] += text }

func (l *layout) top() *level { return &l.levels[len(l.levels)-1] }

// newLine begins the line of atom i.
func (l *layout) newLine(atoms []atom, i int) {
	indent := 0
	if i > 0 {
		indent = l.indentOf(atoms, i)
		if atoms[i].breaks > 1 && !atoms[i-1].is(opens) && !atoms[i].is(closes) {
			l.lines = append(l.lines, "")
		}
		l.lines = append(l.lines, strings.Repeat(" ", indent))
	}
	l.base = indent
	if atoms[i].is(pipe) {
		l.base = indent + step
	}
}

// indentOf is the indentation of a line that atom i begins.
func (l *layout) indentOf(atoms []atom, i int) int {
	top, a := l.top(), leader(atoms, i)
	j := lastCode(atoms[:i])
	if j < 0 {
		return 0
	}
	last := atoms[j]
	switch {
	case a.is(closes), a.is(middle):
		return top.close
	case a.is(pipe), last.is(resets), a.Text == "":
		return top.indent
	case a.is(hung), last.is(hangs):
		return top.stage + step
	}
	return top.stage
}

// leader is the atom whose place a line has: of a comment the one it stands above, or
// none where that ends what the comment is in.
func leader(atoms []atom, i int) atom {
	for _, a := range atoms[i:] {
		if a.Kind != code.TokenComment {
			if atoms[i].Kind == code.TokenComment && (a.is(closes) || a.is(middle)) {
				return atom{}
			}
			return a
		}
	}
	return atom{}
}

// enter goes on behind atom a, which begins its line or stage, or not.
func (l *layout) enter(a atom, first bool) {
	if a.is(closes) && len(l.levels) > 1 {
		l.levels = l.levels[:len(l.levels)-1]
	}
	top := l.top()
	line := len(l.lines)
	switch {
	case a.is(pipe) && a.breaks > 0:
		top.stage = top.indent + step
	case a.is(resets), a.is(middle):
		top.stage = top.indent
	}
	if !a.is(opens) {
		return
	}
	closing := l.base
	if top.choice && top.line == line {
		closing = max(closing, top.close)
	}
	if a.is(choice) && !first && !(top.body && top.line == line) {
		closing = top.stage
	}
	inner := closing + step
	l.levels = append(l.levels, level{close: closing, indent: inner, stage: inner, line: line, choice: a.is(choice), body: a.is(define)})
}
