package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"tqmap/dsl"
	"tqmap/dsl/code"
)

// progress carries one flow from page to page.
type progress struct {
	run    *Run
	flow   *dsl.Flow
	mapper *mapper
	source source
	report *FlowReport
	limits deadLimits
	skips  skips
	page   pageFunc                    // nil until something is to be read
	flush  func(context.Context) error // sends what waits for more; nil: nothing ever does
	end    func(context.Context) error // of a flow that was read to its end; may be nil
	again  bool                        // what was refused before is tried once more
	mu     sync.Mutex                  // what slices that are read at once share
	warned bool                        // of disorder
	empty  error                       // why there was nothing to read

	// Of the window that is being read.
	name   string // under which the state keeps its checkpoint
	window Window
	at     Checkpoint
	track  *track
	failed int // of the report, before this window

	answered, passed bool // a page was read, an answer was skipped by a rule
}

// pageFunc settles one page of records and commits what was delivered.
type pageFunc func(ctx context.Context, t *track, b *batch) error

// begin makes everything ready to read.
func (r *Run) begin(ctx context.Context, f *dsl.Flow, report *FlowReport) (*progress, error) {
	m, err := newMapper(r.Bound, f)
	if err != nil {
		return nil, err
	}
	limits, err := readDeadLimits(f, r.Bound)
	if err != nil {
		return nil, err
	}
	src, err := r.source(ctx, f, report)
	if err != nil {
		return nil, err
	}
	return &progress{run: r, flow: f, mapper: m, source: src, report: report, limits: limits, skips: skips{report: report}}, nil
}

// read reads the flow's window, part by part where its source has parts.
func (p *progress) read(ctx context.Context) error {
	parts, told := []any{nil}, false
	if s, ok := p.source.(partitioned); ok {
		got, is, err := s.partitions(ctx)
		if err != nil {
			return err
		}
		if is {
			parts, told = got, true
		}
	}
	for _, part := range parts {
		p.name = p.flow.Name
		if told {
			text, _ := code.Text(part)
			p.name += "[" + text + "]"
		}
		if err := p.part(ctx, part); err != nil {
			return err
		}
	}
	if s, ok := p.source.(interface{ remarks() []string }); ok {
		for _, text := range s.remarks() {
			p.note(text)
		}
	}
	if p.end != nil {
		if err := p.end(ctx); err != nil {
			return err
		}
	}
	if p.report.Ignored > 0 && p.report.Answered == 0 {
		return ErrAllIgnored
	}
	return nil
}

// whole says that everything the source has was read, so that what did not come is not there.
func (p *progress) whole() bool {
	if s, ok := p.source.(interface{ whole() bool }); ok {
		return s.whole()
	}
	return p.flow.Source.Block("window") == nil && len(p.report.Notes) == 0 && p.report.Ignored == 0
}

// flushed sends what waits for more, before a checkpoint moves over it.
func (p *progress) flushed(ctx context.Context) error {
	if p.flush == nil {
		return nil
	}
	return p.flush(ctx)
}

// ErrAllIgnored says that a rule skipped every answer: nothing was read, which must
// not look like success.
var ErrAllIgnored = errors.New("every answer was skipped by a rule of the mapping, so nothing was read; see what the server says with -v3, and whether the account may read it")

// part reads the window of one partition.
func (p *progress) part(ctx context.Context, partition any) error {
	err := p.enter(ctx, partition, false)
	if errors.Is(err, ErrEmptyWindow) {
		if p.empty == nil { // once for all partitions that begin alike
			p.note(err.Error())
		}
		p.empty = err
		return nil
	}
	if err != nil {
		return err
	}
	if err := p.ready(ctx); err != nil {
		return err
	}
	err = p.slices(ctx)
	if !errors.Is(err, errReset) {
		return err
	}
	if err := p.enter(ctx, partition, true); err != nil {
		return err
	}
	if err = p.slices(ctx); errors.Is(err, errReset) {
		return fmt.Errorf("the flow was begun again at the start, and this did not help: %w", err)
	}
	return err
}

// ready makes the flow's target ready to take pages.
func (p *progress) ready(ctx context.Context) error {
	if p.page != nil {
		return nil
	}
	var err error
	switch {
	case p.flow.Sink == nil:
		p.page, err = p.ingester(ctx)
	case p.flow.Items():
		p.page, err = p.itemExporter(ctx)
	default:
		p.page, err = p.exporter(ctx)
	}
	return err
}

// enter plans the window of a partition: from its checkpoint, or afresh.
func (p *progress) enter(ctx context.Context, partition any, afresh bool) error {
	p.at = Checkpoint{}
	if !afresh && p.run.State != nil { // a preview has none
		var err error
		if p.at, err = p.run.State.Checkpoint(ctx, p.name); err != nil {
			return err
		}
	}
	w, err := planWindow(p.flow.Source.Block("window"), p.run.Bound, p.at, p.run.Until)
	if err != nil {
		return err
	}
	w.Partition = partition
	p.window, p.track = w, newTrack(w, p.at, p.follows())
	p.track.anew = afresh
	p.failed, p.answered, p.passed = p.report.Failed, false, false
	vars := w.Vars()
	from := vars["start"]
	if from == nil {
		from = "the start"
		if w.Token != "" {
			from = "the token"
		}
	}
	p.run.Log.Info("reading", "flow", p.name, "from", from, "to", vars["end"])
	return nil
}

