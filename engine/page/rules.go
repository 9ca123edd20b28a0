package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
)

// The ways to go on after an empty page.
const (
	onEmptyStop     = "stop"
	onEmptyContinue = "continue"
)

// Attributes with which a mapping says where the pages end. A kind lists those that make
// sense for it; rules reads them all.
var (
	totalAttr      = dsl.Attr{Name: "total", Holds: dsl.JQ, Summary: "Hit count in the answer, a number or its text. Where it shrinks between pages, that many records are read again, so that none is jumped over. An answer without it means: read on, to an empty page if no other rule ends it."}
	totalPagesAttr = dsl.Attr{Name: "total_pages", Holds: dsl.JQ, Summary: "Number of pages in the answer, a number or its text; asked only where the answer has no total."}
	hasMoreAttr    = dsl.Attr{Name: "has_more", Holds: dsl.JQ, Summary: "Whether there are more pages: true or false, or their text. Null decides nothing."}
	stopAttr       = dsl.Attr{Name: "stop", Holds: dsl.JQ, Summary: "True on the last page, whatever the other rules say; e.g. jq(\"length == 0\")."}
	idsAttr        = dsl.Attr{Name: "ids", Holds: dsl.JQ, Summary: "What tells the records of an answer apart, as a list, e.g. jq(\"[.items[].id]\"). For servers that do not tell the end and, behind it, may answer with a page again: one that brings nothing new is the end, and not a mistake."}
	shortPageAttr  = dsl.Attr{Name: "short_page", Type: cty.Bool, Default: "true where there is a size and no other rule", Summary: "A page of fewer records than size is the last one. Not for servers that cap pages below size."}
	maxPagesAttr   = dsl.Attr{Name: "max_pages", Type: cty.Number, Scope: dsl.Run, Default: "10000", Summary: "Give up after so many pages, whatever the server announces."}
	maxRecordsAttr = dsl.Attr{Name: "max_records", Type: cty.Number, Scope: dsl.Run, Summary: "Leave the rest to the next run after so many records, counted by whole pages. Unset: no limit."}
	resetAttr      = dsl.Attr{Name: "reset", Type: cty.Number, Scope: dsl.Run, Summary: "For servers that refuse to page deeper: before a request would reach beyond so many records, begin again in a window that starts at the latest cursor. Needs order = \"ascending\"."}
)

func onEmptyAttr(def, summary string) dsl.Attr {
	return dsl.Attr{Name: "on_empty", Type: cty.String, Default: strconv.Quote(def), Summary: summary}
}

// rules say where the pages end. Whichever says so first ends it; the limits
// (max_pages, max_records) win over everything.
type rules struct {
	total, totalPages, hasMore, stop, ids *dsl.Val

	size    int  // 0: not declared
	short   bool // a page below size is the last one
	onEmpty string

	maxPages, maxRecords int // maxRecords 0: no limit
	pages, records       int // so far
	noted                bool
}

// readRules serves the check at load, too, where r leaves out what is not known yet.
func readRules(n *dsl.Node, r *dsl.Reading, onEmpty string) rules {
	out := rules{
		total: n.Val("total"), totalPages: n.Val("total_pages"), hasMore: n.Val("has_more"), stop: n.Val("stop"), ids: n.Val("ids"),
		size:       count(r, "size", 0, 1, "Bad page size", "Ask for at least one record at a time."),
		maxPages:   count(r, "max_pages", 10000, 1, "Bad page limit", "Allow at least one page."),
		maxRecords: count(r, "max_records", 0, 1, "Bad limit", "Allow at least one record."),
		onEmpty:    r.String("on_empty", onEmpty),
	}
	if out.onEmpty != onEmptyStop && out.onEmpty != onEmptyContinue {
		r.Fail("on_empty", "Unknown choice", "After an empty page, %q or %q.", onEmptyStop, onEmptyContinue)
	}
	out.short = r.Bool("short_page", !out.declared() && out.ids == nil && out.onEmpty != onEmptyContinue)
	return out
}

