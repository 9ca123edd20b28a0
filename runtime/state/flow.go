package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Flow sums up what is remembered of one flow.
type Flow struct {
	Instance, Name string
	Cursor         time.Time // zero: none
	Boundary       int       // records on the cursor
	Ledger         int       // delivered objects
	Dead           int       // dead letters
}

// Flows lists everything that is remembered, by instance and flow.
func (s *Store) Flows(ctx context.Context) ([]Flow, error) {
	return collect(ctx, s, "list flows", s.scanFlow, `SELECT instance, name, cursor,
		(SELECT count(*) FROM boundary WHERE flow = flow.id),
		(SELECT count(*) FROM ledger WHERE flow = flow.id),
		(SELECT count(*) FROM dead_letter WHERE flow = flow.id)
		FROM flow ORDER BY instance, name`)
}

func (s *Store) scanFlow(scan func(...any) error) (f Flow, err error) {
	var cursor string
	if err := scan(&f.Instance, &f.Name, &cursor, &f.Boundary, &f.Ledger, &f.Dead); err != nil {
		return f, err
	}
	return f, s.decodeTimes(cursor, &f.Cursor, "", new(time.Time))
}

// Forget removes everything remembered of flow, dead letters included. The next
// run begins as the first one did. ErrNotFound if nothing was remembered.
func (i *Instance) Forget(ctx context.Context, flow string) error {
	return i.store.write(ctx, i.doing("forget the state", flow), func(tx *sql.Tx) error {
		if err := i.fence(ctx, tx); err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, `DELETE FROM flow WHERE instance = ? AND name = ?`, i.name, flow)
		return oneRow(done, err, fmt.Sprintf("flow %q", flow))
	})
}
