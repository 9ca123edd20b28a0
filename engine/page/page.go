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
	// the records of the answer are good all the same. HeldBack tells which
	// errors only say that there is more for a later run.
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
	// Restart comes with More: the server does not page deeper. The next page is the first one of a
	// new window that begins at the latest cursor seen. If that is where the present window began,
	// nothing would change, and the walk must fail. The Paginator stands at its first page already and
	// is to be kept, as its limits go on counting.
	Restart bool
	// Seen: the answer holds only what pages before it held, and is the end as such.
	Seen bool
	// Note is something the operator should know, said once in a walk.
	Note string
}

// Answer is what a Paginator may look at.
type Answer struct {
	Body    any // decoded
	Records int // as received, before any are left out
	Header  http.Header
	// URL is the address that answered, absolute; its query may be left out.
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
func Kinds() []Kind {
	return []Kind{noneKind, pageKind, offsetKind, cursorKind, nextURLKind, linkHeaderKind}
}

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
type EmptyError struct {
	Offset int // records received before the page
	Total  int // as announced; -1 where the server says only that there is more
}

func (e *EmptyError) Error() string {
	announced := "there is more"
	if e.Total >= 0 {
		announced = fmt.Sprintf("there are %d records", e.Total)
	}
	return fmt.Sprintf("the page at offset %d came back empty although the server says %s; the rest is read again in the next run", e.Offset, announced)
}

// LimitError says that max_records was reached and the server has more. What was
// received is good.
type LimitError struct{ Records, Limit int }

func (e *LimitError) Error() string {
	return fmt.Sprintf("max_records = %d reached with %d records, and the server has more; the rest is left to the next run", e.Limit, e.Records)
}

// HeldBack tells whether err only says that there is more for a later run: then an
// ascending flow may go on from what it has, and the run has not failed.
func HeldBack(err error) bool {
	var empty *EmptyError
	var limit *LimitError
	return errors.As(err, &empty) || errors.As(err, &limit)
}

var (
	// ErrTooManyPages says that max_pages was reached and the server has more.
	ErrTooManyPages = errors.New("max_pages reached; narrow the window or raise max_pages")
	// ErrLoop says that an answer points to a page that was read before.
	ErrLoop = errors.New("pagination loop")
)
