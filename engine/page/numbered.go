package page

import "tqmap/dsl"

// numberedAttrs are the rules of the kinds that count: pages or records.
func numberedAttrs() []dsl.Attr {
	return []dsl.Attr{
		totalAttr, totalPagesAttr, hasMoreAttr, stopAttr, idsAttr, shortPageAttr,
		onEmptyAttr(onEmptyStop, "\"continue\" where pages in the middle may be empty: each page then stands for size records, whatever it holds."),
		maxPagesAttr, maxRecordsAttr, resetAttr,
	}
}

// numbered is the walk of the kinds that count.
type numbered struct {
	rules
	whole bool // only whole pages can be asked for
	reset int  // 0: never

	index  int   // of the present page, from 0
	at     int   // records before the present page
	starts []int // of whole pages: the records before each page so far
	last   int   // total of the answer before, -1: none yet
	met    met
}

func readNumbered(n *dsl.Node, r *dsl.Reading) numbered {
	w := numbered{rules: readRules(n, r, onEmptyStop), last: -1}
	w.reset = count(r, "reset", 0, 1, "Bad limit", "Begin again after at least one record.")
	if w.reset > 0 && w.size > w.reset {
		r.Fail("reset", "Bad limit", "One page of %d records reaches beyond %d already.", w.size, w.reset)
	}
	if r.Bool("short_page", false) && n.Val("size") == nil {
		r.Fail("short_page", "No size", "What a short page is depends on \"size\".")
	}
	if w.onEmpty == onEmptyContinue {
		w.checkEndless(n, r)
	}
	if w.ids != nil && w.total != nil {
		r.Fail("ids", "Rules that clash", "Where the total shrinks, pages are read again, which bring nothing new: leave ids out, or total.")
	}
	return w
}

// checkEndless refuses a walk that nothing would end. An empty page ends all others.
func (w *numbered) checkEndless(n *dsl.Node, r *dsl.Reading) {
	switch {
	case w.short:
		r.Fail("on_empty", "Rules that clash", "An empty page is a short page, too, so with short_page it is always the last one.")
	case !w.declares() && n.Val("max_pages") == nil && n.Val("max_records") == nil:
		r.Fail("on_empty", "Endless paging", "If an empty page is not the end, something else must be: add total, total_pages, has_more, stop or max_pages.")
	}
}

// sized is what page.size reads as.
func (w *numbered) sized() any {
	if w.size == 0 {
		return nil
	}
	return w.size
}

func (w *numbered) Next(a Answer) (Step, error) {
	s, err := w.hear(a)
	if err != nil {
		return Step{}, err
	}
	if old, err := w.met.all(a, w.ids); err != nil || old {
		return Step{Seen: old, Note: w.met.note(w.index, a.Records >= w.size)}, err
	}
	step, err := w.move(a.Records, s)
	step.Note = s.note
	if err != nil {
		return step, err
	}
	return w.limit(a.Records, step)
}

func (w *numbered) move(records int, s said) (Step, error) {
	gone := 0
	if s.total >= 0 {
		gone, w.last = w.last-s.total, s.total
	}
	switch {
	case s.stop:
		return Step{}, nil
	case gone > 0 && w.at > 0:
		// Records left the window while we paged and those behind them moved up:
		// as many as are gone may have slipped past just before this page.
		w.back(gone)
		return Step{More: s.total > 0, Back: true}, nil
	case records == 0 && !w.goesOn(s):
		return Step{}, w.empty(s)
	}
	w.advance(records)
	switch {
	case w.ended(records, s):
		return Step{}, nil
	case w.reset > 0 && w.at+max(w.size, 1) > w.reset:
		w.index, w.at, w.starts, w.last, w.met = 0, 0, nil, -1, nil
		return Step{More: true, Restart: true}, nil
	}
	return Step{More: true}, nil
}

func (w *numbered) back(gone int) {
	to := max(0, w.at-gone)
	if !w.whole {
		w.at = to
		return
	}
	for w.index > 0 && w.at > to {
		w.index--
		w.at = w.starts[w.index]
	}
	w.starts = w.starts[:w.index]
}

func (w *numbered) advance(records int) {
	if w.whole {
		w.starts = append(w.starts, w.at)
	}
	w.index++
	if w.onEmpty == onEmptyContinue { // places may be empty, so what was received tells nothing
		records = max(records, w.size)
	}
	w.at += records
}

// goesOn says whether an empty page is one of many. Where the server was to tell
// and says nothing, it is the end.
func (w *numbered) goesOn(s said) bool {
	return w.onEmpty == onEmptyContinue && !s.last && (s.spoke || !w.declared())
}

// empty is the end at an empty page, an error where more was announced.
func (w *numbered) empty(s said) error {
	if s.last {
		return nil
	}
	if w.at < s.total || s.more || s.total < 0 && w.index < s.pages {
		return &EmptyError{Offset: w.at, Total: s.total}
	}
	return nil
}

func (w *numbered) ended(records int, s said) bool {
	switch {
	case s.last, w.short && records < w.size:
		return true
	case s.total >= 0:
		return w.at >= s.total
	case s.pages >= 0:
		return w.index >= s.pages
	}
	return false
}
