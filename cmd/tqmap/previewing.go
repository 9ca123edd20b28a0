package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"tqmap/cmd/show"
	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/previewhtml"
	"tqmap/runtime/state"
)

// previewing is one preview command: what stays open and what is kept from one time to the next.
type previewing struct {
	reading
	o    *previewOptions
	kept map[string]*kept // records by flow; nil: none are kept
	// written is when the page was written; zero: it was not yet.
	written time.Time
}

// preview maps what the flows read and compares it, where that is asked for.
func (p *previewing) preview(ctx context.Context, m *dsl.Mapping) (*show.Preview, error) {
	flows, err := p.o.previewed(m, p.cmd.Flags().Arg(0))
	if err != nil {
		return nil, err
	}
	from, err := p.open(ctx, m, flows)
	if err != nil {
		return nil, err
	}
	defer from.close()
	s := &show.Preview{}
	skipped, err := p.collect(ctx, from, s)
	if err != nil {
		return nil, err
	}
	if p.o.diff {
		if err := p.compare(ctx, from, s); err != nil {
			return nil, err
		}
	}
	p.maskShown(s)
	s.Page = previewhtml.NewPage(m, from.run.Bound, from.flows, s.Mapped, s.Diffs, skipped)
	s.Page.Source = p.source(from.flows)
	return s, nil
}

// collect maps records until enough of them make objects or fail. It counts what is left out, by
// flow and reason.
func (p *previewing) collect(ctx context.Context, from *opened, s *show.Preview) (skipped map[string]map[string]int, err error) {
	skipped = map[string]map[string]int{}
	limit := from.limit(p.o.limit)
	for _, f := range from.flows {
		if limit > 0 && len(s.Mapped) >= limit {
			return skipped, nil
		}
		skipped[f.Name] = map[string]int{}
		emit := func(m engine.Mapped) bool {
			if m.Skipped == "" {
				s.Mapped = append(s.Mapped, m)
			} else {
				skipped[f.Name][m.Skipped]++
			}
			return limit == 0 || len(s.Mapped) < limit
		}
		if err := p.records(ctx, from, f, emit); err != nil {
			return skipped, from.ended(err)
		}
	}
	from.leftOver(p.log)
	return skipped, nil
}

// records maps what the flow's source gives, or gave before.
func (p *previewing) records(ctx context.Context, from *opened, f *dsl.Flow, emit func(engine.Mapped) bool) error {
	if p.kept == nil || len(p.from) > 0 {
		return from.each(ctx, f, emit)
	}
	asks := from.run.Bound.Mapping.ReadingText(f)
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

// compare asks ThreatQ what it holds of the objects.
func (p *previewing) compare(ctx context.Context, from *opened, s *show.Preview) error {
	r, flows := from.run, from.flows
	s.Diffs = map[string]engine.Comparisons{}
	for _, f := range flows {
		var of []engine.Mapped
		for _, m := range s.Mapped {
			if m.Flow == f.Name && m.Dead == nil {
				of = append(of, m)
			}
		}
		r.State = state.NewMemory() // ThreatQ alone is asked
		found, err := r.Compare(ctx, f, of)
		if err != nil {
			return err
		}
		s.Diffs[f.Name] = found
	}
	return nil
}

// source says where the records come from.
func (p *previewing) source(flows []*dsl.Flow) string {
	switch ofThreatQ := slices.ContainsFunc(flows, (*dsl.Flow).OfThreatQ); {
	case len(p.from) > 0:
		return "recorded in " + strings.Join(p.from, ", ")
	case p.o.sandbox && ofThreatQ:
		return "a local ThreatQ-compatible library"
	case p.o.sandbox:
		return "a simulated appliance"
	case ofThreatQ:
		return "ThreatQ"
	}
	return "the live API"
}
