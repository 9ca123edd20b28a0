package engine

import (
	"context"
	"fmt"

	"tqmap/dsl"
)

// A source yields the records of a window, page by page and in order. It stops
// at the first error of yield. An error of its own keeps the cursor before
// what it could not read.
type source interface {
	read(ctx context.Context, w Window, yield func(batch) error) error
}

// batch is one page of records.
type batch struct {
	number  int
	records []any
	// back says that records may be missing before this page. The next one begins
	// before them and repeats this page's, so nothing may be concluded from its cursors.
	back bool
	// again says that this page begins before the end of the one before it.
	again bool
	// note says that the server held something back; what is here is good.
	note error
}

// sourceKind is one kind of source: what a mapping may say and how it reads.
type sourceKind struct {
	spec *dsl.Block
	open func(ctx context.Context, r *Run, f *dsl.Flow) (source, error)
}

func sourceKinds() []sourceKind { return []sourceKind{httpSourceKind(), threatqEventsKind()} }

func (r *Run) source(ctx context.Context, f *dsl.Flow) (source, error) {
	for _, k := range sourceKinds() {
		if k.spec.Type == f.Source.Kind() {
			return k.open(ctx, r, f)
		}
	}
	return nil, fmt.Errorf("no source %q", f.Source.Kind())
}
