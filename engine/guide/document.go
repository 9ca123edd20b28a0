package guide

import (
	"fmt"
	"strings"
)

// Document is a guide as chapters of a few kinds of blocks, which every form of output is
// made of.
type Document struct {
	Title    string // plain text
	Chapters []Chapter
}

// Chapter is a heading and what stands below it.
type Chapter struct {
	Title  string // Markdown of one line
	Level  int    // 2 for a chapter, 3 and 4 for its parts
	Blocks []block
}

// block is a paragraph, list, table or piece of code. It writes itself as Markdown, ending
// with a newline.
type block interface{ markdown(b *strings.Builder) }

type paragraph string

func (p paragraph) markdown(b *strings.Builder) { fmt.Fprintf(b, "%s\n", p) }

type bullets []string

func (l bullets) markdown(b *strings.Builder) {
	for _, item := range l {
		fmt.Fprintf(b, "- %s\n", item)
	}
}

// step is one of a numbered list, with the commands that it is about.
type step struct{ text, code string }

type steps []step

func (l steps) markdown(b *strings.Builder) {
	for i, s := range l {
		number := fmt.Sprintf("%d. ", i+1)
		fmt.Fprintf(b, "%s%s\n", number, s.text)
		if s.code == "" {
			continue
		}
		indent := strings.Repeat(" ", len(number))
		fmt.Fprintf(b, "\n%s```\n", indent)
		for _, line := range strings.Split(s.code, "\n") {
			fmt.Fprintf(b, "%s%s\n", indent, line)
		}
		fmt.Fprintf(b, "%s```\n", indent)
	}
}

type table struct {
	head []string
	rows [][]string
}

func (t table) markdown(b *strings.Builder) {
	row := func(cells []string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }
	row(t.head)
	fmt.Fprintf(b, "|%s\n", strings.Repeat(" --- |", len(t.head)))
	for _, cells := range t.rows {
		row(cells)
	}
}

// Markdown is the guide in the Markdown of GitHub.
func (d *Document) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", plain(d.Title))
	for i, c := range d.Chapters {
		if i == 1 {
			b.WriteString("\n" + d.contents())
		}
		if c.Title != "" {
			fmt.Fprintf(&b, "\n%s %s\n", strings.Repeat("#", c.Level), c.Title)
		}
		for _, one := range c.Blocks {
			b.WriteByte('\n')
			one.markdown(&b)
		}
	}
	return b.String()
}

// contents are links to the chapters.
func (d *Document) contents() string {
	var b strings.Builder
	for _, c := range d.Chapters {
		if c.Level == 2 {
			fmt.Fprintf(&b, "- [%s](#%s)\n", c.Title, anchor(c.Title))
		}
	}
	return b.String()
}

func (d *Document) chapter(title string, blocks ...block) {
	d.Chapters = append(d.Chapters, Chapter{Title: title, Level: 2, Blocks: blocks})
}

func (d *Document) part(level int, title string, blocks ...block) {
	d.Chapters = append(d.Chapters, Chapter{Title: title, Level: level, Blocks: blocks})
}
