package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// defaultSchema is the PostgreSQL schema of our tables; search_path in the address names another.
const defaultSchema = "tqmap"

// connections bounds the pool: a run commits one thing after the other.
const connections = 4

// OpenDatabase opens the state in a PostgreSQL database at an address such as
// postgres://tqmap@db.example.com/tqmap?sslmode=verify-full, and creates or migrates its
// tables where needed. A password comes from the address, PGPASSWORD or ~/.pgpass.
// The error is ErrUnwritable, ErrUnreachable, ErrDamaged or ErrNewer where one of
// these is the reason; it never holds the password.
func OpenDatabase(ctx context.Context, address string, options ...Option) (*Store, error) {
	return openDatabase(ctx, address, postgresMigrations, options...)
}

func openDatabase(ctx context.Context, address string, steps []string, options ...Option) (*Store, error) {
	kind, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(stdlib.GetConnector(*kind.config))
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	s := &Store{db: db, kind: kind, grace: defaultGrace}
	err = kind.prepare(ctx, db, steps)
	if err == nil {
		s.now, err = kind.clock(ctx, db)
	}
	if err != nil {
		return nil, errors.Join(kind.explain(ctx, "open state", err), db.Close())
	}
	for _, o := range options {
		o(s)
	}
	return s, nil
}

// postgres is a state in a database that other machines may use, too.
type postgres struct {
	config *pgx.ConnConfig
	schema string
}

func parseAddress(address string) (*postgres, error) {
	const want = "such as postgres://tqmap@db.example.com/tqmap"
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return nil, fmt.Errorf("%w the database: its address does not begin with postgres://; write one %s", ErrUnwritable, want)
	}
	config, err := pgx.ParseConfig(address)
	if err != nil { // whose text may hold the password
		return nil, fmt.Errorf("%w the database: its address cannot be read; write one %s, with special characters of a password in %%xx form or the password in PGPASSWORD", ErrUnwritable, want)
	}
	p := &postgres{config: config, schema: defaultSchema}
	params := config.RuntimeParams
	if name := params["search_path"]; name != "" {
		p.schema = name
	}
	params["search_path"] = pgx.Identifier{p.schema}.Sanitize()
	// A server or a network that hangs ends in an error, and a process that hangs holds nobody up.
	for name, value := range map[string]string{
		"application_name": "tqmap", "statement_timeout": "60s", "lock_timeout": "30s", "idle_in_transaction_session_timeout": "60s",
	} {
		if params[name] == "" {
			params[name] = value
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	return p, nil
}

func (p *postgres) place() string {
	user := ""
	if p.config.User != "" {
		user = p.config.User + "@"
	}
	if strings.HasPrefix(p.config.Host, "/") { // a socket's folder
		return fmt.Sprintf("postgres://%s/%s (socket in %s)", user, p.config.Database, p.config.Host)
	}
	return fmt.Sprintf("postgres://%s%s/%s", user, net.JoinHostPort(p.config.Host, strconv.Itoa(int(p.config.Port))), p.config.Database)
}

// statement counts ? through as $1, $2 …, and turns ?1 into $1.
func (p *postgres) statement(query string) string {
	var b strings.Builder
	n := 0
	for i := range len(query) {
		b.WriteByte(query[i])
		if query[i] != '?' {
			continue
		}
		text := b.String()
		b.Reset()
		b.WriteString(text[:len(text)-1] + "$")
		if i+1 == len(query) || query[i+1] < '0' || query[i+1] > '9' {
			n++
			b.WriteString(strconv.Itoa(n))
		}
	}
	return b.String()
}

// value sends texts as bytes: a column of type bytea takes them as they are, and one
// of type text as text.
func (p *postgres) value(v any) any {
	if text, ok := v.(string); ok {
		return []byte(text)
	}
	return v
}

func (p *postgres) shared() bool { return true }

// lookup keeps PostgreSQL from reading the whole ledger while it has no statistics of it:
// OFFSET 0 makes it find each key by itself.
func (p *postgres) lookup(n int) string {
	return `SELECT l.rule, l.key, l.hash, l.remote_id, l.content FROM (SELECT id FROM flow WHERE instance = ? AND name = ?) AS f
		CROSS JOIN (SELECT ?::bytea AS rule) AS r CROSS JOIN (VALUES (?::bytea)` + strings.Repeat(`, (?)`, n-1) + `) AS wanted (key)
		CROSS JOIN LATERAL (SELECT rule, key, hash, remote_id, content FROM ledger
			WHERE flow = f.id AND rule = r.rule AND key = wanted.key OFFSET 0) AS l`
}

// forget finds each key by itself, like lookup; nobody else writes for the instance meanwhile,
// so a row stays where it was found.
func (p *postgres) forget(n int) string {
	return `DELETE FROM ledger WHERE ctid = ANY (ARRAY (
		SELECT l.place FROM (SELECT ?::bigint AS flow, ?::bytea AS rule) AS r CROSS JOIN (VALUES (?::bytea)` + strings.Repeat(`, (?)`, n-1) + `) AS wanted (key)
		CROSS JOIN LATERAL (SELECT ctid AS place FROM ledger WHERE flow = r.flow AND rule = r.rule AND key = wanted.key OFFSET 0) AS l))`
}

// exclude takes a lock of PostgreSQL that ends with the transaction.
func (p *postgres) exclude(ctx context.Context, tx *sql.Tx, instance string) error {
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, "tqmap "+p.schema+" "+instance)
	return err
}

