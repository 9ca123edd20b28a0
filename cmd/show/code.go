package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/term"

	"tqmap/dsl/code"
	"tqmap/dsl/diag"
)

// isCode says whether arg asks for explainCode: a code, or the word for all of them.
func isCode(arg string) bool {
	return arg == "codes" || codeForm.MatchString(arg)
}

var codeForm = regexp.MustCompile(`(?i)^tq[-_]?\d+$`)

// explainCode prints what the catalogue knows of a code such as TQ0203, or with "codes" all
// of them, one a line.
func (a *app) explainCode(name string) error {
	if name == "codes" {
		fmt.Fprint(a.stdout, codeList())
		return nil
	}
	e, ok := diag.Find(name)
	if !ok {
		return unknownCode(name)
	}
	fmt.Fprint(a.stdout, codeText(e, a.columns()))
	return nil
}

func unknownCode(name string) error {
	var known, families []string
	for _, e := range diag.All() {
		known = append(known, e.Code)
	}
	for _, f := range diag.Families() {
		families = append(families, "  "+f.Code+"xx  "+f.Title)
	}
	hint := ""
	if near := code.Near(strings.ToUpper(name), known); near != "" {
		hint = fmt.Sprintf(" Did you mean %s?", near)
	}
	return usagef("there is no code %s.%s tqmap explain codes lists all of them. The families:\n%s", name, hint, strings.Join(families, "\n"))
}

// codeList is all codes by family.
func codeList() string {
	var b strings.Builder
	for _, f := range diag.Families() {
		fmt.Fprintf(&b, "%sxx  %s\n", f.Code, f.Title)
		for _, e := range diag.All() {
			if strings.HasPrefix(e.Code, f.Code) {
				fmt.Fprintf(&b, "  %s  %s%s\n", e.Code, e.Summary, severityNote(e))
			}
		}
	}
	return b.String()
}

func severityNote(e diag.Entry) string {
	switch {
	case e.Severity == hcl.DiagWarning:
		return " (warning)"
	case e.Either:
		return " (error or warning)"
	}
	return ""
}

// codeText is an entry for reading in a terminal of so many columns.
func codeText(e diag.Entry, columns int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s%s\n\n", e.Code, e.Summary, severityNote(e))
	for _, paragraph := range strings.Split(e.Text, "\n\n") {
		b.WriteString(wrapped(paragraph, columns) + "\n")
	}
	if len(e.Also) > 0 {
		b.WriteString(wrapped("HCL also says: "+strings.Join(e.Also, "; ")+".", columns) + "\n")
	}
	for _, part := range [][2]string{{"Wrong", e.Wrong}, {"Right", e.Right}} {
		if part[1] != "" {
			fmt.Fprintf(&b, "%s:\n\n%s\n", part[0], indentedCode(part[1]))
		}
	}
	b.WriteString("What to do:\n" + wrapped(e.Next, columns))
	return b.String()
}

func indentedCode(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ") + "\n"
}

// wrapped breaks a paragraph between words, and ends its last line.
func wrapped(text string, columns int) string {
	var b strings.Builder
	at := 0
	for i, word := range strings.Fields(text) {
		wide := len([]rune(word))
		switch {
		case i > 0 && at+1+wide > columns:
			b.WriteByte('\n')
			at = 0
		case i > 0:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += wide
	}
	return b.String() + "\n"
}

// columns is how wide lines may be: those of the terminal, within what reads well.
func (a *app) columns() int {
	const least, most, usual = 40, 100, 80
	if f, ok := a.stdout.(interface{ Fd() uintptr }); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return min(max(n, least), most)
		}
	}
	return usual
}
