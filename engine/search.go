package engine

import (
	"context"
	"strings"

	"tqmap/dsl"
	"tqmap/engine/threatq"
)

// The ledger knows the id of every object that was delivered. Two things can
// escape it: a page that was being written when a run was killed, and a state
// that was lost. Searching ThreatQ for each new object would cover both, but
// costs more with every object there is. So the ledger keeps its own book: what
// is about to be written is noted as pending first, and before the first run of
// a flow it is told, once, what ThreatQ holds already. After that a new object is
// taken for new without asking.

// pendingHash is the hash of an entry whose object may or may not have reached ThreatQ.
const pendingHash = "pending"

// heldKey is the entry of an object that ThreatQ held before the ledger knew of
// it, by the value of the rule's identity attribute.
func heldKey(ruleID, identity string) EntryKey {
	return EntryKey{Rule: "held " + ruleID, Key: identity}
}

// recover fills the ledger of a flow that has none: in its first run, and after
// the state was lost.
func (r *Run) recover(ctx context.Context, f *dsl.Flow, rules []*rule) error {
	for _, rule := range rules {
		if rule.identity == "" {
			continue
		}
		done := EntryKey{Rule: "held", Key: rule.ID()}
		known, err := r.State.Ledger(ctx, f.Name, []EntryKey{done})
		if err != nil {
			return err
		}
		if len(known) > 0 {
			continue
		}
		if err := r.readHeld(ctx, f, rule); err != nil {
			return err
		}
		if err := r.State.Commit(ctx, f.Name, Commit{Entries: []Entry{{EntryKey: done}}}); err != nil {
			return err
		}
	}
	return nil
}

// readHeld notes every object of ThreatQ that carries the rule's identity
// attribute. It does not narrow the search by type: an analyst may have changed it.
func (r *Run) readHeld(ctx context.Context, f *dsl.Flow, rule *rule) error {
	found := 0
	for offset := 0; ; {
		objs, total, err := r.Platform.List(ctx, rule.collection, threatq.ListQuery{Sort: "id", Offset: offset})
		if err != nil {
			return err
		}
		var entries []Entry
		for i := range objs {
			if value, ok := objs[i].Attr(rule.identity); ok {
				entries = append(entries, Entry{EntryKey: heldKey(rule.ID(), strings.TrimSpace(value)), RemoteID: objs[i].ID})
			}
		}
		if err := r.State.Commit(ctx, f.Name, Commit{Entries: entries}); err != nil {
			return err
		}
		found += len(entries)
		if offset += len(objs); len(objs) == 0 || offset >= total {
			if offset > 0 {
				r.Log.Info("asked ThreatQ once what it holds already", "flow", f.Name, "objects", offset, "ours", found)
			}
			return nil
		}
	}
}

// search sorts objects that the ledger has not delivered into those that ThreatQ
// holds all the same and those that are to be created.
func (d *delivery) search(ctx context.Context, open []*wanted) (found, create []*wanted, err error) {
	if err := d.recallHeld(ctx, open); err != nil {
		return nil, nil, err
	}
	var asked []*wanted
	for _, w := range open {
		if d.identity(w) != "" && (w.pending || d.look) && w.id == 0 {
			asked = append(asked, w)
		}
	}
	title := func(w *wanted) string { return strings.TrimSpace(w.Name) }
	sameTitle := func(w *wanted, o *threatq.Object) bool { return strings.EqualFold(o.Name, title(w)) }
	if err := d.ask(ctx, asked, title, sameTitle); err != nil {
		return nil, nil, err
	}
	// Under another title, too: the mapping may have been edited since the run was killed.
	if err := d.ask(ctx, asked, func(w *wanted) string {
		value := d.identity(w)
		if !strings.Contains(w.Name, value) {
			return ""
		}
		return "%" + value + "%"
	}, func(*wanted, *threatq.Object) bool { return true }); err != nil {
		return nil, nil, err
	}
	if d.look {
		if err := d.lookUp(ctx, open); err != nil {
			return nil, nil, err
		}
	}
	for _, w := range open {
		if w.id != 0 {
			found = append(found, w)
		} else {
			create = append(create, w)
		}
	}
	return found, create, nil
}

// recallHeld gives objects the id under which ThreatQ held them before the
// ledger's time.
func (d *delivery) recallHeld(ctx context.Context, open []*wanted) error {
	var keys []EntryKey
	for _, w := range open {
		if value := d.identity(w); value != "" {
			keys = append(keys, heldKey(w.entry.Rule, value))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	held, err := d.run.State.Ledger(ctx, d.flow.Name, keys)
	if err != nil {
		return err
	}
	for _, w := range open {
		if value := d.identity(w); value != "" {
			w.id = held[heldKey(w.entry.Rule, value)].RemoteID
		}
	}
	return nil
}

// ask looks objects up by the name that pattern gives for each, and gives those
// with the right identity that fit their id: of several, the oldest. None is given twice.
func (d *delivery) ask(ctx context.Context, asked []*wanted, pattern func(*wanted) string, fits func(*wanted, *threatq.Object) bool) error {
	var names []string
	taken := map[int64]bool{}
	for _, w := range asked {
		taken[w.id] = true
		if name := pattern(w); name != "" && w.id == 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	objs, err := d.run.Platform.FindByName(ctx, asked[0].Collection, names)
	if err != nil {
		return err
	}
	for _, w := range asked {
		name, value := d.rules[w.entry.Rule].identity, d.identity(w)
		for i := range objs {
			got, _ := objs[i].Attr(name)
			if w.id == 0 && !taken[objs[i].ID] && strings.TrimSpace(got) == value && fits(w, &objs[i]) {
				w.id = objs[i].ID
				taken[w.id] = true
			}
		}
	}
	return nil
}

// identity is the value that the object is known by in ThreatQ; "" if its rule
// declares none or it has none.
func (d *delivery) identity(w *wanted) string {
	name := d.rules[w.entry.Rule].identity
	if name == "" {
		return ""
	}
	value, _ := w.Attr(name)
	return strings.TrimSpace(value)
}

// announce notes in the ledger what is about to be written: new objects that a
// search could find, and those whose entry will not be true any more.
func (d *delivery) announce(ctx context.Context, ws []*wanted) error {
	var entries []Entry
	for _, w := range ws {
		if (w.id != 0 || d.identity(w) != "") && !w.pending {
			w.pending = true
			entries = append(entries, Entry{EntryKey: w.entry, Hash: pendingHash, RemoteID: w.id})
		}
	}
	if len(entries) == 0 || d.run.DryRun {
		return nil
	}
	return d.run.State.Commit(ctx, d.flow.Name, Commit{Entries: entries})
}
