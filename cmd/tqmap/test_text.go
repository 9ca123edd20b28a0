package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"tqmap/engine"
)

// testText tells of the tests to people.
func (a *app) testText(w io.Writer, f testFlags, all []*tested) error {
	var b strings.Builder
	tests, failed := 0, 0
	for _, t := range all {
		if len(all) > 1 {
			fmt.Fprintf(&b, "%s\n", t.mapping.Connector.Name)
		}
		for _, r := range t.results {
			testLine(&b, f, t, r)
		}
		for _, change := range t.changes {
			fmt.Fprintln(&b, change)
		}
		if t.coverage != nil {
			coverageText(&b, f, t)
		}
		tests, failed = tests+len(t.results), failed+t.failed()
	}
	updated := 0
	for _, t := range all {
		updated += len(t.updated)
	}
	fmt.Fprintf(&b, "%d tests, %d failed", tests, failed)
	if updated > 0 {
		fmt.Fprintf(&b, ", %d updated", updated)
	}
	b.WriteString(".\n")
	_, err := io.WriteString(w, a.text(b.String()))
	return err
}

func testLine(b *strings.Builder, f testFlags, t *tested, r engine.TestResult) {
	word, took := "FAIL", ""
	switch {
	case r.Passed():
		word = "ok"
	case t.updated[r.Test.Name]:
		word = "new"
	}
	if f.verbose {
		took = fmt.Sprintf(" (%s)", r.Took.Round(10*time.Microsecond))
	}
	fmt.Fprintf(b, "%-5s %s%s\n", word, r.Test.Name, took)
	if word == "FAIL" {
		b.WriteString(shifted("      ", failureText(t.mapping.Files, r)))
	}
}

// failureText is why a test failed.
func failureText(files map[string]*hcl.File, r engine.TestResult) string {
	if r.Err != nil {
		return r.Err.Error() + "\n"
	}
	var b strings.Builder
	shown := map[hcl.Range]bool{}
	for _, m := range r.Mismatches {
		mismatchText(&b, files, m, shown)
	}
	return b.String()
}

// manyDifferences is how many differences of one value are told.
const manyDifferences = 10

func mismatchText(b *strings.Builder, files map[string]*hcl.File, m engine.Mismatch, shown map[hcl.Range]bool) {
	if m.Side == "" {
		fmt.Fprintf(b, "%s: %s\n", spot(m.At), m.Text)
		notesText(b, m)
	}
	for i, d := range m.Differences {
		if i == manyDifferences {
			fmt.Fprintf(b, "  … and %d more differences\n", len(m.Differences)-i)
			break
		}
		want, got := sides(d)
		if m.Side == "" { // of a request that nothing is for
			fmt.Fprintf(b, "  differs   %s: expected %s, sent %s\n", pathOf(d.Path), want, got)
			continue
		}
		at := d.At
		if at.Filename == "" {
			at = m.At
		}
		fmt.Fprintf(b, "%s: %s: %s is not as expected\n", spot(at), m.Of, pathOf(append([]any{m.Field}, d.Path...)))
		fmt.Fprintf(b, "  %-9s %s\n  %-9s %s\n", "expected", want, m.Side, got)
		madeBy(b, files, d, shown)
	}
	if m.Side != "" {
		notesText(b, m)
	}
}

func notesText(b *strings.Builder, m engine.Mismatch) {
	for _, note := range m.Notes {
		b.WriteString(shifted("  ", note+"\n"))
	}
}

// madeBy shows what in the mapping made the value; each place once.
func madeBy(b *strings.Builder, files map[string]*hcl.File, d engine.Difference, shown map[hcl.Range]bool) {
	at := d.Made
	switch f := files[at.Filename]; {
	case at.Filename == "":
	case !d.Found && at.Start.Line != at.End.Line: // not made at all: the whole of what it would be in
		fmt.Fprintf(b, "  see       %s\n", spot(at))
	default:
		fmt.Fprintf(b, "  made by   %s\n", spot(at))
		if f != nil && !shown[at] {
			shown[at] = true
			b.WriteString(snippet(f.Bytes, at, unmasked).String())
		}
	}
}

// sides are the two values as they are shown.
func sides(d engine.Difference) (want, got string) {
	want, got = "nothing", "nothing"
	if d.Expected {
		want = asJSON(d.Want)
	}
	if d.Found {
		got = asJSON(d.Got)
	}
	return sameCut(want, got)
}

func asJSON(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(b.String())
}

// longValue is how many characters of a value are shown as they are.
const longValue = 160

// sameCut cuts two long values to the part in which they begin to differ.
func sameCut(a, b string) (string, string) {
	if utf8.RuneCountInString(a) <= longValue && utf8.RuneCountInString(b) <= longValue {
		return a, b
	}
	x, y := []rune(a), []rune(b)
	same := 0
	for same < min(len(x), len(y)) && x[same] == y[same] {
		same++
	}
	from := max(0, same-40)
	return cutAround(x, from), cutAround(y, from)
}

func cutAround(text []rune, from int) string {
	from = min(from, len(text))
	end := min(len(text), from+longValue-20)
	out := string(text[from:end])
	if from > 0 {
		out = "…" + out
	}
	if end < len(text) {
		out += fmt.Sprintf("… (%d characters)", len(text))
	}
	return out
}

// pathOf is "attributes.Severity" or "[1]".
func pathOf(path []any) string {
	var b strings.Builder
	for _, step := range path {
		if name, ok := step.(string); ok {
			b.WriteString("." + name)
		} else {
			fmt.Fprintf(&b, "[%d]", step)
		}
	}
	return strings.TrimPrefix(b.String(), ".")
}

func spot(at hcl.Range) string {
	return fmt.Sprintf("%s:%d:%d", at.Filename, at.Start.Line, at.Start.Column)
}

func shifted(by, text string) string {
	return by + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+by) + "\n"
}

// coverageText is the table of what was exercised, and what was not.
func coverageText(b *strings.Builder, f testFlags, t *tested) {
	c := t.coverage
	fmt.Fprintf(b, "\nCoverage of %s\n", t.mapping.Connector.Name)
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, k := range c.Kinds {
		fmt.Fprintf(w, "  %s\t%d of %d\t%5.1f %%\n", k.Kind, k.Covered, k.Total, percent(k.Covered, k.Total))
	}
	fmt.Fprintf(w, "  total\t%d of %d\t%5.1f %%\n", c.Covered, c.Total, c.Percent)
	w.Flush()
	if len(c.Missing) > 0 {
		b.WriteString("Not covered\n")
		for _, p := range c.Missing {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", spot(p.At), p.Name, p.Missing)
		}
		w.Flush()
	}
	if t.thin {
		fmt.Fprintf(b, "The coverage is below %g %%.\n", f.least)
	}
	b.WriteByte('\n')
}

func percent(part, of int) float64 {
	if of == 0 {
		return 100
	}
	return 100 * float64(part) / float64(of)
}

// unmasked leaves a line to the redactor, which all that is printed passes.
func unmasked(line string) string { return line }
