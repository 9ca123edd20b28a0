package main

import (
	"context"

	"tqmap/dsl"
	"tqmap/engine"
)

// collect maps records until enough of them make objects or fail.
func (p *previewing) collect(ctx context.Context, from *opened, s *shown) error {
	limit := from.limit(p.o.limit)
	for _, f := range from.flows {
		if limit > 0 && len(s.Mapped) >= limit {
			return nil
		}
		emit := func(m engine.Mapped) bool {
			if m.Skipped == "" {
				s.Mapped = append(s.Mapped, m)
			} else {
				s.skip(&m)
			}
			return limit == 0 || len(s.Mapped) < limit
		}
		if err := p.records(ctx, from, f, emit); err != nil {
			return from.ended(err)
		}
	}
	from.leftOver(p.log)
	return nil
}

func (s *shown) skip(m *engine.Mapped) {
	if s.skipped[m.Flow] == nil {
		s.skipped[m.Flow] = map[string]int{}
	}
	s.skipped[m.Flow][m.Skipped]++
}

// records maps what the flow's source gives, or gave before.
func (p *previewing) records(ctx context.Context, from *opened, f *dsl.Flow, emit func(engine.Mapped) bool) error {
	if p.kept == nil || len(p.from) > 0 {
		return from.each(ctx, f, emit)
	}
	asks := asks(from.run.Bound.Mapping, f)
	if k := p.kept[f.Name]; k != nil && k.asks == asks {
		return from.run.PreviewRecords(f, k.records, emit)
	}
	k := &kept{asks: asks}
	err := from.each(ctx, f, func(m engine.Mapped) bool {
		k.records = append(k.records, m.Record)
		return emit(m)
	})
	if err == nil {
		p.kept[f.Name] = k
	}
	return err
}
