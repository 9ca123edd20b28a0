package engine

import (
	"context"
	"fmt"

	"tqmap/dsl"
	"tqmap/engine/export"
)

// A sink takes the records of a flow to a vendor.
type sink interface {
	// send delivers one record. It says what happened; an error means that the
	// record is still to be delivered.
	send(ctx context.Context, m *Mapped) (outcome, error)
}

type sinkKind struct {
	spec *dsl.Block
	// open makes a sink that sends each record by itself; nil: the kind always has items.
	open func(ctx context.Context, r *Run, f *dsl.Flow, report *FlowReport) (sink, error)
	// items makes the target of a flow whose sink has items; nil: it never has any. Of the
	// Config it says what the kind and its blocks determine; itemConfig adds the rest.
	items func(ctx context.Context, r *Run, f *dsl.Flow) (export.Target, export.Config, error)
}

func sinkKinds() []sinkKind { return []sinkKind{httpSinkKind(), taxiiSinkKind()} }

func kindOfSink(f *dsl.Flow) (sinkKind, error) {
	for _, k := range sinkKinds() {
		if k.spec.Type == f.Sink.Kind() {
			return k, nil
		}
	}
	return sinkKind{}, fmt.Errorf("no sink %q", f.Sink.Kind())
}

// sink opens the sink of a flow without items.
func (r *Run) sink(ctx context.Context, f *dsl.Flow, report *FlowReport) (sink, error) {
	k, err := kindOfSink(f)
	if err != nil {
		return nil, err
	}
	if k.open == nil {
		return nil, fmt.Errorf("%s: sink %q needs item = …, what is delivered of a record", f.Sink.Range, f.Sink.Kind())
	}
	return k.open(ctx, r, f, report)
}

// itemTarget opens the sink of a flow with items.
func (r *Run) itemTarget(ctx context.Context, f *dsl.Flow) (export.Target, export.Config, error) {
	k, err := kindOfSink(f)
	if err != nil {
		return nil, export.Config{}, err
	}
	if k.items == nil {
		return nil, export.Config{}, fmt.Errorf("%s: sink %q has no items", f.Sink.Range, f.Sink.Kind())
	}
	to, c, err := k.items(ctx, r, f)
	if err != nil {
		return nil, c, err
	}
	c, err = itemConfig(c, r, f.Sink)
	return to, c, err
}