// count reads a whole number that must not be below least; def where it is not given.
func count(r *dsl.Reading, name string, def, least int, summary, detail string) int {
	n := r.Int(name, math.MinInt)
	switch {
	case n == math.MinInt:
		return def
	case n < least:
		r.Fail(name, summary, "%s", detail)
		return def
	}
	return n
}

// declared says whether the server itself tells the end.
func (r *rules) declared() bool {
	return r.total != nil || r.totalPages != nil || r.hasMore != nil || r.stop != nil
}

// declares is declared without rules that say the same of every answer.
func (r *rules) declares() bool {
	for _, v := range []*dsl.Val{r.total, r.totalPages, r.hasMore, r.stop} {
		if v != nil && !v.JQ().Constant() {
			return true
		}
	}
	return false
}

// said is what the rules make of one answer.
type said struct {
	stop         bool
	more, last   bool // has_more is true, is false
	total, pages int  // -1: not in this answer
	spoke        bool // at least one rule had something to say
	note         string
}

func (r *rules) hear(a Answer) (said, error) {
	var s said
	var err error
	if s.total, err = r.number(a, r.total, "total", "records"); err != nil {
		return s, err
	}
	if s.pages, err = r.number(a, r.totalPages, "total_pages", "pages"); err != nil {
		return s, err
	}
	more, toldMore, err := truth(a, r.hasMore, "has_more")
	if err != nil {
		return s, err
	}
	stop, toldStop, err := truth(a, r.stop, "stop")
	s.stop, s.more, s.last = stop, more, toldMore && !more
	s.spoke = toldMore || toldStop || s.total >= 0 || s.pages >= 0
	s.note = r.note(s)
	return s, err
}

// note speaks up once where a count that was declared is not there.
func (r *rules) note(s said) string {
	missing := r.total
	if missing == nil || s.total >= 0 {
		missing = r.totalPages
		if missing == nil || s.pages >= 0 || s.total >= 0 {
			return ""
		}
	}
	if r.noted {
		return ""
	}
	r.noted = true
	return fmt.Sprintf("the answer has no %q (%s); the other rules, or an empty page, tell the end", missing.Attr.Name, missing.Range)
}

// number returns -1 where nothing is declared or the answer has no number.
func (r *rules) number(a Answer, v *dsl.Val, name, of string) (int, error) {
	if v == nil {
		return -1, nil
	}
	got, err := a.Eval(v)
	if err != nil {
		return 0, err
	}
	switch n := got.(type) {
	case nil:
		return -1, nil
	case int:
		return max(n, -1), nil
	case float64:
		if n >= 0 && n < 1<<53 {
			return int(n), nil
		}
	case string:
		if count, err := strconv.Atoi(strings.TrimSpace(n)); err == nil {
			return max(count, -1), nil
		}
	}
	return 0, fmt.Errorf("the %s at %s is not a number of %s, it is %s", name, v.Range, of, kindOf(got))
}

// truth reads a yes or no; told is false where there is neither.
func truth(a Answer, v *dsl.Val, name string) (yes, told bool, err error) {
	if v == nil {
		return false, false, nil
	}
	got, err := a.Eval(v)
	if err != nil {
		return false, false, err
	}
	switch b := got.(type) {
	case nil:
		return false, false, nil
	case bool:
		return b, true, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(b)) {
		case "true":
			return true, true, nil
		case "false":
			return false, true, nil
		}
	}
	return false, false, fmt.Errorf("%q at %s must be true or false, it is %s", name, v.Range, kindOf(got))
}

// kindOf names the kind of a value that a server sent; the value itself may be secret.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case string:
		return "a text"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "a number that makes no sense here"
}

// limit counts an answer and puts the hard limits above what the server announces.
func (r *rules) limit(records int, step Step) (Step, error) {
	r.pages++
	r.records += records
	switch {
	case !step.More:
		return step, nil
	case r.pages >= r.maxPages:
		return Step{}, fmt.Errorf("after %d pages: %w", r.pages, ErrTooManyPages)
	case r.maxRecords > 0 && r.records >= r.maxRecords:
		return Step{}, &LimitError{Records: r.records, Limit: r.maxRecords}
	}
	return step, nil
}
