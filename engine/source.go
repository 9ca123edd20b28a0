package engine

import (
	"context"
	"fmt"
	"time"

	"tqmap/dsl"
)

// A source yields the records of a window, page by page and in order. It stops at the first
// error of yield. An error of its own keeps the cursor before what it could not
// read; a *request.RuledError says what a response rule wants done about it.
type source interface {
	read(ctx context.Context, w Window, yield func(*batch) error) error
}

// partitioned is a source that is read part by part, each from a cursor of its own.
type partitioned interface {
	// partitions are the parts; told is false where the mapping declares none.
	partitions(ctx context.Context) (parts []any, told bool, err error)
}

// batch is one page of records, or a piece of a long one.
type batch struct {
	number  int
	records []any
	// origins say where each record comes from; nil unless the run is traced.
	origins []*Origin
	// token is the mark from which the server would go on, "" for none.
	token string
	// more says that the rest of this page follows in further batches.
	more bool
	// back says that records may be missing before this page. The next one begins
	// before them and repeats this page's, so nothing may be concluded from its cursors.
	back bool
	// again says that this page begins before the end of the one before it.
	again bool
	// note says that the server held something back; what is here is good.
	note error
	// hint is something the operator should know, which does not make the run worse.
	hint string

	// Set by whoever takes the batch: the greatest cursor in it, and whether records
	// have come out of the declared order so far.
	latest   time.Time
	disorder bool
}

// sourceKind is one kind of source: what a mapping may say and how it reads.
type sourceKind struct {
	spec *dsl.Block
	open func(ctx context.Context, r *Run, f *dsl.Flow, report *FlowReport) (source, error)
}

func sourceKinds() []sourceKind {
	return []sourceKind{httpSourceKind(), threatqKind(), threatqEventsKind()}
}

func (r *Run) source(ctx context.Context, f *dsl.Flow, report *FlowReport) (source, error) {
	if r.given != nil {
		return r.given, nil
	}
	for _, k := range sourceKinds() {
		if k.spec.Type == f.Source.Kind() {
			return k.open(ctx, r, f, report)
		}
	}
	return nil, fmt.Errorf("no source %q", f.Source.Kind())
}
