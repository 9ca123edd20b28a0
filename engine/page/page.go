// Package page walks the pages of an answer. Each kind of paginator is one
// file with one Kind: what a mapping may say about it, and how it moves on.
package page

import (
	"errors"
	"fmt"
	"net/http"

	"tqmap/dsl"
)

// Paginator holds the place in one window. It is used by one goroutine.
type Paginator interface {
	// Vars is what the request of the present page reads as page.<name>.
	Vars() map[string]any
	// Next takes note of an answer and says how to go on. An error ends the walk;
	// the records of the answer are good all the same. An *EmptyError says
	// that the server holds records back.
	Next(Answer) (Step, error)
}

// Step is how the walk goes on after an answer.
type Step struct {
	// Target, where it is not empty, is where the next request goes, an absolute URL,
	// in place of the path and query that the request block declares. What else the
	// request says (method, headers, body) stays.
	Target string
	// More: ask for another page.
	More bool
	// Back: records may have slipped past before this answer, so the next page begins further
	// back. It repeats what this answer holds; until then there is a gap before it.
	Back bool
}

// Answer is what a Paginator may look at.
type Answer struct {
	Body    any // decoded
	Records int // as received, before any are left out
	Header  http.Header
	// URL is the address that was asked, with its query.
	URL string
	// Eval runs a jq attribute of the paginate block over Body.
	Eval func(*dsl.Val) (any, error)
}

// Kind is one kind of paginator.
type Kind struct {
	Spec *dsl.Block
	New  func(n *dsl.Node, s *dsl.Scoped) (Paginator, error)
}

// Kinds are all paginators, in the order of the reference pages.
func Kinds() []Kind { return []Kind{noneKind, offsetKind} }

// New starts a Paginator for n, which may be nil: one page.
func New(n *dsl.Node, s *dsl.Scoped) (Paginator, error) {
	if n == nil {
		return &none{}, nil
	}
	for _, k := range Kinds() {
		if k.Spec.Type == n.Kind() {
			return k.New(n, s)
		}
	}
	return nil, fmt.Errorf("no paginator %q", n.Kind())
}

// EmptyError says that a page was empty although the server announced more.
// What was received before it is good.
type EmptyError struct{ Offset, Total int }

func (e *EmptyError) Error() string {
	return fmt.Sprintf("the page at offset %d came back empty although the server says there are %d records; the rest is read again in the next run", e.Offset, e.Total)
}

// ErrTooManyPages says that max_pages was reached and the server has more.
var ErrTooManyPages = errors.New("max_pages reached; narrow the window or raise max_pages")
