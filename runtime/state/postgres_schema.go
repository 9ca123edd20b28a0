package state

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// postgresMigrations are like those of SQLite, and number n here is the schema of number n
// there. What comes from vendors is bytea: text holds neither every byte nor a zero.
var postgresMigrations = []string{`
CREATE TABLE flow (
	id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	instance TEXT COLLATE "C" NOT NULL,
	name     TEXT COLLATE "C" NOT NULL,
	cursor   TEXT COLLATE "C" NOT NULL DEFAULT '',
	UNIQUE (instance, name)
);
CREATE TABLE boundary (
	flow BIGINT NOT NULL REFERENCES flow ON DELETE CASCADE,
	key  BYTEA NOT NULL,
	hash BYTEA NOT NULL,
	PRIMARY KEY (flow, key)
);
CREATE TABLE ledger (
	flow      BIGINT NOT NULL REFERENCES flow ON DELETE CASCADE,
	rule      BYTEA NOT NULL,
	key       BYTEA NOT NULL,
	hash      BYTEA NOT NULL,
	remote_id BIGINT NOT NULL,
	PRIMARY KEY (flow, rule, key)
);
CREATE TABLE dead_letter (
	id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	flow       BIGINT NOT NULL REFERENCES flow ON DELETE CASCADE,
	key        BYTEA NOT NULL,
	rule       BYTEA NOT NULL,
	reason     BYTEA NOT NULL,
	position   BYTEA NOT NULL,
	input      BYTEA,
	first_seen TEXT NOT NULL,
	last_seen  TEXT NOT NULL,
	attempts   BIGINT NOT NULL DEFAULT 1,
	UNIQUE (flow, key, rule)
);
CREATE TABLE lock (
	instance  TEXT COLLATE "C" PRIMARY KEY,
	token     BIGINT NOT NULL,
	owner     TEXT NOT NULL,
	host      TEXT NOT NULL,
	pid       BIGINT NOT NULL,
	boot      TEXT NOT NULL,
	namespace TEXT NOT NULL,
	birth     TEXT NOT NULL,
	started   TEXT NOT NULL,
	heartbeat TEXT NOT NULL
);
CREATE TABLE run (
	id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	instance TEXT COLLATE "C" NOT NULL,
	started  TEXT NOT NULL,
	finished TEXT NOT NULL DEFAULT '',
	outcome  TEXT NOT NULL DEFAULT '',
	counts   BYTEA NOT NULL DEFAULT '',
	error    BYTEA NOT NULL DEFAULT ''
);
CREATE INDEX run_instance ON run (instance, id);
`, `
ALTER TABLE flow ADD COLUMN token BYTEA NOT NULL DEFAULT '';
ALTER TABLE flow ADD COLUMN done TEXT NOT NULL DEFAULT '';
CREATE TABLE token (
	instance TEXT COLLATE "C" NOT NULL,
	name     BYTEA NOT NULL,
	value    BYTEA NOT NULL,
	version  BIGINT NOT NULL,
	PRIMARY KEY (instance, name)
);
`, `
ALTER TABLE ledger ADD COLUMN content BYTEA;
`, `
ALTER TABLE dead_letter ADD COLUMN failure TEXT NOT NULL DEFAULT '';
`}

// prepare brings the schema to the newest version in one transaction, or changes nothing.
// Whoever opens at the same time waits.
func (p *postgres) prepare(ctx context.Context, db *sql.DB, steps []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := p.exclude(ctx, tx, ""); err != nil {
		return err
	}
	version, err := p.version(ctx, tx)
	switch {
	case err != nil:
		return err
	case version > len(steps):
		return fmt.Errorf("%w: %s has schema %d, this version knows %d: use the newer tqmap, or name another database",
			ErrNewer, p.place(), version, len(steps))
	case version == len(steps):
		return nil
	}
	for n, step := range steps[version:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO migration (version, applied) VALUES ($1, clock_timestamp())`, version+n+1); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// version returns 0 for a database that was not used before, and prepares it for the first step.
func (p *postgres) version(ctx context.Context, tx *sql.Tx) (version int, err error) {
	var schema, table bool
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1),
		EXISTS (SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'migration')`, p.schema).Scan(&schema, &table)
	if err != nil {
		return 0, err
	}
	if table {
		err := tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM migration`).Scan(&version)
		return version, err
	}
	if !schema { // asked first, because even to find that it exists needs the right to create one
		if _, err := tx.ExecContext(ctx, `CREATE SCHEMA `+pgx.Identifier{p.schema}.Sanitize()); err != nil {
			return 0, err
		}
	}
	_, err = tx.ExecContext(ctx, `CREATE TABLE migration (version INTEGER PRIMARY KEY, applied TIMESTAMPTZ NOT NULL)`)
	return 0, err
}
