package state

import "context"

// OpenAt opens the state file in dir as the version that knew so many schemas did.
func OpenAt(ctx context.Context, dir string, schema int) (*Store, error) {
	return open(ctx, dir, sqliteMigrations[:schema])
}

// OpenDatabaseAt is OpenAt for a database.
func OpenDatabaseAt(ctx context.Context, address string, schema int) (*Store, error) {
	return openDatabase(ctx, address, postgresMigrations[:schema])
}

// Exec changes s behind the back of the package.
func (s *Store) Exec(statement string) error {
	_, err := s.db.Exec(statement)
	return err
}

// Schema is the newest one.
var Schema = len(sqliteMigrations)
