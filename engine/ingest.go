package engine

import (
	"context"
	"errors"
	"fmt"
)

// ingest runs a flow that makes ThreatQ objects: window, pages, objects, deliver,
// commit. The cursor moves only over delivered work.
func (r *Run) ingest(ctx context.Context, p *progress) error {
	if err := r.ensureTypes(ctx, p.mapper.rules); err != nil {
		return err
	}
	if err := r.recover(ctx, p.flow, p.mapper.rules); err != nil {
		return err
	}
	r.Log.Info("reading", "flow", p.flow.Name, "from", p.window.Vars()["start"], "to", p.window.Vars()["end"])
	in := &ingesting{progress: p, rules: map[string]*rule{}}
	for _, rule := range p.mapper.rules {
		in.rules[rule.ID()] = rule
	}
	if err := in.reconsider(ctx); err != nil {
		return err
	}
	if err := p.source.read(ctx, p.window, func(b batch) error { return in.page(ctx, b) }); err != nil {
		return err
	}
	return p.finish(ctx)
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

func (p *ingesting) page(ctx context.Context, b batch) error {
	d := &delivery{run: p.run, flow: p.flow, report: p.report, rules: p.rules}
	var all, page []*Mapped
	p.report.Fetched += len(b.records)
	for _, record := range b.records {
		m := p.mapper.Map(record)
		all = append(all, &m)
		if p.keep(&m, d) {
			page = append(page, &m)
		}
	}
	err := d.deliver(ctx, page)
	if err == nil {
		err = p.report.tooManyDead(p.limits)
	}
	if err == nil {
		d.commit.Checkpoint = p.follow(b, all)
	}
	// What ThreatQ has acknowledged is remembered even when the run is being cancelled.
	if commitErr := p.run.State.Commit(context.WithoutCancel(ctx), p.flow.Name, d.commit); commitErr != nil {
		return errors.Join(err, fmt.Errorf("the state could not be written, so the next run reads this page again: %w", commitErr))
	}
	if err != nil {
		return err
	}
	p.told()
	return nil
}

// keep says whether m is to be delivered, and accounts for it if not.
func (p *ingesting) keep(m *Mapped, d *delivery) bool {
	for _, letter := range m.letters() {
		p.report.Dead++
		d.commit.Dead = append(d.commit.Dead, letter)
		p.run.Log.Error("cannot be mapped, kept as a dead letter", "flow", p.flow.Name, "record", letter.Key, "rule", letter.Rule, "reason", letter.Reason, "where", letter.Where)
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
