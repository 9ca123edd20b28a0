package threatq

import (
	"context"
	"database/sql"
	"errors"
	"strings"
)

type scanner func(dest ...any) error

// stmt prepares a fixed statement once. Statements whose text depends on a
// request go through ask, so that they do not pile up.
func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if st := t.stmts[query]; st != nil {
		return st, nil
	}
	st, err := t.conn.PrepareContext(t.ctx, query)
	if err == nil {
		t.stmts[query] = st
	}
	return st, err
}

func (t *tx) exec(query string, args ...any) error {
	st, err := t.stmt(query)
	if err == nil {
		_, err = st.ExecContext(t.ctx, args...)
	}
	return err
}

// changed runs a statement and reports whether it touched a row.
func (t *tx) changed(query string, args ...any) (bool, error) {
	st, err := t.stmt(query)
	if err != nil {
		return false, err
	}
	result, err := st.ExecContext(t.ctx, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// insert runs a statement and returns the id it made.
func (t *tx) insert(query string, args ...any) (int64, error) {
	st, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	result, err := st.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// one reads one row; found is false if there is none.
func (t *tx) one(query string, args []any, dest ...any) (found bool, err error) {
	st, err := t.stmt(query)
	if err != nil {
		return false, err
	}
	err = st.QueryRowContext(t.ctx, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// every calls f for each row of a fixed statement.
func (t *tx) every(query string, args []any, f func(scanner) error) error {
	st, err := t.stmt(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(t.ctx, args...)
	return drain(rows, err, f)
}

// keptStatements is how many statements may be kept prepared before those that
// depend on a request are prepared for each use.
const keptStatements = 300

// ask calls f for each row of a statement whose text depends on the request.
func (t *tx) ask(query string, args []any, f func(scanner) error) error {
	if len(t.stmts) < keptStatements || t.stmts[query] != nil {
		return t.every(query, args, f)
	}
	return each(t.ctx, t.conn, query, f, args...)
}

// each calls f for each row of a statement that is used once.
func each(ctx context.Context, conn *sql.Conn, query string, f func(scanner) error, args ...any) error {
	rows, err := conn.QueryContext(ctx, query, args...)
	return drain(rows, err, f)
}

func drain(rows *sql.Rows, err error, f func(scanner) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// bulk collects rows of one table and writes many with one statement, which
// halves the cost of a row.
type bulk struct {
	one, many string
	cols      int
	args      []any
}

const bulkRows = 32

func newBulk(into string, cols int, suffix string) bulk {
	row := "(?" + strings.Repeat(", ?", cols-1) + ")"
	head := "INSERT INTO " + into + " VALUES " + row
	return bulk{one: head + suffix, many: head + strings.Repeat(", "+row, bulkRows-1) + suffix, cols: cols}
}

func (b *bulk) drop() { b.args = b.args[:0] }

func (t *tx) add(b *bulk, row ...any) error {
	b.args = append(b.args, row...)
	if len(b.args) < b.cols*bulkRows {
		return nil
	}
	err := t.exec(b.many, b.args...)
	b.drop()
	return err
}

// flush writes the rows that wait. Every read of their tables needs it first.
func (t *tx) flush() error {
	for _, b := range []*bulk{&t.attrs, &t.sources} {
		if err := t.flushBulk(b); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) flushBulk(b *bulk) error {
	for i := 0; i < len(b.args); i += b.cols {
		if err := t.exec(b.one, b.args[i:i+b.cols]...); err != nil {
			return err
		}
	}
	b.drop()
	return nil
}
