package scaffold

import (
	"slices"
	"strings"

	"tqmap/dsl/code"
)

// envelope is what an answer tells beside its records: jq programs, "" where it tells none.
type envelope struct {
	next, total, totalPages, more string
	link                          bool // next is an address
	numbered, zero                bool // the pages have numbers, and this one 0
	size                          int  // records on a page; 0: unknown
}

// Names of the fields of an envelope, the likeliest first.
var (
	nexts    = []string{"next", "next_cursor", "nextcursor", "next_page", "next_page_token", "nextpagetoken", "next_token", "nexttoken", "nextlink", "next_link", "next_url", "@odata.nextlink", "cursor", "continuation", "continuation_token", "after"}
	totals   = []string{"total", "total_count", "totalcount", "totalresults", "total_results", "total_hits", "total_records", "totalrecords", "totalelements", "total_elements", "count"}
	allPages = []string{"total_pages", "totalpages", "page_count", "pagecount", "pages"}
	numbers  = []string{"page", "page_number", "pagenumber", "current_page", "currentpage"}
	sizes    = []string{"limit", "per_page", "perpage", "page_size", "pagesize", "size"}
	mores    = []string{"has_more", "hasmore", "has_next", "hasnext", "more", "more_results"}
)

// enveloped looks for what tells of the next page, beside n records at path.
func enveloped(answer any, path []string, n int) envelope {
	var e envelope
	if len(path) == 0 {
		return e
	}
	t := newTable("", []any{answer})
	records := strings.Join(path, ".")
	for _, f := range t.seen {
		if f.Path == records || strings.HasPrefix(f.Path, records+".") || strings.HasPrefix(f.Path, records+"[]") || !reachable(t, f) {
			continue
		}
		e.field(f, n)
	}
	return e
}

// reachable leaves out what is in other lists; null fields count.
func reachable(t table, f code.Field) bool {
	return !strings.Contains(f.Path, "[]") && (t.reached(f.Path) || strings.EqualFold(f.Path, "@odata.nextlink"))
}

func (e *envelope) field(f code.Field, n int) {
	steps := strings.Split(f.Path, ".")
	if strings.EqualFold(f.Path, "@odata.nextlink") {
		steps = []string{f.Path}
	}
	last, text := strings.ToLower(steps[len(steps)-1]), ""
	if len(steps) > 1 && (last == "href" || last == "url" || last == "cursor" || last == "token") {
		last = strings.ToLower(steps[len(steps)-2]) // next.href
	}
	text, _ = f.Value.(string)
	number, isNumber := f.Value.(int)
	isNumber = isNumber && slices.Equal(f.Kinds, []string{"integer"})
	at := jqPath(steps)
	switch {
	case slices.Contains(nexts, last) && !slices.Contains(f.Kinds, "object") && !slices.Contains(f.Kinds, "bool"):
		e.next = at
		e.link = strings.Contains(text, "://") || strings.HasPrefix(text, "/") || strings.Contains(strings.ToLower(at), "link") || strings.Contains(last, "url")
	case slices.Contains(totals, last) && isNumber && (last != "count" || number > n):
		e.total = at
	case slices.Contains(allPages, last) && isNumber:
		e.totalPages = at
	case slices.Contains(numbers, last) && isNumber:
		e.numbered, e.zero = true, number == 0
	case slices.Contains(sizes, last) && isNumber && number > 0:
		e.size = number
	case slices.Contains(mores, last) && slices.Equal(f.Kinds, []string{"bool"}):
		e.more = at
	}
}

// paging is the kind of paginate that the answer points to.
func (e envelope) paging() string {
	switch {
	case e.next != "" && e.link:
		return "next_url"
	case e.next != "":
		return "cursor"
	case e.numbered || e.totalPages != "":
		return "page"
	case e.total != "" || e.more != "":
		return "offset"
	}
	return "none"
}
