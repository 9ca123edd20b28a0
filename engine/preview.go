package engine

import (
	"context"
	"errors"

	"tqmap/dsl"
)

// errShown ends a preview that has shown enough.
var errShown = errors.New("stop")

// Preview maps the records that a first run of f would read and hands them to
// emit until that answers false. It writes nothing.
func (r *Run) Preview(ctx context.Context, f *dsl.Flow, emit func(Mapped) bool) error {
	defer r.close(ctx)
	report := &FlowReport{Name: f.Name}
	if out, err := r.leftOut(f, report); out || err != nil {
		return err
	}
	p, err := r.begin(ctx, f, report)
	if err != nil {
		return err
	}
	p.page = func(_ context.Context, t *track, b *batch) error {
		page := p.mapPage(b)
		for _, m := range page {
			if !emit(*m) {
				return errShown
			}
		}
		p.follow(t, b, page) // as the walk goes by it
		return p.enough(page)
	}
	err = errors.Join(p.read(ctx), p.empty)
	if errors.Is(err, errShown) {
		return nil
	}
	return err
}

// PreviewAnswer maps the records of one recorded answer.
func (r *Run) PreviewAnswer(ctx context.Context, f *dsl.Flow, body []byte, emit func(Mapped) bool) error {
	records, err := r.recorded(ctx, f, body)
	if err != nil {
		return err
	}
	return r.PreviewRecords(f, records, emit)
}

// PreviewRecords maps records that were read before.
func (r *Run) PreviewRecords(f *dsl.Flow, records []any, emit func(Mapped) bool) error {
	m, err := newMapper(r.Bound, f)
	if err != nil {
		return err
	}
	if err := emitAll(m, records, emit); !errors.Is(err, errShown) {
		return err
	}
	return nil
}

func emitAll(m *mapper, records []any, emit func(Mapped) bool) error {
	for _, record := range records {
		if !emit(m.Map(record)) {
			return errShown
		}
	}
	return nil
}
