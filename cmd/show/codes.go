package show

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl/diag"
	"tqmap/dsl/prose"
)

// Codes are all codes of messages by family, one a line.
func Codes() string {
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

// Code is an entry of the catalogue of codes for reading in a terminal of so many columns.
func Code(e diag.Entry, columns int) string {
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

// wrapped is a paragraph that ends its last line.
func wrapped(text string, columns int) string {
	return strings.Join(prose.Lines(text, columns), "\n") + "\n"
}
