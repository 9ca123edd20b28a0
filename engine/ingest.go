package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tqmap/dsl"
)

// ingest runs a flow that makes ThreatQ objects: window, pages, objects, deliver,
// commit. The cursor moves only over delivered work.
func (r *Run) ingest(ctx context.Context, f *dsl.Flow, report *FlowReport) error {
	m, err := newMapper(r.Bound, f)
	if err != nil {
		return err
	}
	src, err := r.source(f)
	if err != nil {
		return err
	}
	at, err := r.State.Checkpoint(ctx, f.Name)
	if err != nil {
		return err
	}
	w, err := planWindow(f.Source.Block("window"), r.Bound, at)
	if err != nil {
		return err
	}
	if err := r.ensureTypes(ctx, f, report); err != nil {
		return err
	}
	if err := r.recover(ctx, f, m.rules); err != nil {
		return err
	}
	r.Log.Info("reading", "flow", f.Name, "from", w.Vars()["start"], "to", w.Vars()["end"])
	p := &progress{run: r, flow: f, mapper: m, window: w, report: report, at: at, track: newTrack(w, at)}
	if err := src.read(ctx, w, func(b batch) error { return p.page(ctx, b) }); err != nil {
		return err
	}
	return p.finish(ctx)
}

// ensureTypes creates the event types that analysts need to choose from.
func (r *Run) ensureTypes(ctx context.Context, f *dsl.Flow, report *FlowReport) error {
	for _, rule := range f.Rules {
		read := rule.Node.Read(r.Bound.Scope)
		types := read.Strings("types")
		if err := read.Err(); err != nil {
			return err
		}
		if len(types) == 0 || r.DryRun {
			continue
		}
		if err := r.Platform.EnsureTypes(ctx, collections[rule.Type], types); err != nil {
			return err
		}
	}
	return nil
}

// progress carries one ingest from page to page.
type progress struct {
	run    *Run
	flow   *dsl.Flow
	mapper *mapper
	window Window
	report *FlowReport
	at     Checkpoint
	track  *track
	noted  bool
}

func (p *progress) page(ctx context.Context, b batch) error {
	d := &delivery{run: p.run, flow: p.flow, report: p.report, rules: p.rules()}
	var all, page []Mapped
	p.report.Fetched += len(b.records)
	for _, record := range b.records {
		m := p.mapper.Map(record)
		all = append(all, m)
		if p.keep(m, d) {
			page = append(page, m)
		}
	}
	err := d.deliver(ctx, page)
	if err == nil {
		d.commit.Checkpoint = p.track.after(all)
	}
	// What ThreatQ has acknowledged is remembered even when the run is being cancelled.
	if commitErr := p.run.State.Commit(context.WithoutCancel(ctx), p.flow.Name, d.commit); commitErr != nil {
		return errors.Join(err, fmt.Errorf("the state could not be written, so the next run reads this page again: %w", commitErr))
	}
	if err != nil {
		return err
	}
	if b.note != nil {
		p.noted = true
		p.report.Notes = append(p.report.Notes, b.note.Error())
		p.run.Log.Warn(b.note.Error(), "flow", p.flow.Name, "page", b.number)
	}
	if p.run.Progress != nil {
		p.run.Progress(p.report)
	}
	return nil
}

// keep says whether m is to be delivered, and accounts for it if not.
func (p *progress) keep(m Mapped, d *delivery) bool {
	switch {
	case m.Dead != nil:
		p.report.Dead++
		d.commit.Dead = append(d.commit.Dead, *m.Dead)
		p.run.Log.Error("cannot be mapped, kept as a dead letter", "flow", p.flow.Name, "record", m.Dead.Key, "rule", m.Dead.Rule, "reason", m.Dead.Reason, "where", m.Dead.Where)
	case m.Skipped != "":
		p.report.skip(m.Skipped)
		if p.mapper.warns(m.Skipped) {
			p.run.Log.Warn("left out: "+m.Skipped, "flow", p.flow.Name, "record", m.Key)
		}
	case p.at.Boundary[m.Key] == m.Hash && m.Hash != "" && m.Cursor.Equal(p.at.Cursor):
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

func (p *progress) rules() map[string]*rule {
	out := map[string]*rule{}
	for _, r := range p.mapper.rules {
		out[r.ID()] = r
	}
	return out
}

// finish commits the cursor of a window that was read to its end.
func (p *progress) finish(ctx context.Context) error {
	at := p.track.finish(p.noted)
	if at == nil {
		return nil
	}
	return p.run.State.Commit(ctx, p.flow.Name, Commit{Checkpoint: at})
}

// track works out how far the cursor may move. It only ever moves over records
// that were seen, never to the clock.
type track struct {
	window   Window
	old      Checkpoint
	max      time.Time
	boundary map[string]string
	disorder bool
}

func newTrack(w Window, old Checkpoint) *track {
	t := &track{window: w, old: old, max: old.Cursor, boundary: map[string]string{}}
	for k, v := range old.Boundary {
		t.boundary[k] = v
	}
	return t
}

// see takes note of one settled record (delivered, skipped or dead), in the
// order in which the server gave them.
func (t *track) see(m Mapped) {
	switch {
	case m.Cursor.IsZero() || m.Cursor.After(t.window.End):
		return // a record dated in the future must not pull the cursor past others
	case m.Cursor.After(t.max):
		t.max = m.Cursor
		t.boundary = map[string]string{}
	case m.Cursor.Before(t.max) && m.Cursor.After(t.old.Cursor):
		t.disorder = true
	}
	if m.Cursor.Equal(t.max) {
		t.boundary[m.Key] = m.Hash
	}
}

// after returns the checkpoint to commit with a page, nil if it must wait for
// the end of the window.
func (t *track) after(page []Mapped) *Checkpoint {
	for _, m := range page {
		t.see(m)
	}
	if !t.window.Ascending || t.disorder || !t.window.Moves {
		return nil
	}
	return t.checkpoint()
}

func (t *track) checkpoint() *Checkpoint {
	if t.max.IsZero() || !t.max.After(t.old.Cursor) && len(t.boundary) == len(t.old.Boundary) {
		return nil
	}
	return &Checkpoint{Cursor: t.max, Boundary: t.boundary}
}

// finish returns the checkpoint of a window that was read to its end. Where the
// server held records back, only an ascending order tells where to go on.
func (t *track) finish(heldBack bool) *Checkpoint {
	if !t.window.Moves || heldBack && (!t.window.Ascending || t.disorder) {
		return nil
	}
	if at := t.checkpoint(); at != nil {
		return at
	}
	if t.window.First && t.old.Cursor.IsZero() {
		return &Checkpoint{Cursor: t.window.Start} // so that the first window does not slide away unread
	}
	return nil
}
