package threatq

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the database driver
)

// store is the database and what is remembered of it. It has one connection
// and runs one transaction at a time, so it needs no lock of its own beyond the
// library's.
type store struct {
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt

	options *Options
	kinds   *kinds
	ref     *reference
	last    [counters]int64 // highest id given out
	dirty   bool            // last differs from the table

	attrs, sources bulk // rows waiting to be written
}

// Ids come from counters, not from the tables, so that an id never comes back
// after its row was deleted.
const (
	attrCounter = iota
	sourceCounter
	linkCounter
	objectCounters // plus the number of the kind

	counters = objectCounters + maxKinds
)

func openStore(ctx context.Context, o Options) (*store, error) {
	dsn, err := dataSource(o.Path)
	if err != nil {
		return nil, fmt.Errorf("threatq library: create the database file: %w", err)
	}
	s := &store{options: &o, stmts: map[string]*sql.Stmt{}, kinds: newKinds()}
	s.attrs = newBulk("attribute (object, id, name, value, created_at, updated_at, touched_at)", 7, "")
	s.sources = newBulk("object_source (owner, source, id, tlp_id, published_at, created_at, updated_at)", 7,
		` ON CONFLICT (owner, source) DO UPDATE SET updated_at = excluded.updated_at,
		tlp_id = coalesce(excluded.tlp_id, tlp_id), published_at = coalesce(excluded.published_at, published_at)`)
	if s.db, err = sql.Open("sqlite", dsn); err != nil {
		return nil, fmt.Errorf("threatq library: open %s: %w", o.Path, err)
	}
	s.db.SetMaxOpenConns(1)
	if s.conn, err = s.db.Conn(ctx); err == nil {
		err = s.prepareFile(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("threatq library: open %s: %w", o.Path, err), s.db.Close())
	}
	return s, nil
}

// dataSource makes sure that a database file is there with mode 0600 (SQLite
// gives its own side files the same) and names it for the driver.
func dataSource(path string) (string, error) {
	const pragmas = "_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(off)" +
		"&_pragma=cache_size(-16000)&_pragma=temp_store(memory)"
	if path == "" {
		return "file::memory:?" + pragmas, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	err = errors.Join(f.Chmod(0o600), f.Close())
	escaped := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	return "file:" + escaped + "?" + pragmas, err
}

// prepareFile makes the tables and the lists of a new file and loads them.
func (s *store) prepareFile(ctx context.Context, o Options) error {
	if _, err := s.conn.ExecContext(ctx, schema); err != nil {
		return err
	}
	return s.transact(ctx, o.Now(), func(t *tx) error {
		if err := t.seed(o); err != nil {
			return err
		}
		if err := s.load(ctx); err != nil {
			return err
		}
		_, err := t.caller()
		return err
	})
}

func (s *store) close() error {
	var errs []error
	for _, st := range s.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, s.conn.Close(), s.db.Close())...)
}

// load reads again what the store remembers, after opening and after a rollback.
func (s *store) load(ctx context.Context) error {
	s.attrs.drop()
	s.sources.drop()
	ref, err := loadReference(ctx, s.conn)
	if err != nil {
		return err
	}
	s.ref, s.dirty, s.last = ref, false, [counters]int64{}
	return each(ctx, s.conn, "SELECT name, last FROM counter", func(scan scanner) error {
		var name, last int64
		err := scan(&name, &last)
		if err == nil && name < counters {
			s.last[name] = last
		}
		return err
	})
}

// transact runs f in a transaction that ends with f: all of it, or nothing.
// It is not cut short when ctx ends, just as a server finishes its write when
// the client has gone.
func (s *store) transact(ctx context.Context, now time.Time, f func(*tx) error) error {
	t := &tx{store: s, ctx: context.WithoutCancel(ctx), now: now.Unix()}
	if err := t.exec("BEGIN"); err != nil {
		return err
	}
	err := f(t)
	if err == nil {
		err = t.finish()
	}
	if err == nil {
		return nil
	}
	return errors.Join(err, t.exec("ROLLBACK"), s.load(t.ctx))
}

// tx is one transaction. Like a request it lives for one call, so it carries
// the context.
type tx struct {
	*store
	ctx context.Context
	now int64 // Unix seconds; one time for everything in the transaction
	// page is what was read of the parts of a page; nil: they are read object by object.
	page *pageParts
}

func (t *tx) finish() error {
	if err := t.flush(); err != nil {
		return err
	}
	if t.dirty {
		for name, last := range t.last {
			if last == 0 {
				continue
			}
			if err := t.exec("INSERT INTO counter VALUES (?1, ?2) ON CONFLICT DO UPDATE SET last = ?2", name, last); err != nil {
				return err
			}
		}
		t.dirty = false
	}
	return t.exec("COMMIT")
}

// next gives out an id.
func (t *tx) next(counter int64) int64 {
	t.dirty = true
	t.last[counter]++
	return t.last[counter]
}
