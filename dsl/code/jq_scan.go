package code

import "strings"

// jqKind is what a token of jq is to those who look for places in a program.
type jqKind int

const (
	jqName   jqKind = iota // function, or object key
	jqVar                  // $name
	jqField                // .name
	jqText                 // a string, or the last piece of one with \(…) in it
	jqNumber               // a number
	jqOpen                 // ( [ { if def, a string's piece before \(
	jqClose                // ) ] } end, the ; of a def
	jqSep                  // , ; : operators, then, else, as …
	jqPipe                 // |
	jqDot                  // . .. ?
)

// jqToken is text[from:to].
type jqToken struct {
	kind     jqKind
	text     string
	from, to int
}

// scanJQ cuts a program into tokens, without comments. It takes any text, but what
// it says holds for programs that jq's own parser accepts.
func scanJQ(text string) []jqToken {
	s := &jqScanner{text: text}
	for s.skip(); s.at < len(text); s.skip() {
		s.next()
	}
	return s.out
}

type jqScanner struct {
	text string
	at   int
	out  []jqToken
	open []string // what each open bracket is: ( [ { if def "
}

func (s *jqScanner) skip() {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '#':
			s.at += jqComment(s.text[s.at:])
		case strings.IndexByte(" \t\r\n", c) >= 0:
			s.at++
		default:
			return
		}
	}
}

func (s *jqScanner) emit(kind jqKind, size int) {
	to := min(s.at+size, len(s.text))
	s.out = append(s.out, jqToken{kind, s.text[s.at:to], s.at, to})
	s.at = to
}

func (s *jqScanner) top() string {
	if len(s.open) == 0 {
		return ""
	}
	return s.open[len(s.open)-1]
}

func (s *jqScanner) pop() {
	if len(s.open) > 0 {
		s.open = s.open[:len(s.open)-1]
	}
}

func (s *jqScanner) next() {
	rest := s.text[s.at:]
	c := rest[0]
	switch {
	case c == '"':
		s.str(1)
	case c == '(' || c == '[' || c == '{':
		s.open = append(s.open, string(c))
		s.emit(jqOpen, 1)
	case c == ')' && s.top() == `"`:
		s.pop()
		s.str(1) // back in the string around \(…)
	case c == ')' || c == ']' || c == '}':
		s.pop()
		s.emit(jqClose, 1)
	case c == ';' && s.top() == "def":
		s.pop()
		s.emit(jqClose, 1)
	case c == '.' && len(rest) > 1 && nameByte(rest[1], false):
		s.emit(jqField, 1+nameLength(rest[1:]))
	case c == '$' && len(rest) > 1 && nameByte(rest[1], false):
		s.emit(jqVar, 1+nameLength(rest[1:]))
	case c == '@' && len(rest) > 1:
		s.emit(jqName, 1+nameLength(rest[1:]))
	case nameByte(c, false):
		s.word(rest[:nameLength(rest)])
	case '0' <= c && c <= '9' || c == '.' && len(rest) > 1 && '0' <= rest[1] && rest[1] <= '9':
		s.emit(jqNumber, len(rest)-len(strings.TrimLeft(rest, "0123456789.eE")))
	case strings.HasPrefix(rest, ".."):
		s.emit(jqDot, 2)
	case c == '.' || c == '?' && !strings.HasPrefix(rest, "?//"):
		s.emit(jqDot, 1)
	case c == '|' && !strings.HasPrefix(rest, "|="):
		s.emit(jqPipe, 1)
	default:
		s.emit(jqSep, operatorLength(rest))
	}
}

// str takes a string from its start, or from the ) that ends an interpolation,
// to its end or to the next interpolation.
func (s *jqScanner) str(skip int) {
	for i := s.at + skip; i < len(s.text); i++ {
		switch {
		case strings.HasPrefix(s.text[i:], `\(`):
			s.piece(i + 2)
			s.open = append(s.open, `"`)
			return
		case s.text[i] == '\\':
			i++
		case s.text[i] == '"':
			kind := jqText
			if s.text[s.at] == ')' {
				kind = jqClose
			}
			s.emit(kind, i+1-s.at)
			return
		}
	}
	s.emit(jqText, len(s.text)-s.at)
}

// piece is the part of a string before an interpolation.
func (s *jqScanner) piece(to int) {
	if s.text[s.at] == ')' {
		s.emit(jqSep, to-s.at)
		return
	}
	s.emit(jqOpen, to-s.at)
}

func (s *jqScanner) word(word string) {
	afterKey := s.top() == "{" && len(s.out) > 0 && (s.out[len(s.out)-1].text == "{" || s.out[len(s.out)-1].text == ",")
	switch {
	case afterKey:
		s.emit(jqField, len(word)) // a key, though it may look like a keyword
	case word == "if" || word == "def":
		s.open = append(s.open, word)
		s.emit(jqOpen, len(word))
	case word == "end":
		s.pop()
		s.emit(jqClose, len(word))
	case jqKeyword(word):
		s.emit(jqSep, len(word))
	default:
		s.emit(jqName, len(word))
	}
}

func jqKeyword(word string) bool {
	switch word {
	case "and", "or", "then", "elif", "else", "as", "try", "catch", "reduce", "foreach", "label", "break", "import", "include", "module":
		return true
	}
	return false
}

func nameByte(c byte, tail bool) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || tail && '0' <= c && c <= '9'
}

func nameLength(text string) int {
	n := 0
	for n < len(text) && (nameByte(text[n], true) || strings.HasPrefix(text[n:], "::") && n+2 < len(text) && nameByte(text[n+2], false)) {
		if text[n] == ':' {
			n++
		}
		n++
	}
	return n
}

func operatorLength(text string) int {
	for _, op := range []string{"?//=", "?//", "//=", "//", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">="} {
		if strings.HasPrefix(text, op) {
			return len(op)
		}
	}
	return 1
}
