package reference

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Markdown is the whole reference, under the heading and the words of intro.
func (r *Reference) Markdown(intro string) string {
	m := &markdown{titles: map[string]string{}}
	for _, p := range r.pages {
		if p.level > 0 {
			m.titles[p.Name] = p.Title
		}
	}
	m.WriteString(intro + "\n")
	r.contents(m)
	for _, p := range r.pages {
		p.markdown(m)
	}
	return m.String()
}

func (r *Reference) contents(m *markdown) {
	m.WriteString("\n| | |\n| --- | --- |\n")
	kinds := map[string][]string{}
	for _, p := range r.pages {
		if p.under != "" && p.level > 0 {
			_, kind, ok := strings.Cut(p.Name, " ")
			if !ok || p.group {
				kind = p.Title
			}
			kinds[p.under] = append(kinds[p.under], m.to(kind, p.Title))
		}
	}
	for _, p := range r.pages {
		if p.under != "" || p.level > 2 {
			continue
		}
		says := m.inline(p.Summary)
		if all := kinds[p.Name]; len(all) > 0 {
			says += " " + strings.Join(all, " · ")
		}
		fmt.Fprintf(m, "| %s | %s |\n", m.to(p.Name, p.Title), says)
	}
}

func (p *Page) markdown(m *markdown) {
	if p.level > 0 {
		fmt.Fprintf(m, "\n%s %s\n", strings.Repeat("#", p.level), m.escape(p.Title))
	}
	if p.level == 0 && !p.group {
		return
	}
	if p.Summary != "" {
		m.WriteString("\n" + m.inline(p.Summary))
		if p.in != "" && p.under == "" {
			m.WriteString(" " + standsIn(m.inline(p.in)))
		}
		m.WriteString("\n")
	}
	for _, part := range p.parts {
		m.WriteString("\n")
		part.markdown(m)
	}
}

func standsIn(where string) string {
	if where == topOfFile {
		return "Stands at the top of a file."
	}
	return "Stands in " + where + "."
}

type markdown struct {
	strings.Builder
	titles map[string]string // of pages by name
}

// to is a link to a heading.
func (m *markdown) to(words, title string) string {
	return "[" + m.escape(words) + "](#" + anchor(title) + ")"
}

// anchor is what GitHub makes of a heading.
func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

func (m *markdown) escape(s string) string {
	return strings.NewReplacer("<", "\\<", "*", "\\*", "|", "\\|").Replace(s)
}

var codeSpan = regexp.MustCompile("`[^`]*`")

// inline escapes what Markdown would take for its own, and makes links of the names of pages
// that stand as code.
func (m *markdown) inline(s string) string {
	var b strings.Builder
	at := 0
	for _, span := range codeSpan.FindAllStringIndex(s, -1) {
		b.WriteString(m.escape(s[at:span[0]]))
		word := s[span[0]:span[1]]
		variable := strings.HasSuffix(s[:span[0]], "read as ") // called as a block by chance
		if title, ok := m.titles[strings.Trim(word, "`")]; ok && !variable {
			word = "[" + word + "](#" + anchor(title) + ")"
		}
		b.WriteString(strings.ReplaceAll(word, "|", "\\|"))
		at = span[1]
	}
	b.WriteString(m.escape(s[at:]))
	return b.String()
}

func (m *markdown) fence(lang, code string) {
	fmt.Fprintf(m, "```%s\n%s\n```\n", lang, code)
}

func (m *markdown) row(cells ...string) {
	fmt.Fprintf(m, "| %s |\n", strings.Join(cells, " | "))
}

func (s text) markdown(m *markdown)    { m.WriteString(m.inline(string(s)) + "\n") }
func (e example) markdown(m *markdown) { m.fence(e.lang, e.code) }

func (x table) markdown(m *markdown) {
	m.row(x.head...)
	m.row(strings.Split(strings.Repeat("--- ", len(x.head)-1)+"---", " ")...)
	for _, row := range x.rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = m.inline(c)
		}
		m.row(cells...)
	}
}

func (a attributes) markdown(m *markdown) {
	if a.title != "Attributes:" {
		m.WriteString(m.inline(a.title) + "\n\n")
	}
	m.row("attribute", "takes", "may name", "default", "")
	m.row("---", "---", "---", "---", "---")
	for _, r := range a.rows {
		otherwise := m.inline(r.otherwise)
		if r.needed {
			otherwise = "**needed**"
		}
		m.row("`"+r.name+"`", m.inline(r.takes), r.names, otherwise, m.inline(r.summary))
	}
}

func (l links) markdown(m *markdown) {
	m.row("", "")
	m.row("---", "---")
	for _, one := range l {
		m.row(m.to(one.name, m.titles[one.page]), m.inline(one.summary))
	}
}

func (d definitions) markdown(m *markdown) {
	m.row("name", "")
	m.row("---", "---")
	for _, n := range d {
		m.row("`"+n.Name+"`", m.inline(n.Summary))
	}
}

func (f functions) markdown(m *markdown) {
	for i, one := range f {
		if i > 0 {
			m.WriteString("\n")
		}
		fmt.Fprintf(m, "**`%s`** %s\n\n", one.signature, m.inline(one.summary))
		examples(one).markdown(m)
	}
}

func (e examples) markdown(m *markdown) {
	var lines []string
	for _, x := range e.examples {
		lines = append(lines, x.Call+"  ->  "+x.Result)
	}
	m.fence("text", strings.Join(lines, "\n"))
}
