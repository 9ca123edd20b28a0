package engine

import (
	"context"

	"tqmap/dsl"
)

// progress carries one flow from page to page.
type progress struct {
	run    *Run
	flow   *dsl.Flow
	mapper *mapper
	source source
	window Window
	report *FlowReport
	at     Checkpoint
	track  *track
	limits deadLimits
	noted  bool // the server held something back
	warned bool // of disorder
}

// begin makes everything ready to read. Its error is an ErrEmptyWindow if there
// is nothing to read.
func (r *Run) begin(ctx context.Context, f *dsl.Flow, report *FlowReport) (*progress, error) {
	m, err := newMapper(r.Bound, f)
	if err != nil {
		return nil, err
	}
	src, err := r.source(ctx, f)
	if err != nil {
		return nil, err
	}
	limits, err := readDeadLimits(f, r.Bound)
	if err != nil {
		return nil, err
	}
	at, err := r.State.Checkpoint(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	w, err := planWindow(f.Source.Block("window"), r.Bound, at)
	if err != nil {
		return nil, err
	}
	return &progress{run: r, flow: f, mapper: m, source: src, window: w, report: report, at: at, track: newTrack(w, at), limits: limits}, nil
}

// follow takes note of a page that was settled, and returns the checkpoint to
// commit with it, if any.
func (p *progress) follow(b batch, page []*Mapped) *Checkpoint {
	if b.note != nil {
		p.noted = true
		p.report.Notes = append(p.report.Notes, b.note.Error())
		p.run.Log.Warn(b.note.Error(), "flow", p.flow.Name, "page", b.number)
	}
	if b.back {
		return nil
	}
	if b.again {
		p.track.again()
	}
	at := p.track.after(page)
	if p.track.disorder && p.window.Ascending && !p.warned {
		p.warned = true
		p.run.Log.Warn(`records are not in the order of their cursor, so pages cannot be committed one by one; order = "ascending" is wrong here, or the request does not ask for it`, "flow", p.flow.Name, "page", b.number)
	}
	return at
}

// told shows how far the flow is.
func (p *progress) told() {
	if p.run.Progress != nil {
		p.run.Progress(p.report)
	}
}

// skipped accounts for a record that its author leaves out.
func (p *progress) skipped(m *Mapped) {
	p.report.skip(m.Skipped)
	if p.mapper.warns(m.Skipped) {
		p.run.Log.Warn("left out: "+m.Skipped, "flow", p.flow.Name, "record", m.Key, "title", title(m.Record))
	}
}

// finish commits the cursor of a window that was read to its end.
func (p *progress) finish(ctx context.Context) error {
	at := p.track.finish(p.noted)
	if at == nil {
		return nil
	}
	return p.run.State.Commit(ctx, p.flow.Name, Commit{Checkpoint: at})
}

func title(record any) any {
	fields, _ := record.(map[string]any)
	return fields["title"]
}
