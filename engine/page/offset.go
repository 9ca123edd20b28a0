package page

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
)

var offsetKind = Kind{
	Spec: &dsl.Block{
		Type: "offset", Provides: []string{"size", "offset"},
		Summary: "page.offset counts the records received so far. Ends at the total, where none is declared at a short page, and always at an empty one.",
		Attrs: []dsl.Attr{
			{Name: "size", Type: cty.Number, Scope: dsl.Run, Required: true, Summary: "Records to ask for, read as page.size. The server may give fewer, if there is a total."},
			{Name: "total", Holds: dsl.JQ, Summary: "Hit count in the answer, a number or its text. Where it shrinks between pages, that many records are read again, so that none is jumped over; an answer without it means: read on to an empty page."},
			{Name: "max_pages", Type: cty.Number, Scope: dsl.Run, Default: "10000", Summary: "Give up after so many pages."},
		},
	},
	New: newOffset,
}

type offset struct {
	count     *dsl.Val // the total; nil: none declared
	size, max int
	pages     int
	at        int
	total     int // of the answer before, -1: none yet
}

func newOffset(n *dsl.Node, s *dsl.Scoped) (Paginator, error) {
	r := n.Read(s)
	o := &offset{count: n.Val("total"), size: r.Int("size", 0), max: r.Int("max_pages", 10000), total: -1}
	if r.Err() == nil && o.size < 1 {
		r.Fail("size", "Bad page size", "Ask for at least one record at a time.")
	}
	if r.Err() == nil && o.max < 1 {
		r.Fail("max_pages", "Bad page limit", "Allow at least one page.")
	}
	return o, r.Err()
}

func (o *offset) Vars() map[string]any {
	return map[string]any{"size": o.size, "offset": o.at}
}

func (o *offset) Next(a Answer) (Step, error) {
	total, err := o.readTotal(a)
	if err != nil {
		return Step{}, err
	}
	step, err := o.advance(a.Records, total)
	if o.pages++; step.More && o.pages >= o.max {
		return Step{}, fmt.Errorf("after %d pages: %w", o.pages, ErrTooManyPages)
	}
	return step, err
}

func (o *offset) advance(records, total int) (Step, error) {
	gone := 0
	if total >= 0 {
		gone, o.total = o.total-total, total
	}
	switch {
	case gone > 0 && o.at > 0:
		// Records left the window while we paged and those behind them moved up:
		// as many as are gone may have slipped past just before this page.
		o.at = max(0, o.at-gone)
		return Step{More: total > 0, Back: true}, nil
	case records == 0 && o.at < total:
		return Step{}, &EmptyError{Offset: o.at, Total: total}
	case records == 0:
		return Step{}, nil
	}
	o.at += records
	switch {
	case total >= 0:
		return Step{More: o.at < total}, nil
	case o.count != nil: // the server may give short pages, so only an empty one is the end
		return Step{More: true}, nil
	}
	return Step{More: records >= o.size}, nil
}

// readTotal returns -1 where no total is declared or the answer has none.
func (o *offset) readTotal(a Answer) (int, error) {
	if o.count == nil {
		return -1, nil
	}
	got, err := a.Eval(o.count)
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
	return 0, fmt.Errorf("the total at %s is not a number of records: %.80q", o.count.Range, fmt.Sprint(got))
}
