package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

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

// shown is a preview that is ready to be written.
type shown struct {
	page    previewhtml.Page
	mapped  []engine.Mapped
	diffs   map[string]engine.Comparisons // by flow; nil: nothing was compared
	skipped map[string]map[string]int     // by flow and reason
}

// diff is the difference of an object of a record.
func (s *shown) diff(m *engine.Mapped, i int) (engine.Comparison, bool) {
	return s.diffs[m.Flow].Of(&m.Objects[i])
}

// preview maps what the flows read and compares it, where that is asked for.
func (p *previewing) preview(ctx context.Context, m *dsl.Mapping) (*shown, error) {
	flows, err := p.o.previewed(m, p.cmd.Flags().Arg(0))
	if err != nil {
		return nil, err
	}
	from, err := p.open(ctx, m, flows)
	if err != nil {
		return nil, err
	}
	defer from.close()
	s := &shown{skipped: map[string]map[string]int{}}
	if err := p.collect(ctx, from, s); err != nil {
		return nil, err
	}
	if p.o.diff {
		if err := p.compare(ctx, from, s); err != nil {
			return nil, err
		}
	}
	p.maskLetters(s.mapped)
	p.describe(m, from, s)
	return s, nil
}

// compare asks ThreatQ what it holds of the objects.
func (p *previewing) compare(ctx context.Context, from *opened, s *shown) error {
	r, flows := from.run, from.flows
	s.diffs = map[string]engine.Comparisons{}
	s.page.Totals = map[string]int{}
	for _, f := range flows {
		var of []engine.Mapped
		for _, m := range s.mapped {
			if m.Flow == f.Name && m.Dead == nil {
				of = append(of, m)
			}
		}
		r.State = state.NewMemory() // ThreatQ alone is asked
		found, err := r.Compare(ctx, f, of)
		if err != nil {
			return err
		}
		s.diffs[f.Name] = found
		for _, d := range found {
			s.page.Totals[d.Op]++
		}
	}
	return nil
}

// describe fills the page.
func (p *previewing) describe(m *dsl.Mapping, from *opened, s *shown) {
	page, bound, flows := &s.page, from.run.Bound, from.flows
	page.Title, page.Name = strings.TrimSpace(cmp.Or(m.Connector.Title, m.Connector.Name)+" "+m.Connector.Version), m.Connector.Name
	page.Mapping = strings.Join(slices.Sorted(maps.Keys(m.Files)), ", ")
	page.Source, page.Clock, page.Compared = p.source(flows), bound.Now, p.o.diff
	used := map[string][]string{}
	for _, f := range flows {
		page.Flows = append(page.Flows, f.Name)
		page.Skipped = append(page.Skipped, previewhtml.CountSkipped(f.Name, s.skipped[f.Name])...)
		used[f.Name] = previewhtml.Used(m.BlockText(f.Node), f.Record.Name)
	}
	page.Unknown = previewhtml.CountUnknown(bound.Tables.Unknown())
	for i := range s.mapped {
		of := &s.mapped[i]
		page.Records = append(page.Records, previewhtml.NewRecord(of, used[of.Flow], s.diffs[of.Flow]))
	}
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
