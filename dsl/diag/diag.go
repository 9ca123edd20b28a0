// Package diag is the catalogue of everything that a mapping, its settings and its
// records can be told to be wrong: a code for each, with an explanation and an example.
//
// The summary of a diagnostic is what it is known by, so code that reports one gives a
// summary of the catalogue and no code. A test reads the sources and finds those that are
// not in it.
package diag

import (
	"cmp"
	"embed"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl/code"
)

// Entry is one thing that can be wrong.
type Entry struct {
	Code     string // TQ and four digits, the first two of them the family; never reused
	Severity hcl.DiagnosticSeverity
	// Either says that some of these are warnings, where it only may be a mistake or does
	// little harm. Severity then is that of the worse.
	Either  bool
	Summary string
	// Also are other summaries with this code, mostly those of HCL itself.
	Also []string
	// Text explains the mistake, in paragraphs.
	Text string
	// Wrong and Right are what stands in a mapping, and should, as HCL. Both are "" where
	// it is not the mapping that is wrong.
	Wrong, Right string
	// Next is what to do.
	Next string
}

// Family is the codes about one subject.
type Family struct {
	Code  string // the first digits, such as "TQ02"
	Title string
}

// Families are the families, in the order of their codes.
func Families() []Family {
	return []Family{
		{"TQ01", "reading the file: syntax"},
		{"TQ02", "names, attributes and blocks"},
		{"TQ03", "values and types"},
		{"TQ04", "embedded jq and expr, when the file is loaded"},
		{"TQ05", "clients, authentication, requests, paging, windows, rules"},
		{"TQ06", "records, objects, tables, sinks and tests"},
		{"TQ07", "samples and the shape of records"},
		{"TQ08", "a record, when it is mapped or delivered"},
		{"TQ09", "settings of the operator"},
	}
}

// Codes of what HCL says in words that the catalogue does not have.
const (
	otherSyntax     = "TQ0100"
	otherEvaluation = "TQ0300"
	// otherRecord is the code of a record that failed with an error without words of its own.
	otherRecord = "TQ0800"
)

// Evaluated is the Extra of a diagnostic about an expression, whose own fields for that are
// taken away because they lead to secrets.
type Evaluated struct {
	// Values are those that the expression names, without the sensitive ones.
	Values []code.Involved
}

// Of is the entry that d is an example of. What is not in the catalogue has the code for any
// mistake of syntax, or of evaluation where d is about an expression.
func Of(d *hcl.Diagnostic) Entry {
	if e, ok := Named(d.Summary); ok {
		return e
	}
	generic := otherSyntax
	if _, evaluated := d.Extra.(Evaluated); evaluated || d.Expression != nil || d.EvalContext != nil {
		generic = otherEvaluation
	}
	e, _ := Find(generic)
	return e
}

// Named is the entry with this summary.
func Named(summary string) (Entry, bool) {
	e, ok := read().named[summary]
	return e, ok
}

// OfRecord is the entry of what went wrong with a record; an unknown summary, or "", has the
// code of any failure.
func OfRecord(summary string) Entry {
	if e, ok := Named(summary); ok {
		return e
	}
	e, _ := Find(otherRecord)
	return e
}

// Find is the entry with this code, in small or capital letters.
func Find(code string) (Entry, bool) {
	e, ok := read().coded[strings.ToUpper(strings.TrimSpace(code))]
	return e, ok
}

// All are the entries, by code.
func All() []Entry { return slices.Clone(read().all) }

//go:embed catalogue/*.txt
var files embed.FS

type catalogue struct {
	all          []Entry
	named, coded map[string]Entry
	problems     []string // what is wrong with the files, for the test
}

var read = sync.OnceValue(func() *catalogue {
	c := &catalogue{named: map[string]Entry{}, coded: map[string]Entry{}}
	names, _ := fs.Glob(files, "catalogue/*.txt")
	for _, name := range names {
		text, _ := fs.ReadFile(files, name)
		entries, problems := parse(string(text))
		c.all = append(c.all, entries...)
		for _, p := range problems {
			c.problems = append(c.problems, name+": "+p)
		}
	}
	slices.SortStableFunc(c.all, func(a, b Entry) int { return cmp.Compare(a.Code, b.Code) })
	for _, e := range c.all {
		if _, taken := c.coded[e.Code]; taken {
			c.problems = append(c.problems, e.Code+": there are two of it")
		}
		c.coded[e.Code] = e
		for _, summary := range append([]string{e.Summary}, e.Also...) {
			if other, taken := c.named[summary]; taken {
				c.problems = append(c.problems, e.Code+": "+other.Code+" has the summary "+summary)
			}
			c.named[summary] = e
		}
	}
	return c
})
