package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// sqliteMigrations[n] brings a file from schema n to n+1. Steps that were released
// never change.
var sqliteMigrations = []string{`
CREATE TABLE flow (
	id       INTEGER PRIMARY KEY,
	instance TEXT NOT NULL,
	name     TEXT NOT NULL,
	cursor   TEXT NOT NULL DEFAULT '',
	UNIQUE (instance, name)
) STRICT;
CREATE TABLE boundary (
	flow INTEGER NOT NULL REFERENCES flow ON DELETE CASCADE,
	key  TEXT NOT NULL,
	hash TEXT NOT NULL,
	PRIMARY KEY (flow, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger (
	flow      INTEGER NOT NULL REFERENCES flow ON DELETE CASCADE,
	rule      TEXT NOT NULL,
	key       TEXT NOT NULL,
	hash      TEXT NOT NULL,
	remote_id INTEGER NOT NULL,
	PRIMARY KEY (flow, rule, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE dead_letter (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	flow       INTEGER NOT NULL REFERENCES flow ON DELETE CASCADE,
	key        TEXT NOT NULL,
	rule       TEXT NOT NULL,
	reason     TEXT NOT NULL,
	position   TEXT NOT NULL,
	input      BLOB,
	first_seen TEXT NOT NULL,
	last_seen  TEXT NOT NULL,
	attempts   INTEGER NOT NULL DEFAULT 1,
	UNIQUE (flow, key, rule)
) STRICT;
CREATE TABLE lock (
	instance  TEXT PRIMARY KEY,
	token     INTEGER NOT NULL,
	owner     TEXT NOT NULL,
	host      TEXT NOT NULL,
	pid       INTEGER NOT NULL,
	boot      TEXT NOT NULL,
	namespace TEXT NOT NULL,
	birth     TEXT NOT NULL,
	started   TEXT NOT NULL,
	heartbeat TEXT NOT NULL
) STRICT;
CREATE TABLE run (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	instance TEXT NOT NULL,
	started  TEXT NOT NULL,
	finished TEXT NOT NULL DEFAULT '',
	outcome  TEXT NOT NULL DEFAULT '',
	counts   TEXT NOT NULL DEFAULT '',
	error    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX run_instance ON run (instance, id);
`, `
ALTER TABLE flow ADD COLUMN token TEXT NOT NULL DEFAULT '';
ALTER TABLE flow ADD COLUMN done TEXT NOT NULL DEFAULT '';
CREATE TABLE token (
	instance TEXT NOT NULL,
	name     TEXT NOT NULL,
	value    TEXT NOT NULL,
	version  INTEGER NOT NULL,
	PRIMARY KEY (instance, name)
) STRICT, WITHOUT ROWID;
`, `
-- With row ids, big rows are appended, and only a small index is in the order of the keys.
ALTER TABLE ledger RENAME TO ledger_2;
CREATE TABLE ledger (
	flow      INTEGER NOT NULL REFERENCES flow ON DELETE CASCADE,
	rule      TEXT NOT NULL,
	key       TEXT NOT NULL,
	hash      TEXT NOT NULL,
	remote_id INTEGER NOT NULL,
	content   BLOB,
	PRIMARY KEY (flow, rule, key)
) STRICT;
INSERT INTO ledger SELECT flow, rule, key, hash, remote_id, NULL FROM ledger_2;
DROP TABLE ledger_2;
`, `
ALTER TABLE dead_letter ADD COLUMN failure TEXT NOT NULL DEFAULT '';
`}

// prepare refuses a file that is damaged or too new before anything in it changes.
func (f *sqliteFile) prepare(ctx context.Context, steps []string) error {
	version, err := f.version(ctx, f.db, len(steps))
	if err != nil {
		return err
	}
	if err := f.check(ctx); err != nil {
		return err
	}
	if err := f.useWAL(ctx); err != nil {
		return err
	}
	if version == len(steps) {
		return nil
	}
	if version > 0 {
		if err := f.backup(ctx, version); err != nil {
			return err
		}
	}
	return f.migrate(ctx, steps)
}

// useWAL lets readers and one writer work without waiting for each other. The
// change itself is the one thing for which SQLite does not wait until others
// have finished, busy timeout or not, so it is tried again for a few seconds.
func (f *sqliteFile) useWAL(ctx context.Context) error {
	for wait := time.Millisecond; ; wait *= 2 {
		_, err := f.db.ExecContext(ctx, "PRAGMA journal_mode = wal")
		if !isBusy(err) || wait > 4*time.Second {
			return f.explain(ctx, "open state", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("open state: %w", context.Cause(ctx))
		case <-time.After(wait):
		}
	}
}

// A querier is a database or a transaction.
type querier interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

func (f *sqliteFile) version(ctx context.Context, q querier, known int) (int, error) {
	var version int
	if err := q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, f.explain(ctx, "open state", err)
	}
	if version > known {
		return 0, fmt.Errorf("%w: %s has schema %d, this version knows %d: use the newer tqmap, or name another state directory",
			ErrNewer, f.path, version, known)
	}
	return version, nil
}

func (f *sqliteFile) check(ctx context.Context) error {
	var result string
	if err := f.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&result); err != nil {
		return f.explain(ctx, "check state", err)
	}
	if result != "ok" {
		return f.damaged(errors.New(result))
	}
	return nil
}

// migrate looks at the version again inside the transaction, because another
// process may have been faster.
func (f *sqliteFile) migrate(ctx context.Context, steps []string) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return f.explain(ctx, "migrate state", err)
	}
	defer tx.Rollback()
	version, err := f.version(ctx, tx, len(steps))
	if err != nil {
		return err
	}
	for _, step := range steps[version:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return f.explain(ctx, "migrate state", err)
		}
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(steps)))
	if err == nil {
		err = tx.Commit()
	}
	return f.explain(ctx, "migrate state", err)
}

// backup keeps the file as it was under schema version, as tqmap.db.v<version>.
func (f *sqliteFile) backup(ctx context.Context, version int) error {
	copied, err := os.CreateTemp(filepath.Dir(f.path), FileName+".copy-*") // mode 0600
	if err != nil {
		return unwritable(filepath.Dir(f.path), err)
	}
	_, err = f.db.ExecContext(ctx, "VACUUM INTO ?", copied.Name())
	err = errors.Join(err, copied.Close())
	if err == nil {
		err = os.Rename(copied.Name(), fmt.Sprintf("%s.v%d", f.path, version))
	}
	if err != nil {
		return f.explain(ctx, "keep a copy of the state before migrating it", errors.Join(err, os.Remove(copied.Name())))
	}
	return nil
}
