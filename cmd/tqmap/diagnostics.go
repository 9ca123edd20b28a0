package main

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// renderDiags prints each diagnostic as file:line:column, the line of the file
// and a caret under the exact token, also without colour:
//
//	Error: Unknown field
//	  my.hcl:32:9
//	   32 |         alert.severty +
//	      |               ^^^^^^^
//	  alert has no field "severty". Did you mean "severity"?
func renderDiags(files map[string]*hcl.File, diags hcl.Diagnostics, color bool) string {
	var b strings.Builder
	for _, d := range diags {
		word, paint := "Error", "\x1b[31m"
		if d.Severity == hcl.DiagWarning {
			word, paint = "Warning", "\x1b[33m"
		}
		if color {
			word = paint + word + "\x1b[0m"
		}
		fmt.Fprintf(&b, "%s: %s\n", word, d.Summary)
		if d.Subject != nil {
			fmt.Fprintf(&b, "  %s:%d:%d\n", d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column)
			if f := files[d.Subject.Filename]; f != nil {
				snippet(&b, f.Bytes, *d.Subject)
			}
		}
		if d.Detail != "" {
			fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(strings.TrimSpace(d.Detail), "\n", "\n  "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// snippet prints the line that at begins on, with carets up to its end. Tabs
// before the token stay tabs, so that the caret stands under it on any terminal.
func snippet(b *strings.Builder, src []byte, at hcl.Range) {
	if at.Start.Byte > len(src) {
		return
	}
	begin := bytes.LastIndexByte(src[:at.Start.Byte], '\n') + 1
	end := len(src)
	if i := bytes.IndexByte(src[at.Start.Byte:], '\n'); i >= 0 {
		end = at.Start.Byte + i
	}
	line := strings.TrimRight(string(src[begin:end]), "\r")
	number := fmt.Sprintf("%5d", at.Start.Line)
	fmt.Fprintf(b, "%s | %s\n", number, line)
	pad := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string(src[begin:at.Start.Byte]))
	width := utf8.RuneCount(src[at.Start.Byte:min(max(at.End.Byte, at.Start.Byte), end)])
	fmt.Fprintf(b, "%s | %s%s\n", strings.Repeat(" ", len(number)), pad, strings.Repeat("^", max(width, 1)))
}
