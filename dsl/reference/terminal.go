package reference

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"tqmap/dsl/prose"
)

// width is that of the pages on a terminal, in characters.
const width = 100

// Text is the page for a terminal.
func (p *Page) Text() string {
	t := &terminal{}
	title := p.Title
	if p.in != "" {
		title += "    in " + strings.ReplaceAll(p.in, "`", "")
	}
	t.line(title)
	if p.Summary != "" {
		t.line("")
		t.wrap("", p.Summary)
	}
	for _, part := range append(p.parts, p.alone...) {
		t.line("")
		part.terminal(t)
	}
	return t.String()
}

// Contents lists the pages for a terminal.
func (r *Reference) Contents() string {
	t := &terminal{}
	kinds := map[string][]string{}
	for _, p := range r.pages {
		if p.under != "" && !p.group && p.under != "expr" && p.under != "functions" {
			_, kind, ok := strings.Cut(p.Name, " ")
			if !ok {
				kind = p.Name
			}
			kinds[p.under] = append(kinds[p.under], kind)
		}
	}
	for _, p := range r.pages {
		if p.under != "" {
			continue
		}
		t.entry(p.Name, 14, p.Summary)
		if all := kinds[p.Name]; len(all) > 0 {
			t.entry("", 14, strings.Join(all, ", "))
		}
	}
	return t.String()
}

type terminal struct{ strings.Builder }

func (t *terminal) line(s string) { t.WriteString(strings.TrimRight(s, " ") + "\n") }

// wrap writes words of s below one another, each line behind indent.
func (t *terminal) wrap(indent, s string) {
	for _, line := range prose.Lines(s, width-utf8.RuneCountInString(indent)) {
		t.line(indent + line)
	}
}

// entry writes a name and what is to be said of it beside it.
func (t *terminal) entry(name string, column int, s string) {
	if s == "" {
		t.line("  " + name)
		return
	}
	indent := strings.Repeat(" ", column+4)
	body := &terminal{}
	body.wrap(indent, s)
	lead := fmt.Sprintf("  %-*s  ", column, name)
	if utf8.RuneCountInString(name) > column {
		t.line("  " + name)
		t.WriteString(body.String())
		return
	}
	t.WriteString(lead + strings.TrimPrefix(body.String(), indent))
}

func (s text) terminal(t *terminal) { t.wrap("", string(s)) }

func (e example) terminal(t *terminal) {
	for _, l := range strings.Split(e.code, "\n") {
		t.line("    " + l)
	}
}

func (x table) terminal(t *terminal) {
	widths := make([]int, len(x.head))
	for _, row := range append([][]string{x.head}, x.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(bare(cell)))
		}
	}
	for _, row := range append([][]string{x.head}, x.rows...) {
		lead := "  "
		for i, cell := range row[:len(row)-1] {
			lead += fmt.Sprintf("%-*s  ", widths[i], bare(cell))
		}
		body := &terminal{}
		indent := strings.Repeat(" ", utf8.RuneCountInString(lead))
		body.wrap(indent, bare(row[len(row)-1]))
		t.WriteString(lead + strings.TrimPrefix(body.String(), indent))
	}
}

func bare(s string) string { return strings.ReplaceAll(s, "`", "") }

func (a attributes) terminal(t *terminal) {
	column := 0
	for _, r := range a.rows {
		column = max(column, len(r.name))
	}
	t.wrap("", bare(a.title))
	for _, r := range a.rows {
		facts := r.takes
		if r.names == "run" || r.names == "window" || r.names == "page" { // else the type says it
			facts += "; may name: " + r.names
		}
		switch {
		case r.needed:
			facts += "; needed"
		case r.otherwise != "":
			facts += "; default: " + r.otherwise
		}
		t.entry(r.name, column, "("+facts+")")
		t.wrap(strings.Repeat(" ", column+4), r.summary)
	}
}

func (l links) terminal(t *terminal) {
	column := 0
	for _, one := range l {
		if one.summary != "" {
			column = max(column, len(one.name))
		}
	}
	for _, one := range l {
		t.entry(one.name, column, one.summary)
	}
}

func (d definitions) terminal(t *terminal) {
	for _, n := range d {
		t.entry(n.Name, 26, n.Summary)
	}
}

func (f functions) terminal(t *terminal) {
	for _, one := range f {
		t.entry(one.signature, 0, one.summary)
	}
}

func (e examples) terminal(t *terminal) {
	for _, x := range e.examples {
		t.line("    " + x.Call)
		t.line("      = " + x.Result)
	}
}
