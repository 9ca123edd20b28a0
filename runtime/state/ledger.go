package state

import (
	"context"
	"slices"
	"strings"

	"tqmap/engine"
)

// lookup is how many ledger keys one query asks for.
const lookup = 500

// Ledger implements engine.State. Any number of keys may be asked for.
func (i *Instance) Ledger(ctx context.Context, flow string, keys []engine.EntryKey) (map[engine.EntryKey]engine.Entry, error) {
	found := make(map[engine.EntryKey]engine.Entry)
	for some := range slices.Chunk(keys, lookup) {
		args := make([]any, 0, 2*len(some)+2)
		for _, k := range some {
			args = append(args, k.Rule, k.Key)
		}
		entries, err := collect(ctx, i.store, i.doing("read the ledger", flow), scanEntry, lookupQuery(len(some), i.store.kind.text()), append(args, i.name, flow)...)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			found[e.EntryKey] = e
		}
	}
	return found, nil
}

// lookupQuery joins n wanted keys with the ledger. CROSS JOIN makes SQLite walk
// the wanted keys and find each by primary key, however small or big it
// believes the ledger to be.
func lookupQuery(n int, text string) string {
	return `WITH wanted (rule, key) AS (VALUES (?` + text + `, ?` + text + `)` + strings.Repeat(`, (?, ?)`, n-1) + `)
		SELECT l.rule, l.key, l.hash, l.remote_id FROM flow CROSS JOIN wanted CROSS JOIN ledger AS l
		WHERE l.flow = flow.id AND l.rule = wanted.rule AND l.key = wanted.key
			AND flow.instance = ? AND flow.name = ?`
}

func scanEntry(scan func(...any) error) (e engine.Entry, err error) {
	return e, scan(&e.Rule, &e.Key, &e.Hash, &e.RemoteID)
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
			rows = append(rows, []any{flow, e.Rule, e.Key, e.Hash, e.RemoteID})
		}
	}
	return tx.insert(ctx, `INSERT INTO ledger (flow, rule, key, hash, remote_id)`, rows,
		`ON CONFLICT (flow, rule, key) DO UPDATE SET hash = excluded.hash, remote_id = excluded.remote_id`)
}

// perPage is how many entries are in memory while a ledger is read through.
const perPage = 1000

// Entries implements engine.State. Nothing is held open while yield runs, so it may commit.
func (i *Instance) Entries(ctx context.Context, flow, rule, hash string, yield func(engine.Entry) error) error {
	query := `SELECT l.rule, l.key, l.hash, l.remote_id FROM ledger AS l JOIN flow ON flow.id = l.flow
		WHERE flow.instance = ? AND flow.name = ?`
	args := []any{i.name, flow}
	if rule != "" {
		query, args = query+` AND l.rule = ?`, append(args, rule)
	}
	if hash != "" {
		query, args = query+` AND l.hash = ?`, append(args, hash)
	}
	const order = ` ORDER BY l.rule, l.key LIMIT ?`
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
		page, err = collect(ctx, i.store, i.doing("read the ledger", flow), scanEntry,
			query+` AND (l.rule, l.key) > (?, ?)`+order, append(slices.Clip(args), last.Rule, last.Key, perPage)...)
	}
	return err
}
