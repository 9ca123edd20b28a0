package page

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
)

var offsetKind = Kind{
	Spec: &dsl.Block{
		Type: "offset", Provides: []string{"size", "offset"},
		Summary: "page.offset counts the records received so far. Ends at the total, else at a short page, and always at an empty one.",
		Attrs: []dsl.Attr{
			{Name: "size", Type: cty.Number, Scope: dsl.Run, Required: true, Summary: "Records to ask for, read as page.size. The server may give fewer."},
			{Name: "total", Holds: dsl.JQ, Summary: "Hit count in the answer. Where it shrinks between pages, that many records are read again, so that none is jumped over."},
			{Name: "max_pages", Type: cty.Number, Scope: dsl.Run, Default: "10000", Summary: "Give up after so many pages."},
		},
	},
	New: newOffset,
}

type offset struct {
	n         *dsl.Node
	size, max int
	pages     int
	at        int
	total     int // of the answer before, -1: none yet
}

func newOffset(n *dsl.Node, s *dsl.Scoped) (Paginator, error) {
	r := n.Read(s)
	o := &offset{n: n, size: r.Int("size", 0), max: r.Int("max_pages", 10000), total: -1}
	if r.Err() == nil && o.size < 1 {
		r.Fail("size", "Bad page size", "Ask for at least one record at a time.")
	}
	return o, r.Err()
}

func (o *offset) Vars() map[string]any {
	return map[string]any{"size": o.size, "offset": o.at}
}

func (o *offset) Next(a Answer) (bool, error) {
	o.pages++
	total, err := o.readTotal(a)
	if err != nil {
		return false, err
	}
	shrink := 0
	if o.total > total && total >= 0 {
		shrink = o.total - total
	}
	o.total = total
	switch {
	case o.pages >= o.max && a.Records > 0:
		return false, fmt.Errorf("after %d pages: %w", o.pages, ErrTooManyPages)
	case shrink > 0:
		// Records left the window while we paged and those behind them moved up:
		// as many as are gone may have slipped past just before this page.
		o.at = max(0, o.at-shrink)
		return total > 0, nil
	case a.Records == 0 && o.at < total:
		return false, &EmptyError{Offset: o.at, Total: total}
	case a.Records == 0:
		return false, nil
	}
	o.at += a.Records
	if total >= 0 {
		return o.at < total, nil
	}
	return a.Records >= o.size, nil
}

// readTotal returns -1 where no total is declared or the answer has none.
func (o *offset) readTotal(a Answer) (int, error) {
	v := o.n.Val("total")
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
		return n, nil
	case float64:
		return int(n), nil
	}
	return 0, fmt.Errorf("the total at %s is not a number: %v", v.Range, got)
}
