package engine

import (
	"context"

	"tqmap/dsl"
)

// MapTest maps the records of a test block and checks nothing: what a mapping makes of
// records that its author thought of. It needs what Test needs.
func (r *Run) MapTest(ctx context.Context, t *dsl.Test) ([]Mapped, error) {
	m, err := newMapper(r.Bound, t.Flow)
	if err != nil {
		return nil, err
	}
	records, err := r.testRecords(ctx, t)
	if err != nil {
		return nil, err
	}
	var out []Mapped
	for _, record := range records {
		out = append(out, m.Map(record))
	}
	return out, nil
}
