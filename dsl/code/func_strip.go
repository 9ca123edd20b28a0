package code

import (
	"html"
	"strings"

	"tqmap/dsl/prose"
)

var stripHTMLFunc = Func{
	Name:      "strip_html",
	Signature: "strip_html(text) string",
	Summary: "The text of an HTML fragment: tags, comments, scripts and styles go, entities are decoded, paragraphs and the like become lines. " +
		"The result is text: to put it into HTML again, use html(). nil stays nil.",
	Examples: []Example{
		{`strip_html('<p>Seen <b>twice</b>&nbsp;&amp; blocked</p><script>x()</script>by<br>us')`, `"Seen twice & blocked\nby\nus"`},
		{`strip_html('a < b &lt;c&gt;')`, `"a < b <c>"`},
		{`strip_html(nil)`, `null`},
	},
	types: []any{new(func(any) any)},
	call:  plainText("strip_html", stripHTML),
}

func stripHTML(text string) string {
	s := &stripper{rest: text}
	for s.rest != "" {
		s.next()
	}
	var lines []string
	for line := range strings.SplitSeq(html.UnescapeString(s.out.String()), lineBreak) {
		if line = prose.OneLine(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// lineBreak stands for a tag that breaks the line while the text is collected. HTML
// allows it nowhere else: it is dropped from the input.
const lineBreak = "\f\x00"

// stripper goes through a fragment once. What it has found to be unclosed it does
// not look for again, so that its time grows with the length of the text only.
type stripper struct {
	rest     string
	out      strings.Builder
	unquoted bool // a quote in a tag was never closed: quotes count no more
	unclosed bool // no > comes any more: the rest is text
}

// next moves over the text up to a tag, and over the tag.
func (s *stripper) next() {
	i := strings.IndexByte(s.rest, '<')
	if i < 0 || s.unclosed {
		i = len(s.rest)
	}
	s.text(s.rest[:i])
	s.rest = s.rest[i:]
	switch {
	case s.rest == "":
	case strings.HasPrefix(s.rest, "<!--"):
		s.skipPast("-->")
	case len(s.rest) > 1 && (isASCIILetter(s.rest[1]) || strings.IndexByte("/!?", s.rest[1]) >= 0):
		s.tag()
	default:
		s.text("<")
		s.rest = s.rest[1:]
	}
}

func (s *stripper) text(text string) { s.out.WriteString(strings.ReplaceAll(text, "\x00", "")) }

// skipPast drops everything up to and with end; all where it does not come.
func (s *stripper) skipPast(end string) {
	i := indexFold(s.rest, end)
	if i < 0 {
		s.rest = ""
		return
	}
	s.rest = s.rest[i+len(end):]
}

func (s *stripper) tag() {
	end := s.tagEnd()
	if end < 0 {
		s.unclosed = true
		return
	}
	name := tagName(s.rest[1:end])
	closing := s.rest[1] == '/'
	s.rest = s.rest[end+1:]
	switch {
	case name == "script" || name == "style":
		if !closing {
			s.skipPast("</" + name)
			s.skipPast(">")
		}
	case breaksLine(name):
		s.out.WriteString(lineBreak)
	case name == "td" || name == "th":
		s.out.WriteByte(' ')
	}
}

// tagEnd is where the tag at the start of rest has its >, or -1.
func (s *stripper) tagEnd() int {
	var quote byte
	for i := 1; i < len(s.rest) && !s.unquoted; i++ {
		switch c := s.rest[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '>':
			return i
		case (c == '"' || c == '\'') && s.rest[i-1] == '=':
			quote = c
		}
	}
	s.unquoted = true
	return strings.IndexByte(s.rest, '>')
}

// tagName is the name in b, /b, b/ or b class="c", in lower case.
func tagName(inner string) string {
	inner = strings.TrimPrefix(inner, "/")
	end := 0
	for end < len(inner) && (isASCIILetter(inner[end]) || inner[end] >= '0' && inner[end] <= '9') {
		end++
	}
	return strings.ToLower(inner[:min(end, 16)])
}

func breaksLine(name string) bool {
	switch name {
	case "br", "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "tr", "table", "thead", "tbody", "hr", "pre", "blockquote",
		"h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "header", "footer", "title", "form":
		return true
	}
	return false
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// indexFold is strings.Index for a short ASCII text in any case.
func indexFold(text, sub string) int {
	for i := 0; i+len(sub) <= len(text); i++ {
		if strings.EqualFold(text[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}
