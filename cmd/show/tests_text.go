package show

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl"
	"tqmap/dsl/prose"
	"tqmap/engine"
)

// Tests is what became of the tests of one mapping.
type Tests struct {
	Mapping  *dsl.Mapping
	Results  []engine.TestResult
	Coverage *engine.Coverage // nil: not asked for
	Least    float64          // how much of it was asked for, in percent
	Updated  map[string]bool  // names of tests whose expectations were written anew
	Changes  []string         // that were made of expectations, or could not
}

// Failed counts the tests that did, and were not updated.
func (t *Tests) Failed() int {
	n := 0
	for _, r := range t.Results {
		if !r.Passed() && !t.Updated[r.Test.Name] {
			n++
		}
	}
	return n
}

// Thin says that there is less coverage than was asked for.
func (t *Tests) Thin() bool { return t.Coverage != nil && t.Coverage.Percent < t.Least }

// TestsText tells of the tests to people; verbose with the time that each took.
func TestsText(all []*Tests, verbose bool) string {
	var b strings.Builder
	tests, failed := 0, 0
	for _, t := range all {
		if len(all) > 1 {
			fmt.Fprintf(&b, "%s\n", t.Mapping.Connector.Name)
		}
		for _, r := range t.Results {
			testLine(&b, verbose, t, r)
		}
		for _, change := range t.Changes {
			fmt.Fprintln(&b, change)
		}
		if t.Coverage != nil {
			coverageText(&b, t)
		}
		tests, failed = tests+len(t.Results), failed+t.Failed()
	}
	updated := 0
	for _, t := range all {
		updated += len(t.Updated)
	}
	fmt.Fprintf(&b, "%s, %d failed", prose.Number(tests, "test"), failed)
	if updated > 0 {
		fmt.Fprintf(&b, ", %d updated", updated)
	}
	b.WriteString(".\n")
	return b.String()
}

func testLine(b *strings.Builder, verbose bool, t *Tests, r engine.TestResult) {
	word, took := "FAIL", ""
	switch {
	case r.Passed():
		word = "ok"
	case t.Updated[r.Test.Name]:
		word = "new"
	}
	if verbose {
		took = fmt.Sprintf(" (%s)", r.Took.Round(10*time.Microsecond))
	}
	fmt.Fprintf(b, "%-5s %s%s\n", word, r.Test.Name, took)
	if word == "FAIL" {
		b.WriteString(shifted("      ", failureText(t.Mapping.Files, r)))
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
		fmt.Fprintf(b, "%s: %s\n", Place(m.At), m.Text)
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
		fmt.Fprintf(b, "%s: %s: %s is not as expected\n", Place(at), m.Of, pathOf(append([]any{m.Field}, d.Path...)))
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
		fmt.Fprintf(b, "  see       %s\n", Place(at))
	default:
		fmt.Fprintf(b, "  made by   %s\n", Place(at))
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
		want = prose.JSON(d.Want)
	}
	if d.Found {
		got = prose.JSON(d.Got)
	}
	return sameCut(want, got)
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

func shifted(by, text string) string {
	return by + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+by) + "\n"
}

// coverageText is the table of what was exercised, and what was not.
func coverageText(b *strings.Builder, t *Tests) {
	c := t.Coverage
	fmt.Fprintf(b, "\nCoverage of %s\n", t.Mapping.Connector.Name)
	w := aligned(b)
	for _, k := range c.Kinds {
		fmt.Fprintf(w, "  %s\t%d of %d\t%5.1f %%\n", k.Kind, k.Covered, k.Total, percent(k.Covered, k.Total))
	}
	fmt.Fprintf(w, "  total\t%d of %d\t%5.1f %%\n", c.Covered, c.Total, c.Percent)
	w.Flush()
	if len(c.Missing) > 0 {
		b.WriteString("Not covered\n")
		for _, p := range c.Missing {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", Place(p.At), p.Name, p.Missing)
		}
		w.Flush()
	}
	if t.Thin() {
		fmt.Fprintf(b, "The coverage is below %g %%.\n", t.Least)
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

// Expectations tells what of the expectations behind m was written anew.
func Expectations(m engine.Mismatch) []string {
	if len(m.Differences) == 0 {
		return []string{fmt.Sprintf("updated: %s: %s", Place(m.At), m.Text)}
	}
	var out []string
	for _, d := range m.Differences {
		want, got := sides(d)
		at := d.At
		if at.Filename == "" {
			at = m.At
		}
		out = append(out, fmt.Sprintf("updated: %s: %s: %s -> %s", Place(at), pathOf(append([]any{m.Field}, d.Path...)), want, got))
	}
	return out
}
