package state

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// keepRuns is how many runs of an instance the history holds.
const keepRuns = 1000

// Interrupted is the outcome of a run whose process ended, or lost its lock,
// before it could tell one.
const Interrupted = "interrupted"

// Run is one run of a connector instance.
type Run struct {
	ID       int64
	Instance string
	Started  time.Time
	Finished time.Time       // zero: running, or Interrupted
	Outcome  string          // "" while running
	Counts   json.RawMessage // per flow, as given to FinishRun; nil if none
	Error    string
}

// StartRun enters a run into the history, from which the oldest of the instance
// fall out. The id is for FinishRun.
func (s *Store) StartRun(ctx context.Context, instance string) (id int64, err error) {
	at, err := encodeTime(s.now())
	if err != nil {
		return 0, err
	}
	err = s.write(ctx, "start a run of "+instance, instance, func(tx *transaction) error {
		if err := tx.row(ctx, `INSERT INTO run (instance, started) VALUES (?, ?) RETURNING id`, instance, at).Scan(&id); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `DELETE FROM run WHERE instance = ?1 AND id <=
			(SELECT id FROM run WHERE instance = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`, instance, keepRuns)
		return err
	})
	return id, err
}

// FinishRun enters how the run ended: outcome (not ""), counts as JSON or nil,
// and the error's text or "". ErrNotFound if there is no such run.
func (s *Store) FinishRun(ctx context.Context, id int64, outcome string, counts json.RawMessage, failure string) error {
	if counts != nil && !json.Valid(counts) {
		return fmt.Errorf("finish run %d: counts are no JSON", id)
	}
	at, err := encodeTime(s.now())
	if err != nil {
		return err
	}
	return s.write(ctx, "finish a run", "", func(tx *transaction) error {
		done, err := tx.exec(ctx, `UPDATE run SET finished = ?, outcome = ?, counts = ?, error = ? WHERE id = ?`,
			at, outcome, string(counts), failure, id)
		return oneRow(done, err, fmt.Sprintf("run %d", id))
	})
}

// Runs returns the last n runs of instance ("": of all), newest first.
func (s *Store) Runs(ctx context.Context, instance string, n int) ([]Run, error) {
	return collect(ctx, s, "list runs", s.scanRun, `SELECT id, instance, started, finished, outcome, counts, error
		FROM run WHERE instance = ?1 OR ?1 = '' ORDER BY id DESC LIMIT ?2`, instance, max(n, 0))
}

func (s *Store) scanRun(scan func(...any) error) (r Run, err error) {
	var started, finished, counts string
	if err := scan(&r.ID, &r.Instance, &started, &finished, &r.Outcome, &counts, &r.Error); err != nil {
		return r, err
	}
	if counts != "" {
		r.Counts = json.RawMessage(counts)
	}
	return r, s.decodeTimes(started, &r.Started, finished, &r.Finished)
}
