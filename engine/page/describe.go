package page

import (
	"fmt"
	"strings"

	"tqmap/dsl"
)

// describeRules says in words what ends a walk, in the order in which it is asked. size says
// that the kind counts records, so that a short page can be the end.
func describeRules(r *dsl.Reading, own, onEmpty string) string {
	var ends []string
	for _, rule := range []struct{ name, words string }{
		{"stop", "where %s is true"},
		{"has_more", "where %s is false"},
		{"total", "once as many records came as %s says"},
		{"total_pages", "once as many pages came as %s says"},
		{"ids", "at a page that brings none that is new by %s"},
	} {
		if q := r.Code(rule.name); q != "" {
			ends = append(ends, fmt.Sprintf(rule.words, q))
		}
	}
	if own != "" {
		ends = append(ends, own)
	}
	w := readRules(r.Node(), r, onEmpty)
	if w.short && w.size > 0 {
		ends = append(ends, fmt.Sprintf("at a page of fewer than %d records", w.size))
	}
	if w.onEmpty == onEmptyStop {
		ends = append(ends, "at an empty page")
	}
	text := "It ends " + strings.Join(ends, ", or ") + fmt.Sprintf("; and fails after %d pages.", w.maxPages)
	if w.maxRecords > 0 {
		text += fmt.Sprintf(" After %d records the rest is left to the next run.", w.maxRecords)
	}
	return text
}

// asksFor is how many records are asked for at once.
func asksFor(r *dsl.Reading) string {
	if size := r.Show("size"); size != "" {
		return " Asks for " + size + " records at once (page.size)."
	}
	return ""
}

// describeNumbered is for the kinds that count.
func describeNumbered(r *dsl.Reading, counts string) string {
	text := counts + asksFor(r) + " " + describeRules(r, "", onEmptyStop)
	if r.Code("total") != "" {
		text += " Where the total shrinks between pages, as many records are read again."
	}
	if at := r.Show("reset"); at != "" {
		text += " The server does not page deeper than " + at + " records: before that it begins again in a window that starts at the latest cursor."
	}
	return text
}
