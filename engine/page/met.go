package page

import (
	"fmt"

	"tqmap/dsl"
	"tqmap/dsl/code"
)

// met is what the walk has met so far, as hashes of what identifies a record.
type met map[[16]byte]bool

// all says whether the records of an answer were all met before. An answer without
// any decides nothing.
func (m *met) all(a Answer, ids *dsl.Val) (bool, error) {
	if ids == nil {
		return false, nil
	}
	got, err := a.Eval(ids)
	if err != nil {
		return false, err
	}
	list, ok := got.([]any)
	if !ok && got != nil {
		return false, fmt.Errorf("the ids at %s are no list, but %s", ids.Range, kindOf(got))
	}
	if *m == nil {
		*m = met{}
	}
	old, fresh := 0, 0
	for _, id := range list {
		text, ok := code.Text(id)
		switch {
		case id == nil: // the record has none
		case !ok:
			return false, fmt.Errorf("the ids at %s must be texts or numbers, one is %s", ids.Range, kindOf(id))
		case (*m)[hashOf(text)]:
			old++
		default:
			(*m)[hashOf(text)] = true
			fresh++
		}
	}
	return old > 0 && fresh == 0, nil
}

// note speaks up where a server may look at no page number at all: then one full page is all
// that is ever seen.
func (m met) note(index int, full bool) string {
	if index != 1 || !full {
		return ""
	}
	return "the second page brings nothing new and is taken for the end; if there must be more, the server does not take the paging values where the request puts them"
}
