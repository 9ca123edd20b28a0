package threatq

import (
	"context"
	"net/http"
	"slices"
)

// settle gives the items of an accepted batch their ids. ThreatQ promises neither
// the order nor the completeness of its answer, so rows are matched by identity,
// and objects without a row are looked up by name, then sent alone.
func (w *writer) settle(ctx context.Context, batch []*item, a *answer) error {
	rows := a.rows()
	w.assign(batch, match(batch, rows), a.status)
	if len(batch) == 1 && !batch[0].done() {
		w.assignAlone(batch[0], rows, a.status)
	}
	rest := unsettled(batch)
	switch {
	case len(rest) == 0:
		return nil
	case !anonymousRefusal(rows):
		return w.trace(ctx, rest, len(batch))
	case len(rest) < len(batch):
		return w.send(ctx, rest)
	}
	return w.halve(ctx, rest)
}

// assign settles the items that have a row.
func (w *writer) assign(batch []*item, found []*row, status int) {
	for i, it := range batch {
		if r := found[i]; r != nil {
			w.take(it, r, status)
		}
	}
}

// assignAlone settles the only item of a call: whatever the answer says is about
// it, even if it shows another spelling.
func (w *writer) assignAlone(it *item, rows []row, status int) {
	for _, r := range rows {
		if why := r.refusal(); len(why) > 0 {
			w.take(it, &r, status)
			return
		}
	}
	if len(rows) == 1 {
		w.take(it, &rows[0], status)
	}
}

func (w *writer) take(it *item, r *row, status int) {
	if why := r.refusal(); len(why) > 0 {
		it.result.Err = &RefusedError{Status: status, Messages: why, Item: it.label()}
		return
	}
	if r.ID <= 0 {
		return
	}
	key := it.key()
	existed := r.Existing.set != nil && *r.Existing.set
	*it.result = Result{ID: int64(r.ID), Created: !existed && !w.created[key]}
	w.created[key] = true
}

// anonymousRefusal reports whether the answer refuses an object without saying
// which.
func anonymousRefusal(rows []row) bool {
	return slices.ContainsFunc(rows, func(r row) bool {
		return len(r.refusal()) > 0 && r.Value == "" && r.Title == "" && r.Name == ""
	})
}

// trace finds objects that ThreatQ accepted without answering with them: by name,
// and if it stores them under a spelling of its own, by sending each alone.
func (w *writer) trace(ctx context.Context, rest []*item, sentWith int) error {
	names := make([]string, len(rest))
	for i, it := range rest {
		names[i] = it.obj.Name
	}
	rows, err := w.rowsByName(ctx, w.collection, names)
	if err != nil {
		return unavailable("look up "+string(w.collection)+" after writing them", err)
	}
	w.assign(rest, match(rest, rows), http.StatusOK)
	for _, it := range unsettled(rest) {
		if sentWith == 1 {
			it.result.Err = &RefusedError{Status: http.StatusOK, Item: it.label(), Messages: []string{
				"ThreatQ accepted the call, but neither answers with the object nor lists it: look for a rule of the platform that excludes it"}}
			continue
		}
		if err := w.send(ctx, []*item{it}); err != nil {
			return err
		}
	}
	return nil
}

func unsettled(batch []*item) []*item {
	return slices.DeleteFunc(slices.Clone(batch), (*item).done)
}
