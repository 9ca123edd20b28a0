package engine

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"tqmap/dsl"
	"tqmap/engine/threatq"
)

// delivery brings the objects of one page into ThreatQ: what the ledger knows
// unchanged costs nothing, what is there is brought up to date, the rest is
// created in bulk.
type delivery struct {
	run    *Run
	flow   *dsl.Flow
	rules  map[string]*rule
	report *FlowReport
	commit Commit
}

// wanted is one object to deliver. Several records may want the same one.
type wanted struct {
	*Object
	entry  EntryKey
	hash   string
	id     int64
	links  []*wanted
	record *Mapped
	// pending: a run was killed while it wrote the object.
	pending bool
}

// deliver adds to d.commit what was acknowledged. Its error means that ThreatQ
// could not be asked; what the commit holds by then is good.
func (d *delivery) deliver(ctx context.Context, page []Mapped) error {
	groups := d.group(page)
	for _, g := range groups {
		if err := d.settle(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// group sorts the page's objects by collection, in the order in which they can
// link to each other: indicators have ids before the events that name them.
func (d *delivery) group(page []Mapped) [][]*wanted {
	byKey := map[EntryKey]*wanted{}
	var order []*wanted
	for i := range page {
		objects := make([]*wanted, len(page[i].Objects))
		for j := range page[i].Objects {
			o := &page[i].Objects[j]
			key := EntryKey{Rule: o.Rule.ID(), Key: o.Key}
			w := byKey[key]
			if w == nil {
				w = &wanted{entry: key}
				byKey[key] = w
				order = append(order, w)
			}
			w.Object, w.record = o, &page[i] // of two of one key the later record is the newer
			objects[j] = w
		}
		link(objects, page[i].Objects)
	}
	return ranked(order)
}

// link notes relations on the side that is delivered later.
func link(objects []*wanted, of []Object) {
	for j := range of {
		for _, k := range of[j].RelatedTo {
			a, b := objects[j], objects[k]
			if rank(a.Collection) > rank(b.Collection) {
				a, b = b, a
			}
			if !linked(b, a) {
				b.links = append(b.links, a)
			}
		}
	}
}

func linked(w, to *wanted) bool {
	for _, l := range w.links {
		if l == to {
			return true
		}
	}
	return false
}

func rank(c threatq.Collection) int {
	switch c {
	case threatq.Indicators:
		return 0
	case threatq.Events:
		return 2
	}
	return 1
}

func ranked(order []*wanted) [][]*wanted {
	sort.SliceStable(order, func(i, j int) bool { return rank(order[i].Collection) < rank(order[j].Collection) })
	var out [][]*wanted
	for i, w := range order {
		if i == 0 || w.Collection != order[i-1].Collection {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], w)
	}
	return out
}

func (d *delivery) settle(ctx context.Context, group []*wanted) error {
	d.report.Mapped += len(group)
	known, err := d.recall(ctx, group)
	if err != nil {
		return err
	}
	var open, update []*wanted
	for _, w := range group {
		entry, ok := known[w.entry]
		switch {
		case ok && entry.Hash == w.hash:
			w.id = entry.RemoteID
			d.count(w, unchanged)
		case ok && entry.RemoteID != 0:
			w.id = entry.RemoteID
			update = append(update, w)
		default:
			w.pending = ok
			open = append(open, w)
		}
	}
	found, create, err := d.search(ctx, open)
	if err != nil {
		return err
	}
	gone, err := d.update(ctx, append(update, found...))
	if err != nil {
		return err
	}
	return d.create(ctx, append(create, gone...))
}

func (d *delivery) recall(ctx context.Context, group []*wanted) (map[EntryKey]Entry, error) {
	keys := make([]EntryKey, len(group))
	for i, w := range group {
		w.hash = hashWanted(w)
		keys[i] = w.entry
	}
	return d.run.State.Ledger(ctx, d.flow.Name, keys)
}

// hashWanted covers the object and whom it is linked to, by key rather than by
// id: ids differ between libraries.
func hashWanted(w *wanted) string {
	names := make([]string, 0, len(w.links))
	for _, l := range w.links {
		names = append(names, l.entry.Rule+"\x00"+l.entry.Key)
	}
	sort.Strings(names)
	return contentHash([]string{w.Object.hash, strings.Join(names, "\x01")})
}

// update brings objects that ThreatQ holds up to date. It returns those that
// are not there any more.
func (d *delivery) update(ctx context.Context, ws []*wanted) (gone []*wanted, err error) {
	if len(ws) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(ws))
	for i, w := range ws {
		ids[i] = w.id
	}
	current := map[int64]*threatq.Object{}
	objs, err := d.run.Platform.Get(ctx, ws[0].Collection, ids)
	if err != nil {
		return nil, err
	}
	for i := range objs {
		current[objs[i].ID] = &objs[i]
	}
	for _, w := range ws {
		have := current[w.id]
		if have == nil {
			w.id = 0
			gone = append(gone, w)
			continue
		}
		if err := d.bringUp(ctx, w, have); err != nil {
			return nil, err
		}
	}
	return gone, nil
}

func (d *delivery) bringUp(ctx context.Context, w *wanted, have *threatq.Object) error {
	want := w.Object.Object
	want.ID, want.Related = w.id, linkIDs(w)
	if want.Collection == threatq.Indicators {
		want.Status = "" // only of new ones: what an analyst has decided stays
	}
	if w.Rule.Sync != nil {
		held, err := d.sync(w, have, &want)
		if err != nil {
			d.refuse(w, err)
			return nil
		}
		if held != "" {
			d.run.Log.Warn(held, "event", w.id, "record", w.record.Key)
		}
	}
	plan := threatq.Diff(have, &want)
	if plan.Empty() {
		d.done(w, unchanged)
		return nil
	}
	if d.run.DryRun {
		d.run.plan(d.report, fmt.Sprintf("~ %s %q\n%s", w.Rule.Type, want.Name, indent(plan.String())))
	} else if err := d.run.Platform.Apply(ctx, have, plan); err != nil {
		return d.failed(w, err)
	}
	d.done(w, updated)
	return nil
}

func (d *delivery) create(ctx context.Context, ws []*wanted) error {
	if len(ws) == 0 {
		return nil
	}
	sort.SliceStable(ws, func(i, j int) bool { return ws[i].record.Cursor.Before(ws[j].record.Cursor) })
	objs := make([]*threatq.Object, len(ws))
	for i, w := range ws {
		o := w.Object.Object
		o.Related = linkIDs(w)
		objs[i] = &o
	}
	if d.run.DryRun {
		for _, w := range ws {
			d.run.plan(d.report, fmt.Sprintf("+ %s %q (%s)", w.Rule.Type, w.Name, w.Type))
			d.done(w, created)
		}
		return nil
	}
	if err := d.announce(ctx, ws); err != nil {
		return err
	}
	for i, res := range d.run.Platform.Create(ctx, ws[0].Collection, objs) {
		ws[i].id = res.ID
		switch {
		case res.Err != nil:
			if err := d.failed(ws[i], res.Err); err != nil {
				return err
			}
		case res.Created:
			d.done(ws[i], created)
		default:
			d.done(ws[i], unchanged)
		}
	}
	return nil
}

func linkIDs(w *wanted) []threatq.Ref {
	var out []threatq.Ref
	for _, l := range w.links {
		if l.id != 0 {
			out = append(out, threatq.Ref{Collection: l.Collection, ID: l.id})
		}
	}
	return out
}

// failed sorts an error: ThreatQ could not be asked (returned), or this object
// is refused (a dead letter).
func (d *delivery) failed(w *wanted, err error) error {
	var refused *threatq.RefusedError
	var unknown *threatq.UnknownTypeError
	if errors.As(err, &refused) || errors.As(err, &unknown) {
		d.refuse(w, err)
		return nil
	}
	return err
}

func (d *delivery) refuse(w *wanted, err error) {
	letter := newDeadLetter(w.entry.Rule, w.entry.Key, err, w.record.Record, d.run.Bound.Now)
	d.commit.Dead = append(d.commit.Dead, *letter)
	d.report.Dead++
	d.run.Log.Error("refused, kept as a dead letter", "object", w.entry.Rule, "key", w.entry.Key, "reason", letter.Reason)
}

func (d *delivery) done(w *wanted, what outcome) {
	d.commit.Entries = append(d.commit.Entries, Entry{EntryKey: w.entry, Hash: w.hash, RemoteID: w.id})
	d.commit.Revived = append(d.commit.Revived, w.record.Key, w.entry.Key)
	d.count(w, what)
}

func (d *delivery) count(w *wanted, what outcome) {
	d.report.count(string(w.Collection), what)
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}
