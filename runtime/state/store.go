// Package state keeps what connector instances remember between runs in one
// SQLite file: cursors with the records on them, the ledger of delivered
// objects, dead letters, the lock of the running process and the run history.
//
// Every write is one transaction that is on disk when it returns. The file and
// its companions are readable by their owner only. A file that is damaged or
// was made by a newer tqmap is refused, never repaired or replaced: a state
// that starts again from nothing sends everything again.
package state

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// FileName is the name of the state file inside its directory. SQLite keeps
// FileName-wal and FileName-shm beside it while it is open.
const FileName = "tqmap.db"

// Store is an open state file. It is safe for concurrent use, and several
// processes may have the same file open.
type Store struct {
	db   *sql.DB
	path string
	now  func() time.Time
}

// Option changes how a Store works.
type Option func(*Store)

// Clock makes the store take the time from now instead of time.Now. It dates
// runs, locks, heartbeats, and dead letters that carry no time.
func Clock(now func() time.Time) Option {
	return func(s *Store) { s.now = now }
}

// Open opens the state file in dir, which must exist, and creates or migrates
// it where needed; the file as it was before a migration is kept beside it.
// The error is ErrUnwritable, ErrDamaged or ErrNewer where one of these is the reason.
func Open(ctx context.Context, dir string, options ...Option) (*Store, error) {
	return open(ctx, dir, migrations, options...)
}

func open(ctx context.Context, dir string, steps []string, options ...Option) (*Store, error) {
	path, err := createFile(dir)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, err
	}
	// One connection: SQLite has one writer anyway, and waiting in Go can be
	// cancelled while waiting in SQLite cannot.
	db.SetMaxOpenConns(1)
	s := &Store{db: db, path: path, now: time.Now}
	for _, o := range options {
		o(s)
	}
	if err := s.prepare(ctx, steps); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// Close closes the file. Locks are to be released before.
func (s *Store) Close() error { return s.db.Close() }

// write runs f in a transaction that holds SQLite's write lock from its start.
// What f read is therefore still true when it writes.
func (s *Store) write(ctx context.Context, doing string, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(ctx, doing, err)
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // the reason is err; SQLite rolls back whatever happens
		return s.explain(ctx, doing, err)
	}
	return s.explain(ctx, doing, tx.Commit())
}

// collect runs a query and scans each row with scan.
func collect[T any](ctx context.Context, s *Store, doing string, scan func(func(...any) error) (T, error), query string, args ...any) ([]T, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.explain(ctx, doing, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows.Scan)
		if err != nil {
			return nil, s.explain(ctx, doing, err)
		}
		all = append(all, one)
	}
	return all, s.explain(ctx, doing, rows.Err())
}
