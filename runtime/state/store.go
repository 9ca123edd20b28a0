// Package state keeps what connector instances remember between runs: cursors
// with the records on them, the ledger of delivered objects, dead letters, tokens,
// the lock of the running process and the run history; in one SQLite file, or in
// a PostgreSQL database that many machines share.
//
// Every write is one transaction that is on disk when it returns. The file and
// its companions are readable by their owner only. A state that is damaged or
// was made by a newer tqmap is refused, never repaired or replaced: a state
// that starts again from nothing sends everything again.
package state

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Store is an open state. It is safe for concurrent use, and several processes
// may have the same state open.
type Store struct {
	db   *sql.DB
	kind backend
	now  func() time.Time
	// grace is how long a process that is told to end may take for it.
	grace time.Duration
}

// Option changes how a Store works.
type Option func(*Store)

// Clock makes the store take the time from now instead of time.Now. It dates
// runs, locks, heartbeats, and dead letters that carry no time.
func Clock(now func() time.Time) Option {
	return func(s *Store) { s.now = now }
}

// Close closes the state. Locks are to be released before.
func (s *Store) Close() error { return s.db.Close() }

// Place says where the state is kept: a file, or a database without its password.
func (s *Store) Place() string { return s.kind.place() }

// A backend is what differs between the databases that can hold a state.
type backend interface {
	place() string
	// statement writes a statement of ours, with ? or ?1 for values, for the database.
	statement(query string) string
	// value is v as the database takes it.
	value(v any) any
	// lookup is the statement that finds ledger entries by instance, flow, rule and n keys.
	lookup(n int) string
	// forget is the statement that deletes ledger entries by id of the flow, rule and n keys.
	forget(n int) string
	// exclude makes tx the only one that writes for the instance, until its end.
	exclude(ctx context.Context, tx *sql.Tx, instance string) error
	// explain gives an error of the database the words of this package.
	explain(ctx context.Context, doing string, err error) error
	damaged(reason error) error
	// lost reports whether err is a lost connection that may come back.
	lost(err error) bool
	// shared says whether processes of other machines may work on the same state.
	shared() bool
}

// transaction runs statements of ours.
type transaction struct {
	tx   *sql.Tx
	kind backend
}

func (t *transaction) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, t.kind.statement(query), values(t.kind, args)...)
}

func (t *transaction) row(ctx context.Context, query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, t.kind.statement(query), values(t.kind, args)...)
}

func values(kind backend, args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = kind.value(a)
	}
	return out
}

// patience is how long a lost connection is waited for, e.g. while the server restarts.
const patience = 20 * time.Second

// persist does f again while the connection is lost and nothing has happened yet.
func (s *Store) persist(ctx context.Context, f func() (begun bool, err error)) error {
	var waited time.Duration
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		begun, err := f()
		if err == nil || begun || ctx.Err() != nil || !s.kind.lost(err) || waited > patience {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
			waited += wait
		}
	}
}

// write runs f in a transaction that nobody else's write for the instance overlaps.
// What f read is therefore still true when it writes. f may be called again.
func (s *Store) write(ctx context.Context, doing, instance string, f func(*transaction) error) error {
	err := s.persist(ctx, func() (bool, error) {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return false, err
		}
		err = s.kind.exclude(ctx, tx, instance)
		if err == nil {
			err = f(&transaction{tx, s.kind})
		}
		if err != nil {
			_ = tx.Rollback() // the reason is err; the database rolls back whatever happens
			return false, err
		}
		if err = tx.Commit(); err != nil && s.kind.lost(err) {
			return true, fmt.Errorf("the connection was lost while it was being stored, so it may or may not be; the next run finds out: %w", err)
		}
		return true, err
	})
	return s.kind.explain(ctx, doing, err)
}

// collect runs a query and scans each row with scan.
func collect[T any](ctx context.Context, s *Store, doing string, scan func(func(...any) error) (T, error), query string, args ...any) (all []T, err error) {
	query, args = s.kind.statement(query), values(s.kind, args)
	err = s.persist(ctx, func() (bool, error) {
		all = nil
		rows, err := s.db.QueryContext(ctx, query, args...)
		if err != nil {
			return false, err
		}
		defer rows.Close()
		for rows.Next() {
			one, err := scan(rows.Scan)
			if err != nil {
				return false, err
			}
			all = append(all, one)
		}
		return false, rows.Err()
	})
	return all, s.kind.explain(ctx, doing, err)
}

// perInsert is how many rows one statement inserts.
const perInsert = 200

// insert adds rows to what into names, e.g. "INSERT INTO t (a, b)".
func (t *transaction) insert(ctx context.Context, into string, rows [][]any, onConflict string) error {
	for some := range slices.Chunk(rows, perInsert) {
		one := "(?" + strings.Repeat(", ?", len(some[0])-1) + ")"
		query := into + " VALUES " + one + strings.Repeat(", "+one, len(some)-1) + " " + onConflict
		if _, err := t.exec(ctx, query, slices.Concat(some...)...); err != nil {
			return err
		}
	}
	return nil
}
