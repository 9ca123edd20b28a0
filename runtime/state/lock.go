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
	// this, even if it is alive; its next commit fails with ErrFenced. If it runs on this
	// machine, its process is ended before. 0: never.
	KillAfter time.Duration
	// Ending is told of a run whose process is about to be ended; nil: nobody is.
	Ending func(Holder)
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
	if err := s.evict(ctx, instance, owner); err != nil {
		return nil, err
	}
	l := &Lock{store: s, name: instance, id: rand.Text(), lost: make(chan struct{})}
	err := s.write(ctx, "lock "+instance, instance, func(tx *transaction) error {
		held, err := s.holder(ctx, tx, instance)
		if err != nil {
			return err
		}
		now := s.now()
		if held.id != "" && !held.gone(now, s.kind.shared()) && !owner.kills(held, now) {
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

const holderQuery = `SELECT owner, token, host, pid, boot, namespace, birth, started, heartbeat FROM lock WHERE instance = ?`

func (s *Store) holder(ctx context.Context, tx *transaction, instance string) (holder, error) {
	h, err := s.scanHolder(tx.row(ctx, holderQuery, instance).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return holder{}, nil
	}
	return h, err
}

func (s *Store) scanHolder(scan func(...any) error) (h holder, err error) {
	var started, heartbeat string
	err = scan(&h.id, &h.token, &h.host, &h.pid, &h.process.boot, &h.process.namespace, &h.process.birth, &started, &heartbeat)
	if err != nil {
		return holder{}, err
	}
	return h, s.decodeTimes(started, &h.started, heartbeat, &h.heartbeat)
}

// gone reports whether the holder is dead. A heartbeat far in the future counts
// as an old one: the clock was set back, and nobody has beaten since.
func (h holder) gone(now time.Time, shared bool) bool {
	return now.Sub(h.heartbeat).Abs() > StaleAfter || h.isHere(shared) && h.process.gone(h.pid)
}

// isHere reports whether the holder runs, or ran, on this machine. Where several
// machines share the state they may have one name, as containers do, and only what changes
// with each start of a machine tells them apart.
func (h holder) isHere(shared bool) bool {
	return h.host == hostname() && (!shared || h.process.boot != "" && h.process.boot == boot())
}

func (o Owner) kills(h holder, now time.Time) bool {
	return o.KillAfter > 0 && now.Sub(h.started) > o.KillAfter
}

func (h holder) locked(instance string, now time.Time) *LockedError {
	return &LockedError{Instance: instance, Host: h.host, PID: h.pid, Started: h.started, Age: max(0, now.Sub(h.started))}
}

// take writes l as holder. A run that is still open in the history belonged to
// a process that can no longer end it.
func (l *Lock) take(ctx context.Context, tx *transaction, owner Owner, now time.Time) error {
	host, pid, who := owner.identity()
	at, err := encodeTime(now)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO lock
		(instance, token, owner, host, pid, boot, namespace, birth, started, heartbeat) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (instance) DO UPDATE SET token = excluded.token, owner = excluded.owner, host = excluded.host, pid = excluded.pid,
			boot = excluded.boot, namespace = excluded.namespace, birth = excluded.birth, started = excluded.started, heartbeat = excluded.heartbeat`,
		l.name, l.token, l.id, host, pid, who.boot, who.namespace, who.birth, at, at)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE run SET outcome = ? WHERE instance = ? AND outcome = ''`, Interrupted, l.name)
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
	err = l.store.write(ctx, doing+" of "+l.name, l.name, func(tx *transaction) error {
		done, err := tx.exec(ctx, `UPDATE lock SET `+set+` WHERE instance = ?1 AND owner = ?2`,
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

// Holder is who holds the lock of a connector instance.
type Holder struct {
	Instance  string
	Host      string
	PID       int
	Started   time.Time
	Heartbeat time.Time // the last sign of life
	// Alive: the process runs on this machine. Gone: it has ended, or was silent for StaleAfter.
	// Neither: it runs elsewhere, or in a container of its own.
	Alive, Gone bool
}

func (s *Store) describe(instance string, h holder) *Holder {
	gone := h.gone(s.now(), s.kind.shared())
	return &Holder{
		Instance: instance, Host: h.host, PID: h.pid, Started: h.started, Heartbeat: h.heartbeat,
		Gone: gone, Alive: !gone && h.isHere(s.kind.shared()) && h.process.namespace == namespace(),
	}
}

// Holder tells who holds the lock of the connector instance; nil if it is free.
func (s *Store) Holder(ctx context.Context, instance string) (*Holder, error) {
	held, err := collect(ctx, s, "look at the lock of "+instance, s.scanHolder, holderQuery, instance)
	if err != nil || len(held) == 0 || held[0].id == "" {
		return nil, err
	}
	return s.describe(instance, held[0]), nil
}

// Unlock frees the lock of the connector instance, and tells who held it; nil if
// it was free. A holder that lives on this machine keeps it, unless force is set (a
// *LockedError). A holder that is alive after all cannot commit any more.
func (s *Store) Unlock(ctx context.Context, instance string, force bool) (*Holder, error) {
	var was *Holder
	err := s.write(ctx, "unlock "+instance, instance, func(tx *transaction) error {
		held, err := s.holder(ctx, tx, instance)
		if err != nil || held.id == "" {
			return err
		}
		was = s.describe(instance, held)
		if was.Alive && !force {
			return held.locked(instance, s.now())
		}
		_, err = tx.exec(ctx, `UPDATE lock SET owner = '' WHERE instance = ?`, instance)
		return err
	})
	return was, err
}

// fence refuses a commit that the lock does not cover.
func (i *Instance) fence(ctx context.Context, tx *transaction) error {
	held, err := i.store.holder(ctx, tx, i.name)
	if err != nil {
		return err
	}
	if i.shared {
		if held.token != i.token {
			return ErrFenced
		}
		return nil
	}
	if i.lock == nil {
		if now := i.store.now(); held.id != "" && !held.gone(now, i.store.kind.shared()) {
			return held.locked(i.name, now)
		}
		return nil
	}
	if held.token != i.lock.token || held.id != i.lock.id {
		return ErrFenced
	}
	return nil
}
