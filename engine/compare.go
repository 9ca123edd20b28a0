package engine

import (
	"context"
	"fmt"

	"tqmap/dsl"
	"tqmap/engine/threatq"
)

// Comparison is what delivering an object would do in ThreatQ.
type Comparison struct {
	// Op is "+" for create, "~" for update, "=" for unchanged, "!" for an object that cannot be delivered.
	Op string
	// ID is the object's in ThreatQ; 0 where it has none.
	ID int64
	// Changes are those of an update.
	Changes []threatq.Change
	// Note is why an object cannot be delivered, or why a change of the source is held back.
	Note string
}

// Comparisons are those of one flow, by rule and key of the object in the ledger.
type Comparisons map[EntryKey]Comparison

// Of is the difference of an object that a record made.
func (d Comparisons) Of(o *Object) (Comparison, bool) {
	found, ok := d[EntryKey{Rule: o.Rule.ID(), Key: o.Key}]
	return found, ok
}

// Compare plans, as a dry run does, what delivering the objects of records would change in
// ThreatQ. It goes by what ThreatQ holds alone: what the ledger remembers is not asked. It needs
// a Run with Platform, DryRun and a State that knows nothing. The error means that ThreatQ
// could not be asked.
func (r *Run) Compare(ctx context.Context, f *dsl.Flow, records []Mapped) (Comparisons, error) {
	m, err := newMapper(r.Bound, f)
	if err != nil {
		return nil, err
	}
	out := Comparisons{}
	d := &delivery{run: r, flow: f, report: &FlowReport{Name: f.Name}, rules: map[string]*rule{}, look: true, watch: func(w *wanted, found Comparison) {
		found.ID = w.id
		if found.Note == "" { // it was held back before the rest was compared
			found.Note = out[w.entry].Note
		}
		out[w.entry] = found
	}}
	for _, rule := range m.rules {
		d.rules[rule.ID()] = rule
	}
	page := make([]*Mapped, len(records))
	for i := range records {
		own := records[i] // delivering takes notes in it
		page[i] = &own
	}
	return out, d.deliver(ctx, page)
}

// tell passes on what would happen to w, to whoever watches.
func (d *delivery) tell(w *wanted, found Comparison) {
	if d.watch != nil {
		d.watch(w, found)
	}
}

// lookUp gives objects the id of what ThreatQ has in their place.
func (d *delivery) lookUp(ctx context.Context, open []*wanted) error {
	var ws []*wanted
	var objs []*threatq.Object
	for _, w := range open {
		if w.id == 0 {
			ws, objs = append(ws, w), append(objs, &w.Object.Object)
		}
	}
	if len(ws) == 0 {
		return nil
	}
	ids, err := d.run.Platform.Identify(ctx, ws[0].Collection, objs)
	for i, id := range ids {
		ws[i].id = id
	}
	return err
}

// changes are those of a plan, and in a dry run the links to what would be new: they have no
// ids yet. What is linked is called by its name.
func (d *delivery) changes(w *wanted, plan threatq.Plan) []threatq.Change {
	out := plan.Changes()
	names := map[string]string{}
	for _, l := range w.links {
		switch {
		case l.id != 0:
			names[string(l.Collection)+" "+fmt.Sprint(l.id)] = called(l)
		case l.settled && d.run.DryRun:
			out = append(out, threatq.Change{Op: "+", Part: "related", Name: string(l.Collection), New: called(l) + ", new"})
		}
	}
	for i, c := range out {
		if name := names[c.Name+" "+c.New]; c.Part == "related" && name != "" {
			out[i].New = name
		}
	}
	return out
}
