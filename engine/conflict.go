package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tqmap/dsl/code"
	"tqmap/engine/threatq"
)

// Where both sides changed a synced field, ThreatQ's choice waits to be sent, and
// the record is looked at again when it comes next. But it may never come again: the
// choice cannot be sent, the window moves on, and then the analyst takes the choice
// back. So the ledger keeps the record until the two sides have met, and each run
// looks first whether what kept them apart is gone.

// The hashes of the entry that says whether an object waits.
const (
	waitingHash = "waiting"
	metHash     = "met"
)

func waitingKey(object EntryKey) EntryKey {
	return EntryKey{Rule: "waiting " + object.Rule, Key: object.Key}
}

// keptKey is the entry whose hash is a keptRecord, as JSON.
func keptKey(object EntryKey) EntryKey {
	return EntryKey{Rule: "kept " + object.Rule, Key: object.Key}
}

// keptRecord is the record of an object that waits, and what was agreed on when it came.
type keptRecord struct {
	Base   string `json:"base"`
	Record any    `json:"record"`
}

// wait keeps the record of w until both sides have met.
func (d *delivery) wait(w *wanted, base string) {
	d.commit.Entries = append(d.commit.Entries,
		Entry{EntryKey: keptKey(w.entry), Hash: string(contentOf(keptRecord{base, w.record.Record}))},
		Entry{EntryKey: waitingKey(w.entry), Hash: waitingHash, RemoteID: w.id})
}

// met notes that nothing keeps the two sides of w apart any more.
func (d *delivery) met(object EntryKey) {
	d.commit.Entries = append(d.commit.Entries, Entry{EntryKey: keptKey(object)}, Entry{EntryKey: waitingKey(object), Hash: metHash})
}

// reconsider delivers the kept records of which the analyst has taken the choice back.
func (p *ingesting) reconsider(ctx context.Context) error {
	for _, rule := range p.mapper.rules {
		if rule.Sync == nil {
			continue
		}
		var waiting []Entry
		own := waitingKey(EntryKey{Rule: rule.ID()}).Rule
		err := p.run.State.Entries(ctx, p.flow.Name, own, waitingHash, func(e Entry) error {
			waiting = append(waiting, e)
			return nil
		})
		if err != nil {
			return err
		}
		for some := range slices.Chunk(waiting, 200) {
			if err := p.reconsiderSome(ctx, rule, some); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *ingesting) reconsiderSome(ctx context.Context, rule *rule, waiting []Entry) error {
	var keys []EntryKey
	var ids []int64
	for _, e := range waiting {
		keys = append(keys, keptKey(EntryKey{Rule: rule.ID(), Key: e.Key}))
		ids = append(ids, e.RemoteID)
	}
	records, err := p.run.State.Ledger(ctx, p.flow.Name, keys)
	if err != nil {
		return err
	}
	objs, err := p.run.Platform.Get(ctx, rule.collection, ids)
	if err != nil {
		return err
	}
	d := &delivery{run: p.run, flow: p.flow, report: p.report, rules: p.rules}
	var page []*Mapped
	for i, e := range waiting {
		at := slices.IndexFunc(objs, func(o threatq.Object) bool { return o.ID == e.RemoteID })
		if at < 0 {
			d.met(EntryKey{Rule: rule.ID(), Key: e.Key}) // deleted
			continue
		}
		m, stays := p.takenBack(rule, e.Key, records[keys[i]].Hash, &objs[at])
		switch {
		case m != nil:
			page = append(page, m)
		case !stays:
			d.met(EntryKey{Rule: rule.ID(), Key: e.Key})
		}
	}
	err = d.deliver(ctx, page)
	if commitErr := p.run.State.Commit(context.WithoutCancel(ctx), p.flow.Name, d.commit); commitErr != nil {
		return errors.Join(err, fmt.Errorf("the state could not be written: %w", commitErr))
	}
	return err
}

// takenBack is the kept record, mapped, if the object stands for what was agreed on
// before, or for what the record says. Else it says whether the record is to be kept:
// not if the sides have agreed on something meanwhile, or the mapping has changed.
func (p *ingesting) takenBack(rule *rule, key, text string, have *threatq.Object) (m *Mapped, stays bool) {
	decoded, err := code.Decode([]byte(text))
	fields, _ := decoded.(map[string]any)
	base, _ := have.Attr(rule.Sync.Agreed)
	if err != nil || fields["base"] != base {
		return nil, false
	}
	mapped := p.mapper.Map(fields["record"])
	if mapped.Dead != nil {
		return nil, true
	}
	o := mapped.made(rule.Rule, key)
	if o == nil {
		return nil, false
	}
	local, ours, err := standsFor(&wanted{Object: o}, have, have.Type)
	remote, _ := o.Attr(rule.Sync.Agreed)
	if err != nil || !ours || local != base && local != remote {
		return nil, true
	}
	return &mapped, false
}
