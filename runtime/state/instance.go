package state

import (
	"context"
	"database/sql"
	"fmt"

	"tqmap/engine"
)

// Instance is what one connector instance remembers. It implements engine.State.
//
// An Instance from Lock.Instance commits only while its lock is held, else with
// ErrFenced. One from Store.Instance is for looking and repairing: it commits
// only while no live run holds the lock, else with a *LockedError. One from Store.Share
// commits until somebody takes the lock.
type Instance struct {
	store *Store
	name  string
	lock  *Lock

	shared bool
	token  int64 // of the last holder of the lock, before shared
}

var _ engine.State = (*Instance)(nil)

// Instance returns the memory of the connector instance called name, which
// need not have run before.
func (s *Store) Instance(name string) *Instance {
	return &Instance{store: s, name: name}
}

func (i *Instance) doing(what, flow string) string {
	return fmt.Sprintf("%s of flow %q of %s", what, flow, i.name)
}

// Checkpoint implements engine.State. The cursor is in UTC.
func (i *Instance) Checkpoint(ctx context.Context, flow string) (engine.Checkpoint, error) {
	type row struct {
		cursor, token, done string
		key, hash           sql.NullString
	}
	doing := i.doing("read the checkpoint", flow)
	// One statement, so that cursor and boundary are of the same commit.
	rows, err := collect(ctx, i.store, doing, func(scan func(...any) error) (r row, err error) {
		return r, scan(&r.cursor, &r.token, &r.done, &r.key, &r.hash)
	}, `SELECT cursor, token, done, key, hash FROM flow LEFT JOIN boundary ON boundary.flow = flow.id
		WHERE instance = ? AND name = ?`, i.name, flow)
	if err != nil || len(rows) == 0 {
		return engine.Checkpoint{}, err
	}
	at := engine.Checkpoint{Token: rows[0].token}
	if at.Cursor, err = decodeTime(rows[0].cursor); err != nil {
		return engine.Checkpoint{}, i.store.kind.damaged(err)
	}
	if at.Done, err = decodeSpans(rows[0].done); err != nil {
		return engine.Checkpoint{}, i.store.kind.damaged(err)
	}
	for _, r := range rows {
		if !r.key.Valid {
			break
		}
		if at.Boundary == nil {
			at.Boundary = make(map[string]string, len(rows))
		}
		at.Boundary[r.key.String] = r.hash.String
	}
	return at, nil
}

// Commit implements engine.State. Entries are forgotten before new ones are stored, and dead
// letters revived before new ones are added. A checkpoint replaces the one before as a whole. It may move back, but not
// from a cursor to none, nor from a token to nothing at all (ErrNoCursor).
func (i *Instance) Commit(ctx context.Context, flow string, c engine.Commit) error {
	return i.store.write(ctx, i.doing("commit", flow), i.name, func(tx *transaction) error {
		if err := i.fence(ctx, tx); err != nil {
			return err
		}
		id, err := flowID(ctx, tx, i.name, flow)
		if err != nil {
			return err
		}
		if c.Checkpoint != nil {
			if err := putCheckpoint(ctx, tx, id, *c.Checkpoint); err != nil {
				return err
			}
		}
		if err := forget(ctx, tx, id, c.Forgotten); err != nil {
			return err
		}
		if err := putEntries(ctx, tx, id, c.Entries); err != nil {
			return err
		}
		if err := revive(ctx, tx, id, c.Revived); err != nil {
			return err
		}
		return bury(ctx, tx, id, c.Dead, i.store.now())
	})
}

func flowID(ctx context.Context, tx *transaction, instance, flow string) (id int64, err error) {
	// An update that changes nothing, because DO NOTHING would return no row.
	err = tx.row(ctx, `INSERT INTO flow (instance, name) VALUES (?, ?)
		ON CONFLICT (instance, name) DO UPDATE SET name = excluded.name RETURNING id`, instance, flow).Scan(&id)
	return id, err
}

func putCheckpoint(ctx context.Context, tx *transaction, flow int64, at engine.Checkpoint) error {
	cursor, err := encodeTime(at.Cursor)
	if err != nil {
		return err
	}
	spans, err := encodeSpans(at.Done)
	if err != nil {
		return err
	}
	only := "" // what may be replaced
	switch {
	case cursor == "" && at.Token == "":
		only = ` AND cursor = '' AND token = ''`
	case cursor == "":
		only = ` AND cursor = ''`
	}
	done, err := tx.exec(ctx, `UPDATE flow SET cursor = ?, token = ?, done = ? WHERE id = ?`+only, cursor, at.Token, spans, flow)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return ErrNoCursor
	}
	if _, err := tx.exec(ctx, `DELETE FROM boundary WHERE flow = ?`, flow); err != nil {
		return err
	}
	rows := make([][]any, 0, len(at.Boundary))
	for key, hash := range at.Boundary {
		rows = append(rows, []any{flow, key, hash})
	}
	return tx.insert(ctx, `INSERT INTO boundary (flow, key, hash)`, rows, "")
}
