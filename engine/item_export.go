package engine

import (
	"context"
	"fmt"

	"tqmap/engine/export"
)

// itemExporter settles pages by keeping a target in step with the items of their records.
func (p *progress) itemExporter(ctx context.Context) (pageFunc, error) {
	to, c, err := p.run.itemTarget(ctx, p.flow)
	if err != nil {
		return nil, err
	}
	c.Again = p.again
	rule := p.mapper.items.rule
	look, _ := to.(itemChecker)
	ledger := &itemLedger{run: p.run, flow: p.flow.Name, rule: rule}
	x := &itemExporting{progress: p, look: look}
	x.export = export.New(c, to, ledger, &itemWatcher{run: p.run, flow: p.flow, report: p.report, rule: rule})
	p.flush, p.end = x.export.Flush, x.finish
	return x.page, nil
}

type itemExporting struct {
	*progress
	export  *export.Export
	look    itemChecker // nil: the target takes any item
	unknown bool        // a record had no key, so nobody knows which one it was
}

func (x *itemExporting) page(ctx context.Context, t *track, b *batch) error {
	page := x.mapPage(b)
	x.check(page)
	var items []*export.Item
	var out, dead []string
	for _, m := range page {
		switch {
		case m.Dead != nil:
			if err := x.bury(ctx, *m.Dead); err != nil {
				return err
			}
			x.unknown = x.unknown || m.Key == ""
			dead = append(dead, m.Key)
		case m.Skipped != "":
			x.skipped(m)
			out = append(out, m.Key)
		default:
			x.report.Mapped++
			items = append(items, m.Item)
		}
	}
	if err := x.export.Take(ctx, items, out, dead); err != nil {
		return err
	}
	if err := x.report.tooManyDead(x.limits); err != nil {
		return err
	}
	if err := x.follows(ctx, t, b, page); err != nil {
		return err
	}
	x.told()
	return x.enough(page)
}

// An itemChecker is a target that knows before anything is sent which items it cannot be given: for
// the reason skip, which leaves the record out, or because of err, which is its own fault.
type itemChecker interface {
	Check(it *export.Item) (skip string, err error)
}

// check sorts out what the target cannot be given.
func (x *itemExporting) check(page []*Mapped) {
	if x.look == nil {
		return
	}
	for _, m := range page {
		if m.Dead != nil || m.Skipped != "" {
			continue
		}
		skip, err := x.look.Check(m.Item)
		if m.Skipped = skip; err != nil {
			m.Dead = newDeadLetter(x.mapper.items.rule, m.Key, undelivered(err), m.Record, x.run.Bound.Now)
		}
	}
}

// follows commits the checkpoint of a page, once nothing of it is waiting.
func (x *itemExporting) follows(ctx context.Context, t *track, b *batch, page []*Mapped) error {
	at := x.follow(t, b, page)
	if at == nil {
		return nil
	}
	if err := x.export.Flush(ctx); err != nil || !x.settled() {
		return err
	}
	return x.commit(ctx, Commit{Checkpoint: at})
}

func (x *itemExporting) bury(ctx context.Context, letter DeadLetter) error {
	x.report.Dead++
	x.run.buried(x.flow, "cannot be mapped", &letter)
	if x.export.All {
		return nil
	}
	return x.run.State.Commit(context.WithoutCancel(ctx), x.flow.Name, Commit{Dead: []DeadLetter{letter}})
}

// finish takes back what the source has no more, if it was seen as a whole, or gives everything to
// a target that takes nothing less.
func (x *itemExporting) finish(ctx context.Context) error {
	defer x.export.Close()
	if err := x.export.Flush(ctx); err != nil {
		return err
	}
	mirror := x.export.Mirror != nil
	if x.unknown || !x.whole() {
		if mirror {
			x.note("nothing was sent: the target is given everything at once, and not all that the source has could be read; the log and the notes say why")
		}
		return nil
	}
	err := x.export.Finish(ctx)
	if err != nil && !mirror {
		return fmt.Errorf("taking back what the source has no more: %w", err)
	}
	return err
}
