package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
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
	look   bool                      // in ThreatQ for what the ledger does not know
	watch  func(*wanted, Comparison) // is told what would happen; may be nil
}

// deliver adds to d.commit what was acknowledged. Its error means that ThreatQ
// could not be asked; what the commit holds by then is good.
func (d *delivery) deliver(ctx context.Context, page []*Mapped) error {
	groups := group(page)
	defer d.revive(groups, page)
	for _, g := range groups {
		if err := d.settle(ctx, g); err != nil {
			return err
		}
	}
	return nil
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
		w.waiting = known[waitingKey(w.entry)].Hash == waitingHash
		switch {
		case ok && entry.Hash == w.hash:
			w.id, w.settled = entry.RemoteID, true
			d.count(w, unchanged)
			d.tell(w, Comparison{Op: "="})
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
		if w.Rule.Sync != nil {
			keys = append(keys, waitingKey(w.entry))
		}
	}
	return d.run.State.Ledger(ctx, d.flow.Name, keys)
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
	if err := d.announce(ctx, ws); err != nil {
		return nil, err
	}
	var again []*wanted // the same object once more: what was read of it is out of date by then
	for _, w := range ws {
		have, known := current[w.id]
		switch {
		case have != nil:
			current[w.id] = nil
			if err := d.bringUp(ctx, w, have); err != nil {
				return nil, err
			}
		case known:
			again = append(again, w)
		default:
			w.id, w.pending = 0, false
			gone = append(gone, w)
		}
	}
	more, err := d.update(ctx, again)
	return append(gone, more...), err
}

func (d *delivery) bringUp(ctx context.Context, w *wanted, have *threatq.Object) error {
	want := w.Object.Object
	want.ID, want.Related = w.id, linkIDs(w)
	want.Status = "" // only of new ones: what an analyst has decided stays
	if w.Rule.Sync != nil {
		held, err := merge(w, have, &want)
		if err != nil {
			d.refuse(w, err)
			return nil
		}
		switch {
		case held.why != "":
			w.undone() // look again when the record comes next
			w.hash = ""
			d.tell(w, Comparison{Op: "=", Note: held.why})
			d.run.Log.Warn(held.why, "event", w.id, "record", w.record.Key)
			if held.conflict {
				d.wait(w, held.base)
			}
		case w.waiting:
			d.met(w.entry)
		}
	}
	if err := d.run.Platform.ReadLinks(ctx, have, want.Related); err != nil {
		return d.failed(w, err)
	}
	plan := threatq.Diff(have, &want)
	changes := d.changes(w, plan)
	if len(changes) == 0 {
		d.done(w, unchanged)
		d.tell(w, Comparison{Op: "="})
		return nil
	}
	if d.run.DryRun {
		d.run.plan(d.report, fmt.Sprintf("~ %s %q\n%s", w.Rule.Type, w.Name, indent(threatq.Lines(changes))))
		d.tell(w, Comparison{Op: "~", Changes: changes})
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
	if d.run.DryRun {
		for _, w := range ws {
			d.run.plan(d.report, fmt.Sprintf("+ %s %s", w.Rule.Type, called(w)))
			d.done(w, created)
			d.tell(w, Comparison{Op: "+"})
		}
		return nil
	}
	objs, ws := d.newObjects(ws)
	if len(ws) == 0 {
		return nil
	}
	if err := d.announce(ctx, ws); err != nil {
		return err
	}
	var down error
	var existed []*wanted
	for i, res := range d.run.Platform.Create(ctx, ws[0].Collection, objs) {
		w := ws[i]
		w.id = res.ID
		switch {
		case res.Err != nil:
			if err := d.failed(w, res.Err); down == nil {
				down = err // those after it may have been acknowledged all the same
			}
		case res.Created:
			d.done(w, created)
		case replaces(w):
			existed = append(existed, w)
		default:
			d.done(w, unchanged)
		}
	}
	if down != nil {
		return down
	}
	gone, err := d.update(ctx, existed)
	for _, w := range gone { // deleted in this very moment; the next run creates it
		d.refuse(w, fmt.Errorf("ThreatQ had %s %q, and has it no more", w.Rule.Type, w.Name))
	}
	return err
}

// called is the object's name, with its type where it has one.
func called(w *wanted) string {
	if w.Type == "" {
		return strconv.Quote(w.Name)
	}
	return fmt.Sprintf("%q (%s)", w.Name, w.Type)
}

// newObjects are the objects to create for ws, without those that cannot be.
func (d *delivery) newObjects(ws []*wanted) (objs []*threatq.Object, able []*wanted) {
	for _, w := range ws {
		o := w.Object.Object
		o.Related = linkIDs(w)
		if err := agreeOnNew(w, &o); err != nil {
			d.refuse(w, err)
			continue
		}
		objs, able = append(objs, &o), append(able, w)
	}
	return objs, able
}

// replaces says whether w says more than a bulk write can do to an object that is
// there, which gets new values beside its old ones.
func replaces(w *wanted) bool {
	return w.Collection.Kind().Identity != threatq.ByValueAndType || w.Description != "" || w.Score != nil ||
		!w.ExpiresAt.IsZero() || !w.LastDetectedAt.IsZero() ||
		slices.ContainsFunc(w.Attributes, func(a threatq.Attribute) bool { return a.Mode == threatq.Replace })
}

// failed sorts an error: ThreatQ could not be asked (returned), or this object
// is refused (a dead letter).
func (d *delivery) failed(w *wanted, err error) error {
	if !objectAtFault(err) {
		return err
	}
	d.refuse(w, err)
	return nil
}

// objectAtFault reports whether ThreatQ refused an object, rather than could not be asked.
func objectAtFault(err error) bool {
	var refused *threatq.RefusedError
	var unknown *threatq.UnknownTypeError
	return errors.As(err, &refused) || errors.As(err, &unknown)
}

func (d *delivery) refuse(w *wanted, err error) {
	letter := newDeadLetter(w.entry.Rule, w.entry.Key, undelivered(err), w.record.Record, d.run.Bound.Now)
	d.commit.Dead = append(d.commit.Dead, *letter)
	d.report.Dead++
	w.undone()
	d.tell(w, Comparison{Op: "!", Note: letter.Reason})
	d.run.buried(d.flow, "refused", letter)
}

func (d *delivery) done(w *wanted, what outcome) {
	w.settled = true
	d.commit.Entries = append(d.commit.Entries, Entry{EntryKey: w.entry, Hash: w.hash, RemoteID: w.id})
	d.count(w, what)
}

func (d *delivery) count(w *wanted, what outcome) {
	d.report.count(string(w.Collection), what)
}

// revive takes back the dead letters of objects that are delivered, and of
// records of which everything is.
func (d *delivery) revive(groups [][]*wanted, page []*Mapped) {
	open := map[*Mapped]bool{}
	seen := map[string]bool{}
	add := func(key string) {
		if !seen[key] {
			seen[key] = true
			d.commit.Revived = append(d.commit.Revived, key)
		}
	}
	for _, g := range groups {
		for _, w := range g {
			if w.settled {
				add(w.entry.Key)
				continue
			}
			for _, m := range w.records {
				open[m] = true
			}
		}
	}
	for _, m := range page {
		if !open[m] && len(m.Rejected) == 0 {
			add(m.Key)
		}
	}
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}
