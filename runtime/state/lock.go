package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"sync"
	"time"
)

const (
	// StaleAfter is how long a lock outlives the last heartbeat of its holder.
	StaleAfter = 2 * time.Minute
	// beatEvery leaves room for several failed heartbeats.
	beatEvery = StaleAfter / 6
	// releaseWithin bounds the wait of Release for a busy file.
	releaseWithin = time.Minute
)

// Owner says who asks for a lock. The zero Owner is this process, and takes a
// lock over from nobody who is alive.
type Owner struct {
	Host string // "": this machine
	PID  int    // 0: this process
	// KillAfter takes the lock over from a run that started longer ago than
	// this, even if it is alive; its next commit fails with ErrFenced. 0: never.
	KillAfter time.Duration
}

// Lock is the right of one run to commit for a connector instance.
type Lock struct {
	store *Store
	name  string
	id    string // of this holder, random
	token int64  // grows with each holder of the instance

	stop context.CancelFunc
	beat sync.WaitGroup
	lost chan struct{}
	once sync.Once
	err  error // of the release
}

// holder is a row of the lock table; free if it has no id.
type holder struct {
	id                 string
	token              int64
	host               string
	pid                int
	process            process
	started, heartbeat time.Time
}

// Lock makes this the only run of the connector instance, until Release. While
// another holds the lock it fails with a *LockedError (errors.Is ErrLocked).
//
// The lock of a dead run is taken over: at once where its process ran on this
// machine and is gone, else StaleAfter after its last heartbeat. Whoever loses
// a lock cannot commit any more.
func (s *Store) Lock(ctx context.Context, instance string, owner Owner) (*Lock, error) {
	l := &Lock{store: s, name: instance, id: rand.Text(), lost: make(chan struct{})}
	err := s.write(ctx, "lock", func(tx *sql.Tx) error {
		held, err := s.holder(ctx, tx, instance)
		if err != nil {
			return err
		}
		now := s.now()
		if held.id != "" && !held.gone(now) && !owner.kills(held, now) {
			return held.locked(instance, now)
		}
		l.token = held.token + 1
		return l.take(ctx, tx, owner, now)
	})
	if err != nil {
		return nil, err
	}
	ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	l.beat.Go(func() { l.keepBeating(ctx) })
	return l, nil
}

func (s *Store) holder(ctx context.Context, q querier, instance string) (h holder, err error) {
	var started, heartbeat string
	err = q.QueryRowContext(ctx, `SELECT owner, token, host, pid, boot, namespace, birth, started, heartbeat
		FROM lock WHERE instance = ?`, instance).
		Scan(&h.id, &h.token, &h.host, &h.pid, &h.process.boot, &h.process.namespace, &h.process.birth, &started, &heartbeat)
	if errors.Is(err, sql.ErrNoRows) {
		return holder{}, nil
	}
	if err != nil {
		return holder{}, err
	}
	return h, s.decodeTimes(started, &h.started, heartbeat, &h.heartbeat)
}

// gone reports whether the holder is dead. A heartbeat far in the future counts
// as an old one: the clock was set back, and nobody has beaten since.
func (h holder) gone(now time.Time) bool {
	if now.Sub(h.heartbeat).Abs() > StaleAfter {
		return true
	}
	return h.host == hostname() && h.process.gone(h.pid)
}

func (o Owner) kills(h holder, now time.Time) bool {
	return o.KillAfter > 0 && now.Sub(h.started) > o.KillAfter
}

func (h holder) locked(instance string, now time.Time) *LockedError {
	return &LockedError{Instance: instance, Host: h.host, PID: h.pid, Started: h.started, Age: max(0, now.Sub(h.started))}
}

// take writes l as holder. A run that is still open in the history belonged to
// a process that can no longer end it.
func (l *Lock) take(ctx context.Context, tx *sql.Tx, owner Owner, now time.Time) error {
	host, pid, who := owner.identity()
	at, err := encodeTime(now)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO lock
		(instance, token, owner, host, pid, boot, namespace, birth, started, heartbeat) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		l.name, l.token, l.id, host, pid, who.boot, who.namespace, who.birth, at, at)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE run SET outcome = ? WHERE instance = ? AND outcome = ''`, Interrupted, l.name)
	return err
}

// Instance returns the memory of the locked connector instance, for the run
// that holds the lock.
func (l *Lock) Instance() *Instance {
	return &Instance{store: l.store, name: l.name, lock: l}
}

// Lost is closed once a heartbeat has found that another holds the lock, or
// that it was freed by Unlock. The run should end.
func (l *Lock) Lost() <-chan struct{} { return l.lost }

// Release frees the lock, if it is still held. Further calls do nothing but
// return the same error.
func (l *Lock) Release() error {
	l.once.Do(func() {
		l.stop()
		l.beat.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), releaseWithin)
		defer cancel()
		_, l.err = l.update(ctx, "release the lock", `owner = ''`)
	})
	return l.err
}

func (l *Lock) keepBeating(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		at, err := encodeTime(l.store.now())
		if err != nil {
			continue
		}
		// A heartbeat that fails is not a lock that is lost: the next may succeed.
		if held, err := l.update(ctx, "heartbeat", `heartbeat = ?3`, at); err == nil && !held {
			close(l.lost)
			return
		}
	}
}

// update changes the lock's row and reports whether l still holds it.
func (l *Lock) update(ctx context.Context, doing, set string, args ...any) (held bool, err error) {
	err = l.store.write(ctx, doing, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE lock SET `+set+` WHERE instance = ?1 AND owner = ?2`,
			append([]any{l.name, l.id}, args...)...)
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		held = n == 1
		return err
	})
	return held, err
}

// Unlock frees the lock of the connector instance, whoever holds it, and tells
// who that was; nil if it was free. A holder that is alive after all cannot
// commit any more.
func (s *Store) Unlock(ctx context.Context, instance string) (*LockedError, error) {
	var was *LockedError
	err := s.write(ctx, "unlock "+instance, func(tx *sql.Tx) error {
		held, err := s.holder(ctx, tx, instance)
		if err != nil || held.id == "" {
			return err
		}
		was = held.locked(instance, s.now())
		_, err = tx.ExecContext(ctx, `UPDATE lock SET owner = '' WHERE instance = ?`, instance)
		return err
	})
	return was, err
}

// fence refuses a commit that the lock does not cover.
func (i *Instance) fence(ctx context.Context, tx *sql.Tx) error {
	held, err := i.store.holder(ctx, tx, i.name)
	if err != nil {
		return err
	}
	if i.lock == nil {
		if now := i.store.now(); held.id != "" && !held.gone(now) {
			return held.locked(i.name, now)
		}
		return nil
	}
	if held.token != i.lock.token || held.id != i.lock.id {
		return ErrFenced
	}
	return nil
}
