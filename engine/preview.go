package engine

import (
	"context"
	"errors"

	"tqmap/dsl"
)

var errStop = errors.New("stop")

// Preview maps the records that a first run of f would read and hands them to
// emit until that answers false. It writes nothing.
func (r *Run) Preview(ctx context.Context, f *dsl.Flow, emit func(Mapped) bool) error {
	m, err := newMapper(r.Bound, f)
	if err != nil {
		return err
	}
	defer r.close(ctx)
	src, err := r.source(ctx, f)
	if err != nil {
		return err
	}
	w, err := planWindow(f.Source.Block("window"), r.Bound, Checkpoint{})
	if err != nil {
		return err
	}
	err = src.read(ctx, w, func(b batch) error { return emitAll(m, b.records, emit) })
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

// PreviewAnswer maps the records of one recorded answer.
func (r *Run) PreviewAnswer(ctx context.Context, f *dsl.Flow, body []byte, emit func(Mapped) bool) error {
	m, err := newMapper(r.Bound, f)
	if err != nil {
		return err
	}
	records, err := r.recorded(ctx, f, body)
	if err != nil {
		return err
	}
	if err := emitAll(m, records, emit); !errors.Is(err, errStop) {
		return err
	}
	return nil
}

func emitAll(m *mapper, records []any, emit func(Mapped) bool) error {
	for _, record := range records {
		if !emit(m.Map(record)) {
			return errStop
		}
	}
	return nil
}
