package statetest

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// PostgresEnv names a server for tests: a postgres:// address of a user who may create
// schemas in the database it names.
const PostgresEnv = "TQMAP_TEST_POSTGRES"

// Postgres returns the address of an empty place for one test on the server that
// PostgresEnv names, which is removed with the test. Without a server the test is left out.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv(PostgresEnv)
	if server == "" {
		t.Skip("no PostgreSQL to test with: set " + PostgresEnv + ", or install postgresql and run make test")
	}
	address, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s is no address", PostgresEnv)
	}
	schema := "test_" + strings.ToLower(rand.Text())
	query := address.Query()
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	t.Cleanup(func() {
		if err := Exec(server, `DROP SCHEMA IF EXISTS `+schema+` CASCADE`); err != nil {
			t.Error(err)
		}
	})
	return address.String()
}

// Exec runs a statement behind the back of package state.
func Exec(address, statement string, args ...any) error {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(statement, args...)
	return err
}
