package state

import (
	"context"
	"database/sql"
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
		entries, err := collect(ctx, i.store, i.doing("read the ledger", flow), scanEntry, lookupQuery(len(some)), append(args, i.name, flow)...)
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
func lookupQuery(n int) string {
	return `WITH wanted (rule, key) AS (VALUES (?, ?)` + strings.Repeat(`, (?, ?)`, n-1) + `)
		SELECT l.rule, l.key, l.hash, l.remote_id FROM flow CROSS JOIN wanted CROSS JOIN ledger AS l
		ON l.flow = flow.id AND l.rule = wanted.rule AND l.key = wanted.key
		WHERE flow.instance = ? AND flow.name = ?`
}

func scanEntry(scan func(...any) error) (e engine.Entry, err error) {
	return e, scan(&e.Rule, &e.Key, &e.Hash, &e.RemoteID)
}

func putEntries(ctx context.Context, tx *sql.Tx, flow int64, entries []engine.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	put, err := tx.PrepareContext(ctx, `INSERT INTO ledger (flow, rule, key, hash, remote_id) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET hash = excluded.hash, remote_id = excluded.remote_id`)
	if err != nil {
		return err
	}
	defer put.Close()
	for _, e := range entries {
		if _, err := put.ExecContext(ctx, flow, e.Rule, e.Key, e.Hash, e.RemoteID); err != nil {
			return err
		}
	}
	return nil
}