// follows says what the cursor goes by.
func (p *progress) follows() follows {
	w := p.flow.Source.Block("window")
	return follows{records: w.Val("cursor") != nil, token: w.Val("token") != nil, window: w != nil && w.Val("cursor") == nil && w.Val("token") == nil}
}

// follow takes note of a page that was settled, and returns the checkpoint to
// commit with it, if any.
func (p *progress) follow(t *track, b *batch, page []*Mapped) *Checkpoint {
	p.answered = true
	b.latest = latest(page, t.window.End)
	if !b.more {
		t.pages++
	}
	if b.note != nil {
		t.heldBack = true
		p.note(b.note.Error())
	}
	if b.hint != "" {
		p.run.Log.Warn(b.hint, "flow", p.name, "page", b.number)
	}
	if b.back {
		t.undo()
		return nil
	}
	if b.again {
		t.again()
	}
	at := t.after(page, b)
	b.disorder = t.disorder
	if t.disorder && t.window.Ascending && !p.warned {
		p.warned = true
		p.run.Log.Warn(`records are not in the order of their cursor, so pages cannot be committed one by one; order = "ascending" is wrong here, or the request does not ask for it`, "flow", p.name, "page", b.number)
	}
	if t != p.track {
		return nil // a slice that is read beside others counts when it is done
	}
	return at
}

// latest is the greatest cursor of a page that lies in the window.
func latest(page []*Mapped, end time.Time) (at time.Time) {
	for _, m := range page {
		if m.Cursor.After(at) && !m.Cursor.After(end) {
			at = m.Cursor
		}
	}
	return at
}

// note tells of a problem that does not stop the flow.
func (p *progress) note(text string) {
	p.report.Notes = append(p.report.Notes, text)
	p.run.Log.Warn(text, "flow", p.name)
}

// commit stores what a page or a window brought. The checkpoint of a partition is kept
// apart from the ledger, which all share, and comes after it.
func (p *progress) commit(ctx context.Context, c Commit) error {
	ctx = context.WithoutCancel(ctx) // what is acknowledged is remembered even then
	at := c.Checkpoint
	if p.run.State == nil { // a preview
		return nil
	}
	if p.name != p.flow.Name {
		c.Checkpoint = nil
	}
	if err := p.run.State.Commit(ctx, p.flow.Name, c); err != nil || at == nil || p.name == p.flow.Name {
		return err
	}
	return p.run.State.Commit(ctx, p.name, Commit{Checkpoint: at})
}

// told shows how far the flow is.
func (p *progress) told() {
	if p.run.Progress != nil {
		p.run.Progress(p.report)
	}
}

// skipped accounts for a record that its author leaves out.
func (p *progress) skipped(m *Mapped) {
	if first := p.skips.count(m); first && m.skip != nil && m.skip.Warn {
		p.run.Log.Warn("left out: "+m.Skipped, "flow", p.name, "record", m.Key, "title", title(m.Record))
	}
}

func title(record any) any {
	fields, _ := record.(map[string]any)
	if fields["title"] == nil {
		return fields["value"] // of an indicator
	}
	return fields["title"]
}

// mapPage maps the records of a page.
func (p *progress) mapPage(b *batch) []*Mapped {
	p.report.Answered++
	p.report.Fetched += len(b.records)
	out := make([]*Mapped, len(b.records))
	for i, record := range b.records {
		m := p.mapper.Map(record)
		if why := p.outside(&m); why != "" {
			m.Skipped, m.skip, m.Objects, m.Dead, m.Rejected = why, nil, nil, nil, nil
		}
		if p.run.mapped != nil {
			p.run.mapped(&m)
		}
		out[i] = &m
	}
	return out
}

// enough ends the walk once it has come to records outside the window, behind which
// only such follow.
func (p *progress) enough(page []*Mapped) error {
	for _, m := range page {
		if m.Skipped == tooOld || m.Skipped == tooLate {
			return errEnough
		}
	}
	return nil
}

// The reasons under which records outside the window are left out.
const (
	tooOld  = "older than the window"
	tooLate = "later than the window"
)

// outside says why a record of an ordered feed is not asked for, "" if it is. An end that is
// the run's start leaves nothing out: what is dated behind it has a wrong date.
func (p *progress) outside(m *Mapped) string {
	w := &p.window
	switch {
	case m.Cursor.IsZero():
	case w.Descending && m.Cursor.Before(w.Start):
		return tooOld
	case w.Ascending && w.ends && !m.Cursor.Before(w.End):
		return tooLate
	}
	return ""
}
