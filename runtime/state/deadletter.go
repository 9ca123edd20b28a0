package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"tqmap/dsl/code"
	"tqmap/engine"
)

// DeadLetter is a remembered dead letter. Its At is when it was last refused.
// A letter of the same flow, rule and key is the same letter, refused again.
type DeadLetter struct {
	ID   int64 // of this letter, never used again for another
	Flow string
	engine.DeadLetter
	First    time.Time // when it was refused first
	Attempts int       // how often it was refused
}

// Filter chooses dead letters. A zero field chooses all.
type Filter struct {
	ID    int64
	Flow  string
	Rule  string
	Key   string
	Limit int // at most so many; 0: no limit
}

// DeadLetters lists what could not be delivered, oldest first.
func (i *Instance) DeadLetters(ctx context.Context, f Filter) ([]DeadLetter, error) {
	return collect(ctx, i.store, "list the dead letters of "+i.name, i.store.scanDeadLetter,
		`SELECT d.id, flow.name, d.rule, d.key, d.reason, d.position, d.input, d.first_seen, d.last_seen, d.attempts, d.failure
		FROM dead_letter AS d JOIN flow ON flow.id = d.flow
		WHERE flow.instance = ?1 AND (d.id = ?2 OR ?2 = 0) AND (flow.name = ?3 OR ?3 = '')
			AND (d.rule = ?4 OR ?4 = '') AND (d.key = ?5 OR ?5 = '')
		ORDER BY d.id LIMIT ?6`, i.name, f.ID, f.Flow, f.Rule, f.Key, f.limit())
}

func (f Filter) limit() int {
	if f.Limit > 0 {
		return f.Limit
	}
	return math.MaxInt
}

func (s *Store) scanDeadLetter(scan func(...any) error) (d DeadLetter, err error) {
	var first, last, why string
	err = scan(&d.ID, &d.Flow, &d.Rule, &d.Key, &d.Reason, &d.Where, &d.Input, &first, &last, &d.Attempts, &why)
	if err != nil {
		return d, err
	}
	if err := readFailure(why, &d.DeadLetter); err != nil {
		return d, s.kind.damaged(err)
	}
	return d, s.decodeTimes(first, &d.First, last, &d.At)
}

// failure is what a DeadLetter tells beside its reason, as JSON in one column. Letters of
// before there was one have "".
type failure struct {
	Code   string          `json:"code,omitempty"`
	Field  string          `json:"field,omitempty"`
	Stage  string          `json:"stage,omitempty"`
	Values []code.Involved `json:"values,omitempty"`
}

func writeFailure(d engine.DeadLetter) (string, error) {
	text, err := json.Marshal(failure{d.Code, d.Field, d.Stage, d.Values})
	return string(text), err
}

func readFailure(text string, d *engine.DeadLetter) error {
	if text == "" {
		return nil
	}
	var f failure
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return fmt.Errorf("the failure of dead letter %q: %w", d.Key, err)
	}
	d.Code, d.Field, d.Stage, d.Values = f.Code, f.Field, f.Stage, f.Values
	return nil
}

// DropDeadLetter forgets one dead letter for good; ErrNotFound if there is none
// of this id.
func (i *Instance) DropDeadLetter(ctx context.Context, id int64) error {
	return i.store.write(ctx, "drop a dead letter of "+i.name, i.name, func(tx *transaction) error {
		if err := i.fence(ctx, tx); err != nil {
			return err
		}
		done, err := tx.exec(ctx, `DELETE FROM dead_letter WHERE id = ?
			AND flow IN (SELECT id FROM flow WHERE instance = ?)`, id, i.name)
		return oneRow(done, err, fmt.Sprintf("dead letter %d", id))
	})
}

// oneRow turns a statement that changed nothing into ErrNotFound.
func oneRow(done sql.Result, err error, what string) error {
	if err != nil {
		return err
	}
	n, err := done.RowsAffected()
	if err == nil && n == 0 {
		return fmt.Errorf("%s %w", what, ErrNotFound)
	}
	return err
}

func revive(ctx context.Context, tx *transaction, flow int64, keys []string) error {
	for _, key := range keys {
		if _, err := tx.exec(ctx, `DELETE FROM dead_letter WHERE flow = ? AND key = ?`, flow, key); err != nil {
			return err
		}
	}
	return nil
}

func bury(ctx context.Context, tx *transaction, flow int64, dead []engine.DeadLetter, now time.Time) error {
	for _, d := range dead {
		if d.At.IsZero() {
			d.At = now
		}
		at, err := encodeTime(d.At)
		if err != nil {
			return err
		}
		why, err := writeFailure(d)
		if err != nil {
			return err
		}
		_, err = tx.exec(ctx, `INSERT INTO dead_letter (flow, key, rule, reason, position, input, first_seen, last_seen, failure)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)
			ON CONFLICT (flow, key, rule) DO UPDATE SET failure = excluded.failure, reason = excluded.reason, position = excluded.position, input = excluded.input,
				last_seen = excluded.last_seen, attempts = dead_letter.attempts + 1`,
			flow, d.Key, d.Rule, d.Reason, d.Where, d.Input, at, why)
		if err != nil {
			return err
		}
	}
	return nil
}
