package main

import (
	"context"
	"fmt"
	"os"

	"tqmap/dsl"
	"tqmap/engine"
)

// collect maps records until enough of them make objects or fail.
func (p *previewing) collect(ctx context.Context, r *engine.Run, flows []*dsl.Flow, s *shown) error {
	for _, f := range flows {
		emit := func(m engine.Mapped) bool {
			if m.Skipped == "" {
				s.mapped = append(s.mapped, m)
			} else {
				s.skip(&m)
			}
			return p.o.limit == 0 || len(s.mapped) < p.o.limit
		}
		if p.o.limit > 0 && len(s.mapped) >= p.o.limit {
			break
		}
		read := p.live
		if len(p.o.from) > 0 {
			read = p.recorded
		}
		if err := read(ctx, r, f, emit); err != nil {
			return err
		}
	}
	return nil
}

func (s *shown) skip(m *engine.Mapped) {
	if s.skipped[m.Flow] == nil {
		s.skipped[m.Flow] = map[string]int{}
	}
	s.skipped[m.Flow][m.Skipped]++
}

// recorded maps what the files of --from hold.
func (p *previewing) recorded(ctx context.Context, r *engine.Run, f *dsl.Flow, emit func(engine.Mapped) bool) error {
	more := true
	for _, name := range p.o.from {
		if !more {
			break
		}
		body, err := os.ReadFile(name)
		if err != nil {
			return usagef("--from: %w", err)
		}
		if err := r.PreviewAnswer(ctx, f, body, func(m engine.Mapped) bool { more = emit(m); return more }); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// live maps what the flow's source gives, or gave before.
func (p *previewing) live(ctx context.Context, r *engine.Run, f *dsl.Flow, emit func(engine.Mapped) bool) error {
	if p.kept == nil {
		return r.Preview(ctx, f, emit)
	}
	asks := asks(r.Bound.Mapping, f)
	if k := p.kept[f.Name]; k != nil && k.asks == asks {
		return r.PreviewRecords(f, k.records, emit)
	}
	k := &kept{asks: asks}
	err := r.Preview(ctx, f, func(m engine.Mapped) bool {
		k.records = append(k.records, m.Record)
		return emit(m)
	})
	if err == nil {
		p.kept[f.Name] = k
	}
	return err
}

// fillRequired gives required parameters a stand-in, and secrets, which may be required by the
// value of another one: a recorded answer needs no address and no password.
func fillRequired(m *dsl.Mapping, given map[string]dsl.Given) {
	for _, p := range m.Params {
		if _, ok := given[p.Name]; !ok && (p.Required || p.Sensitive) && p.Type == dsl.StringParam && p.Default() == "" {
			given[p.Name] = dsl.Text("preview", "--from")
		}
	}
}
