package state

import (
	"context"
	"fmt"
	"time"

	"tqmap/engine"
)

// Flow sums up what is remembered of one flow.
type Flow struct {
	Instance, Name string
	Cursor         time.Time     // zero: none
	Token          bool          // there is one
	Done           []engine.Span // delivered already, behind the cursor
	Boundary       int           // records on the cursor
	Ledger         int           // delivered objects
	Dead           int           // dead letters
}

// Flows lists everything that is remembered, by instance and flow.
func (s *Store) Flows(ctx context.Context) ([]Flow, error) {
	return collect(ctx, s, "list flows", s.scanFlow, flowQuery+` ORDER BY instance, name`)
}

// Flows lists what is remembered of the instance, by flow.
func (i *Instance) Flows(ctx context.Context) ([]Flow, error) {
	return collect(ctx, i.store, "list the flows of "+i.name, i.store.scanFlow, flowQuery+` WHERE instance = ? ORDER BY name`, i.name)
}

const flowQuery = `SELECT instance, name, cursor, CASE token WHEN '' THEN 0 ELSE 1 END, done,
	(SELECT count(*) FROM boundary WHERE flow = flow.id),
	(SELECT count(*) FROM ledger WHERE flow = flow.id),
	(SELECT count(*) FROM dead_letter WHERE flow = flow.id)
	FROM flow`

func (s *Store) scanFlow(scan func(...any) error) (f Flow, err error) {
	var cursor, done string
	if err := scan(&f.Instance, &f.Name, &cursor, &f.Token, &done, &f.Boundary, &f.Ledger, &f.Dead); err != nil {
		return f, err
	}
	if f.Done, err = decodeSpans(done); err != nil {
		return f, s.kind.damaged(err)
	}
	return f, s.decodeTimes(cursor, &f.Cursor, "", new(time.Time))
}

// RuleCount is how many objects of a rule the ledger holds.
type RuleCount struct {
	Rule  string
	Count int
}

// Rules counts the ledger of a flow by rule.
func (i *Instance) Rules(ctx context.Context, flow string) ([]RuleCount, error) {
	return collect(ctx, i.store, i.doing("count the ledger", flow), func(scan func(...any) error) (r RuleCount, err error) {
		return r, scan(&r.Rule, &r.Count)
	}, `SELECT l.rule, count(*) FROM ledger AS l JOIN flow ON flow.id = l.flow
		WHERE flow.instance = ? AND flow.name = ? GROUP BY l.rule ORDER BY l.rule`, i.name, flow)
}

// Instances lists the connector instances of which anything is remembered.
func (s *Store) Instances(ctx context.Context) ([]string, error) {
	return collect(ctx, s, "list the connectors", scanText, `SELECT instance FROM flow UNION SELECT instance FROM run
		UNION SELECT instance FROM lock UNION SELECT instance FROM token ORDER BY instance`)
}

// Forget removes everything remembered of flow, dead letters included. The next
// run begins as the first one did. ErrNotFound if nothing was remembered.
func (i *Instance) Forget(ctx context.Context, flow string) error {
	return i.store.write(ctx, i.doing("forget the state", flow), i.name, func(tx *transaction) error {
		if err := i.fence(ctx, tx); err != nil {
			return err
		}
		done, err := tx.exec(ctx, `DELETE FROM flow WHERE instance = ? AND name = ?`, i.name, flow)
		return oneRow(done, err, fmt.Sprintf("flow %q", flow))
	})
}
