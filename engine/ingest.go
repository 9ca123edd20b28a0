package engine

import (
	"context"
	"errors"
	"fmt"
)

// ingester settles pages by making ThreatQ objects: objects, deliver, commit.
func (p *progress) ingester(ctx context.Context) (pageFunc, error) {
	if err := p.run.ensureTypes(ctx, p.mapper.rules); err != nil {
		return nil, err
	}
	if err := p.run.recover(ctx, p.flow, p.mapper.rules); err != nil {
		return nil, err
	}
	in := &ingesting{progress: p, rules: map[string]*rule{}}
	for _, rule := range p.mapper.rules {
		in.rules[rule.ID()] = rule
	}
	return in.page, in.reconsider(ctx)
}

// ensureTypes creates the event types that analysts need to choose from.
func (r *Run) ensureTypes(ctx context.Context, rules []*rule) error {
	for _, rule := range rules {
		read := rule.Node.Read(r.Bound.Scope)
		types := read.Strings("types")
		if err := read.Err(); err != nil {
			return err
		}
		if len(types) == 0 || r.DryRun {
			continue
		}
		if err := r.Platform.EnsureTypes(ctx, rule.collection, types); err != nil {
			return err
		}
	}
	return nil
}

type ingesting struct {
	*progress
	rules map[string]*rule
}

func (p *ingesting) page(ctx context.Context, t *track, b *batch) error {
	d := &delivery{run: p.run, flow: p.flow, report: p.report, rules: p.rules}
	all := p.mapPage(b)
	var page []*Mapped
	for _, m := range all {
		if p.keep(m, d) {
			page = append(page, m)
		}
	}
	err := d.deliver(ctx, page)
	if err == nil {
		err = p.report.tooManyDead(p.limits)
	}
	if err == nil {
		d.commit.Checkpoint = p.follow(t, b, all)
	}
	if commitErr := p.commit(ctx, d.commit); commitErr != nil {
		return errors.Join(err, fmt.Errorf("the state could not be written, so the next run reads this page again: %w", commitErr))
	}
	if err != nil {
		return err
	}
	p.told()
	return p.enough(all)
}

// keep says whether m is to be delivered, and accounts for it if not.
func (p *ingesting) keep(m *Mapped, d *delivery) bool {
	for _, letter := range m.letters() {
		p.report.Dead++
		d.commit.Dead = append(d.commit.Dead, letter)
		p.run.buried(p.flow, "cannot be mapped", &letter)
	}
	switch {
	case m.Dead != nil:
	case m.Skipped != "":
		p.skipped(m)
	case m.Hash != "" && p.at.Boundary[m.Key] == m.Hash && m.Cursor.Equal(p.at.Cursor):
		// Delivered by the run before: it lies on the edge that both windows include.
		p.report.Mapped += len(m.Objects)
		for _, o := range m.Objects {
			p.report.count(string(o.Collection), unchanged)
		}
	default:
		return true
	}
	return false
}
