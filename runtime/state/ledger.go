package state

import (
	"context"
	"slices"

	"tqmap/engine"
)

// lookup is how many ledger keys one query asks for.
const lookup = 500

// flowOf finds the flow first, so that what follows is a range of the ledger's primary key,
// however small or big the database believes the ledger to be.
const flowOf = `(SELECT id FROM flow WHERE instance = ? AND name = ?)`

// Ledger implements engine.State. Any number of keys may be asked for.
func (i *Instance) Ledger(ctx context.Context, flow string, keys []engine.EntryKey) (map[engine.EntryKey]engine.Entry, error) {
	found := make(map[engine.EntryKey]engine.Entry)
	for rule, all := range byRule(keys) {
		for some := range slices.Chunk(all, lookup) {
			entries, err := collect(ctx, i.store, i.doing("read the ledger", flow), scanEntry,
				i.store.kind.lookup(len(some)), append([]any{i.name, flow, rule}, some...)...)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				found[e.EntryKey] = e
			}
		}
	}
	return found, nil
}

func byRule(keys []engine.EntryKey) map[string][]any {
	out := make(map[string][]any)
	for _, k := range keys {
		out[k.Rule] = append(out[k.Rule], k.Key)
	}
	return out
}

func scanEntry(scan func(...any) error) (e engine.Entry, err error) {
	err = scan(&e.Rule, &e.Key, &e.Hash, &e.RemoteID, &e.Content)
	if len(e.Content) == 0 {
		e.Content = nil
	}
	return e, err
}

func forget(ctx context.Context, tx *transaction, flow int64, keys []engine.EntryKey) error {
	for rule, all := range byRule(keys) {
		for some := range slices.Chunk(all, lookup) {
			if _, err := tx.exec(ctx, tx.kind.forget(len(some)), append([]any{flow, rule}, some...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// putEntries stores the last entry of each key: one statement may not change a row twice.
func putEntries(ctx context.Context, tx *transaction, flow int64, entries []engine.Entry) error {
	last := make(map[engine.EntryKey]int, len(entries))
	for n, e := range entries {
		last[e.EntryKey] = n
	}
	rows := make([][]any, 0, len(last))
	for n, e := range entries {
		if last[e.EntryKey] == n {
			rows = append(rows, []any{flow, e.Rule, e.Key, e.Hash, e.RemoteID, e.Content})
		}
	}
	return tx.insert(ctx, `INSERT INTO ledger (flow, rule, key, hash, remote_id, content)`, rows,
		`ON CONFLICT (flow, rule, key) DO UPDATE SET hash = excluded.hash, remote_id = excluded.remote_id, content = excluded.content`)
}

// perPage is how many entries are in memory while a ledger is read through.
const perPage = 1000

// Entries implements engine.State. Nothing is held open while yield runs, so it may commit.
func (i *Instance) Entries(ctx context.Context, flow, rule, hash string, yield func(engine.Entry) error) error {
	query := `SELECT rule, key, hash, remote_id, content FROM ledger WHERE flow = ` + flowOf
	args := []any{i.name, flow}
	if rule != "" {
		query, args = query+` AND rule = ?`, append(args, rule)
	}
	if hash != "" {
		query, args = query+` AND hash = ?`, append(args, hash)
	}
	const order = ` ORDER BY rule, key LIMIT ?`
	page, err := collect(ctx, i.store, i.doing("read the ledger", flow), scanEntry, query+order, append(args, perPage)...)
	for err == nil && len(page) > 0 {
		for _, e := range page {
			if err := yield(e); err != nil {
				return err
			}
		}
		if len(page) < perPage {
			return nil
		}
		last := page[len(page)-1]
		after, from := ` AND (rule, key) > (?, ?)`, []any{last.Rule, last.Key}
		if rule != "" {
			after, from = ` AND key > ?`, from[1:]
		}
		page, err = collect(ctx, i.store, i.doing("read the ledger", flow), scanEntry, query+after+order, slices.Concat(args, from, []any{perPage})...)
	}
	return err
}
