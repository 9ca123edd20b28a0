package code

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl/prose"
)

// maxSource is the longest program accepted, in bytes.
const maxSource = 64 << 10

// EvalError is a program that failed on a record or response. It names places,
// kinds and functions, never a value of the record.
type EvalError struct {
	diags    hcl.Diagnostics
	cause    error
	stage    string
	involved []Involved
}

// Error says where and what, on one line.
func (e *EvalError) Error() string {
	d := e.diags[0]
	return fmt.Sprintf("%s: %s: %s", Place(d.Subject), d.Summary, d.Detail)
}

// Place is file:line:column of where r begins, as terminals and editors take it; "" for nil.
func Place(r *hcl.Range) string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", r.Filename, r.Start.Line, r.Start.Column)
}

// Diagnostics are the failure with its place in the mapping file. They are never empty.
func (e *EvalError) Diagnostics() hcl.Diagnostics { return e.diags }

// Stage is the stage of a pipe of jq that failed, as it is written; "" for expr.
func (e *EvalError) Stage() string { return e.stage }

// Involved are the values that the failing part of the program worked on, a few at most.
// They are not for logs: see [Involved].
func (e *EvalError) Involved() []Involved { return e.involved }

// Unwrap is what a called function, or the context, reported; else nil.
func (e *EvalError) Unwrap() error { return e.cause }

func problem(subject, context hcl.Range, summary, detail string) *hcl.Diagnostic {
	if subject.Empty() {
		context = subject
	}
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &subject, Context: &context}
}

// problem reports the bytes from..to of the code. Nothing at the end of the code
// is pointed at by the last thing that stands there.
func (s Source) problem(from, to int, summary, format string, args ...any) *hcl.Diagnostic {
	if from >= len(strings.TrimRight(s.Text, " \t\n")) {
		to = len(strings.TrimRight(s.Text, " \t\n"))
		from = max(0, to-1)
		for from > 0 && s.Text[from]&0xC0 == 0x80 { // not inside a rune
			from--
		}
	}
	subject := s.Range(from, to)
	return problem(subject, s.whole, summary, fmt.Sprintf(format, args...))
}

func (s Source) fail(cause error, from, to int, summary, format string, args ...any) *EvalError {
	return &EvalError{diags: hcl.Diagnostics{s.problem(from, to, summary, format, args...)}, cause: cause}
}

// tooLong reports code over maxSource.
func (s Source) tooLong() hcl.Diagnostics {
	if len(s.Text) <= maxSource {
		return nil
	}
	return hcl.Diagnostics{problem(s.whole, s.whole, "Code too long", fmt.Sprintf("A program has at most %d bytes, this one has %d. Split it into several attributes.", maxSource, len(s.Text)))}
}

// Suggest ends a message with the nearest known name, or with all of them where
// they are few; "" where neither helps.
func Suggest(got string, known []string) string {
	if near := Near(got, known); near != "" {
		return prose.DidYouMean(near)
	}
	if len(known) > 0 && len(known) <= 20 {
		return " Known: " + strings.Join(slices.Sorted(slices.Values(known)), ", ") + "."
	}
	return ""
}

// Near returns the known name that got may be a slip of, or "".
func Near(got string, known []string) string {
	best, distance := "", min(max(2, len(got)/3)+1, utf8.RuneCountInString(got))
	for _, k := range slices.Sorted(slices.Values(known)) { // of two as near, always the same one
		if d := levenshtein.Distance(strings.ToLower(got), strings.ToLower(k), nil); d < distance {
			best, distance = k, d
		}
	}
	return best
}
