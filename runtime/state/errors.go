package state

import (
	"errors"
	"fmt"
	"time"

	"tqmap/engine"
)

var (
	// ErrUnwritable says that the state directory, file or database cannot be written,
	// and that this will not change by waiting.
	ErrUnwritable = errors.New("cannot write state in")
	// ErrUnreachable says that the database server does not answer.
	ErrUnreachable = errors.New("cannot reach the state database")
	// ErrDamaged says that the state file is no SQLite file or fails its check, or that
	// what was found cannot have been written by this package.
	ErrDamaged = errors.New("state is damaged")
	// ErrNewer says that the state has a schema this version does not know.
	ErrNewer = errors.New("state was made by a newer tqmap")
	// ErrLocked is matched by every LockedError.
	ErrLocked = errors.New("locked by another run")
	// ErrFenced says that the lock of a run was taken over or given up: the run
	// must end, nothing of its last commit was stored.
	ErrFenced = errors.New("lock lost")
	// ErrNoCursor refuses a checkpoint without cursor in place of one that has it, and
	// one with neither cursor nor token in place of one that has a token.
	ErrNoCursor = errors.New("a checkpoint that says nothing cannot replace one that says where to go on")
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

// isOwn reports whether err is a finding of this package rather than of a database.
func isOwn(err error) bool {
	for _, own := range []error{ErrLocked, ErrFenced, ErrNoCursor, ErrNotFound, ErrDamaged, ErrNewer, engine.ErrStale} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}