// clock goes by the server's, so that the machines that share it agree about
// which heartbeat is old.
func (p *postgres) clock(ctx context.Context, db *sql.DB) (func() time.Time, error) {
	before := time.Now()
	var there time.Time
	if err := db.QueryRowContext(ctx, `SELECT clock_timestamp()`).Scan(&there); err != nil {
		return nil, err
	}
	ahead := there.Sub(before.Round(0))
	return func() time.Time { return time.Now().Add(ahead).UTC() }, nil
}

func (p *postgres) lost(err error) bool {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		switch failure.Code {
		case "57P01", "57P02", "57P03": // shut down, crashed, starting
			return true
		}
		return strings.HasPrefix(failure.Code, "08")
	}
	var connect *pgconn.ConnectError
	var network *net.OpError
	return errors.Is(err, driver.ErrBadConn) || errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
}

func (p *postgres) explain(ctx context.Context, doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && !isOwn(err):
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	}
	var failure *pgconn.PgError
	if !errors.As(err, &failure) {
		if p.lost(err) || errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%w at %s: %w; look whether the server runs and may be reached from here", ErrUnreachable, p.place(), reason(err))
		}
		return fmt.Errorf("%s: %w", doing, err)
	}
	if todo := remedy(failure.Code, p); todo != "" {
		return fmt.Errorf("%w %s: %s (%s); %s", ErrUnwritable, p.place(), failure.Message, failure.Code, todo)
	}
	switch {
	case failure.Code == "42P01" || failure.Code == "42703" || strings.HasPrefix(failure.Code, "XX"): // tables or columns are missing; corrupted
		return p.damaged(failure)
	case failure.Code == "57014" || failure.Code == "55P03":
		return fmt.Errorf("%s: %s did not answer in time, try again: %w", doing, p.place(), failure)
	case p.lost(err) || strings.HasPrefix(failure.Code, "53"):
		return fmt.Errorf("%w at %s: %s (%s); look whether the server runs and has room", ErrUnreachable, p.place(), failure.Message, failure.Code)
	}
	return fmt.Errorf("%s in %s: %w", doing, p.place(), failure)
}

// remedy is what to do about a database that cannot be used as it is.
func remedy(code string, p *postgres) string {
	switch code {
	case "28P01", "28000":
		return "set the right password in PGPASSWORD, in ~/.pgpass or in the address, and see that the server lets this user in (pg_hba.conf)"
	case "3D000":
		return "create it (createdb " + p.config.Database + "), or name another"
	case "42501":
		return "give the user rights to create and use the schema " + p.schema + ", e.g. as owner of the database"
	case "25006":
		return "name the primary server: this one can only be read"
	}
	return ""
}

// reason is the innermost cause: what lies around it repeats the address.
func reason(err error) error {
	var connect *pgconn.ConnectError
	if !errors.As(err, &connect) {
		return err
	}
	var network *net.OpError
	var unknown *net.DNSError
	switch {
	case errors.As(err, &unknown):
		return unknown
	case errors.As(err, &network):
		return network
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time")
	}
	return errors.New("the connection failed")
}

func (p *postgres) damaged(reason error) error {
	return fmt.Errorf("%w: %s (%w): restore the database from a good copy; with an empty one the next run starts from nothing and sends everything again",
		ErrDamaged, p.place(), reason)
}
