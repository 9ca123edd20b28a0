package engine

import (
	"context"
	"fmt"

	"tqmap/dsl"
)

// A sink takes the records of a flow to a vendor.
type sink interface {
	// send delivers one record. It says what happened; an error means that the
	// record is still to be delivered.
	send(ctx context.Context, m *Mapped) (outcome, error)
}

type sinkKind struct {
	spec *dsl.Block
	open func(ctx context.Context, r *Run, f *dsl.Flow, report *FlowReport) (sink, error)
}

func sinkKinds() []sinkKind { return []sinkKind{httpSinkKind()} }

func (r *Run) sink(ctx context.Context, f *dsl.Flow, report *FlowReport) (sink, error) {
	for _, k := range sinkKinds() {
		if k.spec.Type == f.Sink.Kind() {
			return k.open(ctx, r, f, report)
		}
	}
	return nil, fmt.Errorf("no sink %q", f.Sink.Kind())
}
