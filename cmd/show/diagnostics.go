package show

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl/code"
	"tqmap/dsl/diag"
	"tqmap/dsl/prose"
)

// Diagnostics is each diagnostic with its code, as file:line:column, the line of the
// file and a caret under the exact token, also without colour:
//
//	Error[TQ0403]: Unknown field
//	  my.hcl:32:9
//	   32 |         alert.severty +
//	      |               ^^^^^^^
//	  alert has no field "severty". Did you mean "severity"?
func Diagnostics(files map[string]*hcl.File, diags hcl.Diagnostics, color bool, mask func(string) string) string {
	var b strings.Builder
	for _, d := range diags {
		word, paint := "Error", "\x1b[31m"
		if d.Severity == hcl.DiagWarning {
			word, paint = "Warning", "\x1b[33m"
		}
		word += "[" + diag.Of(d).Code + "]"
		if color {
			word = paint + word + "\x1b[0m"
		}
		fmt.Fprintf(&b, "%s: %s\n", word, mask(d.Summary))
		if d.Subject != nil {
			fmt.Fprintf(&b, "  %s:%d:%d\n", Visible(d.Subject.Filename), d.Subject.Start.Line, d.Subject.Start.Column)
			if f := files[d.Subject.Filename]; f != nil {
				b.WriteString(snippet(f.Bytes, *d.Subject, mask).String())
			}
		}
		if d.Detail != "" {
			fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(strings.TrimSpace(mask(d.Detail)), "\n", "\n  "))
		}
		for _, v := range valuesOf(d, mask) {
			fmt.Fprintf(&b, "  with %s\n", involved(v))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Told is a diagnostic for other programs. Columns count grapheme clusters from 1, bytes
// from 0.
type Told struct {
	Code     string          `json:"code"`
	Severity string          `json:"severity"`
	Summary  string          `json:"summary"`
	Detail   string          `json:"detail"`
	Hint     string          `json:"hint,omitempty"` // what to do about mistakes of this code
	File     string          `json:"file,omitempty"`
	Start    *Position       `json:"start,omitempty"`
	End      *Position       `json:"end,omitempty"`
	Snippet  string          `json:"snippet,omitempty"` // the first line of it, or what of a long one is around the place
	Values   []code.Involved `json:"values,omitempty"`

	utf16 [2]int // columns of start and end
}

// Position is a place in a file.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// Tell makes diagnostics ready for other programs, with their secrets masked.
func Tell(files map[string]*hcl.File, diags hcl.Diagnostics, mask func(string) string) []Told {
	out := []Told{}
	for _, d := range diags {
		e := diag.Of(d)
		t := Told{Code: e.Code, Severity: "error", Summary: mask(d.Summary), Detail: mask(strings.TrimSpace(d.Detail)), Hint: e.Next}
		if d.Severity == hcl.DiagWarning {
			t.Severity = "warning"
		}
		if r := d.Subject; r != nil {
			t.File = filepath.ToSlash(r.Filename)
			t.Start, t.End = &Position{r.Start.Line, r.Start.Column, r.Start.Byte}, &Position{r.End.Line, r.End.Column, r.End.Byte}
			t.utf16 = [2]int{r.Start.Column, r.End.Column}
			if f := files[r.Filename]; f != nil {
				src := f.Bytes
				t.Snippet = snippet(src, *r, mask).text
				t.utf16 = [2]int{utf16Column(src, r.Start.Byte), utf16Column(src, r.End.Byte)}
			}
		}
		t.Values = valuesOf(d, mask)
		out = append(out, t)
	}
	return out
}

// shownValue is how much of a value is shown, in characters. It is cut after it was
// redacted, as half of a secret would not be known.
const shownValue = 80

// valuesOf are the values that an expression worked on which failed, redacted, and then cut.
func valuesOf(d *hcl.Diagnostic, mask func(string) string) []code.Involved {
	failed, _ := d.Extra.(diag.Evaluated)
	return Values(failed.Values, mask)
}

// Values are what a failing program worked on, fit to be shown: redacted, and then cut.
func Values(values []code.Involved, mask func(string) string) []code.Involved {
	var out []code.Involved
	for _, v := range values {
		v.Text = prose.Cut(mask(v.Text), shownValue)
		out = append(out, v)
	}
	return out
}
