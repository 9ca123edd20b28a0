package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// Open opens the state file in dir, which must exist, and creates or migrates
// it where needed; the file as it was before a migration is kept beside it.
// The error is ErrUnwritable, ErrDamaged or ErrNewer where one of these is the reason.
func Open(ctx context.Context, dir string, options ...Option) (*Store, error) {
	return open(ctx, dir, sqliteMigrations, options...)
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
	kind := &sqliteFile{db: db, path: path}
	s := &Store{db: db, kind: kind, now: time.Now, grace: defaultGrace}
	for _, o := range options {
		o(s)
	}
	if err := kind.prepare(ctx, steps); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// sqliteFile is a state in a file of this machine.
type sqliteFile struct {
	db   *sql.DB
	path string
}

func (f *sqliteFile) place() string                 { return f.path }
func (f *sqliteFile) statement(query string) string { return query }
func (f *sqliteFile) value(v any) any               { return v }
func (f *sqliteFile) lost(error) bool               { return false }
func (f *sqliteFile) shared() bool                  { return false }

func (f *sqliteFile) lookup(n int) string {
	return `SELECT rule, key, hash, remote_id, content FROM ledger WHERE flow = ` + flowOf + ` AND rule = ? AND key IN (?` + strings.Repeat(`, ?`, n-1) + `)`
}

func (f *sqliteFile) forget(n int) string {
	return `DELETE FROM ledger WHERE flow = ? AND rule = ? AND key IN (?` + strings.Repeat(`, ?`, n-1) + `)`
}

// exclude has nothing to do: each transaction takes SQLite's write lock at its start.
func (f *sqliteFile) exclude(context.Context, *sql.Tx, string) error { return nil }

func (f *sqliteFile) explain(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	switch failure.Code() & 0xff {
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
		return f.damaged(err)
	case codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN, codes.SQLITE_PERM, codes.SQLITE_FULL, codes.SQLITE_IOERR:
		return unwritable(filepath.Dir(f.path), err)
	case codes.SQLITE_BUSY:
		return fmt.Errorf("%s: another process has been writing to %s for too long, try again: %w", doing, f.path, err)
	case codes.SQLITE_INTERRUPT:
		if cause := context.Cause(ctx); cause != nil {
			return fmt.Errorf("%s: %w", doing, cause)
		}
	}
	return fmt.Errorf("%s in %s: %w", doing, f.path, err)
}

func isBusy(err error) bool {
	var failure *sqlite.Error
	return errors.As(err, &failure) && failure.Code()&0xff == codes.SQLITE_BUSY
}

func (f *sqliteFile) damaged(reason error) error {
	return fmt.Errorf("%w: %s (%w): move it and its -wal and -shm files aside and put a good copy in its place; without one the next run starts from nothing and sends everything again",
		ErrDamaged, f.path, reason)
}
