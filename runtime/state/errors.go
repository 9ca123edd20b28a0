package state

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

var (
	// ErrUnwritable says that the state directory or file cannot be written.
	ErrUnwritable = errors.New("cannot write state in")
	// ErrDamaged says that the state file is no SQLite file or fails its check.
	ErrDamaged = errors.New("state is damaged")
	// ErrNewer says that the state file has a schema this version does not know.
	ErrNewer = errors.New("state was made by a newer tqmap")
	// ErrLocked is matched by every LockedError.
	ErrLocked = errors.New("locked by another run")
	// ErrFenced says that the lock of a run was taken over or given up: the run
	// must end, nothing of its last commit was stored.
	ErrFenced = errors.New("lock lost")
	// ErrNoCursor refuses a checkpoint without cursor in place of one that has it.
	ErrNoCursor = errors.New("a checkpoint without cursor cannot replace one with a cursor")
	// ErrNotFound says that there is no dead letter or run of this id.
	ErrNotFound = errors.New("not found")
)

// LockedError tells who holds the lock of a connector instance.
type LockedError struct {
	Instance string
	Host     string
	PID      int
	Started  time.Time
	Age      time.Duration // how long the holder has been running
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("%s is being run by process %d on %s since %s (%s): wait for it to end, or, if it is known to be dead, run `tqmap unlock %s`",
		e.Instance, e.PID, e.Host, e.Started.UTC().Format(time.RFC3339), e.Age.Round(time.Second), e.Instance)
}

// Is makes errors.Is(err, ErrLocked) true.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// explain gives an error of SQLite the words of this package.
func (s *Store) explain(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	switch failure.Code() & 0xff {
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
		return s.damaged(err)
	case codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN, codes.SQLITE_PERM, codes.SQLITE_FULL, codes.SQLITE_IOERR:
		return unwritable(filepath.Dir(s.path), err)
	case codes.SQLITE_BUSY:
		return fmt.Errorf("%s: another process has been writing to %s for too long, try again: %w", doing, s.path, err)
	case codes.SQLITE_INTERRUPT:
		if cause := context.Cause(ctx); cause != nil {
			return fmt.Errorf("%s: %w", doing, cause)
		}
	}
	return fmt.Errorf("%s in %s: %w", doing, s.path, err)
}

func isBusy(err error) bool {
	var failure *sqlite.Error
	return errors.As(err, &failure) && failure.Code()&0xff == codes.SQLITE_BUSY
}

func (s *Store) damaged(reason error) error {
	return fmt.Errorf("%w: %s (%w): move it and its -wal and -shm files aside and put a good copy in its place; without one the next run starts from nothing and sends everything again",
		ErrDamaged, s.path, reason)
}
