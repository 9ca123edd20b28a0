package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"tqmap/engine"
)

// Instance is what one connector instance remembers. It implements engine.State.
//
// An Instance from Lock.Instance commits only while its lock is held, else with
// ErrFenced. One from Store.Instance is for looking and repairing: it commits
// only while no live run holds the lock, else with a *LockedError.
type Instance struct {
	store *Store
	name  string
	lock  *Lock
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
		cursor    string
		key, hash sql.NullString
	}
	doing := i.doing("read the checkpoint", flow)
	// One statement, so that cursor and boundary are of the same commit.
	rows, err := collect(ctx, i.store, doing, func(scan func(...any) error) (r row, err error) {
		return r, scan(&r.cursor, &r.key, &r.hash)
	}, `SELECT cursor, key, hash FROM flow LEFT JOIN boundary ON boundary.flow = flow.id
		WHERE instance = ? AND name = ?`, i.name, flow)
	if err != nil || len(rows) == 0 {
		return engine.Checkpoint{}, err
	}
	var at engine.Checkpoint
	if at.Cursor, err = decodeTime(rows[0].cursor); err != nil {
		return engine.Checkpoint{}, i.store.damaged(err)
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

// Commit implements engine.State. Dead letters are revived before new ones are
// added. A checkpoint may move back, but not from a cursor to none (ErrNoCursor).
func (i *Instance) Commit(ctx context.Context, flow string, c engine.Commit) error {
	return i.store.write(ctx, i.doing("commit", flow), func(tx *sql.Tx) error {
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
		if err := putEntries(ctx, tx, id, c.Entries); err != nil {
			return err
		}
		if err := revive(ctx, tx, id, c.Revived); err != nil {
			return err
		}
		return bury(ctx, tx, id, c.Dead, i.store.now())
	})
}

func flowID(ctx context.Context, tx *sql.Tx, instance, flow string) (id int64, err error) {
	// An update that changes nothing, because DO NOTHING would return no row.
	err = tx.QueryRowContext(ctx, `INSERT INTO flow (instance, name) VALUES (?, ?)
		ON CONFLICT DO UPDATE SET name = excluded.name RETURNING id`, instance, flow).Scan(&id)
	return id, err
}

func putCheckpoint(ctx context.Context, tx *sql.Tx, flow int64, at engine.Checkpoint) error {
	cursor, err := encodeTime(at.Cursor)
	if err != nil {
		return err
	}
	done, err := tx.ExecContext(ctx, `UPDATE flow SET cursor = ?1 WHERE id = ?2 AND (?1 <> '' OR cursor = '')`, cursor, flow)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return ErrNoCursor
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM boundary WHERE flow = ?`, flow); err != nil {
		return err
	}
	put, err := tx.PrepareContext(ctx, `INSERT INTO boundary (flow, key, hash) VALUES (?, ?, ?)`)
	if err != nil {
		return err
	}
	defer put.Close()
	for key, hash := range at.Boundary {
		if _, err := put.ExecContext(ctx, flow, key, hash); err != nil {
			return err
		}
	}
	return nil
}

// timeLayout has a fixed width, so that the order of the texts is the order of
// the instants.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

// encodeTime writes t as RFC 3339 in UTC; the zero time as "".
func encodeTime(t time.Time) (string, error) {
	if t.IsZero() {
		return "", nil
	}
	t = t.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return "", errors.New("time outside of the years 0 to 9999: " + t.String())
	}
	return t.Format(timeLayout), nil
}

func decodeTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339Nano, text)
}
