package state

import (
	"context"
	"os"
	"syscall"
	"time"
)

const (
	// defaultGrace is the time between asking a process to end and ending it.
	defaultGrace = 10 * time.Second
	lookEvery    = 20 * time.Millisecond
)

// Grace is how long a process that is told to end may take for it, in place of 10 s.
func Grace(d time.Duration) Option {
	return func(s *Store) { s.grace = d }
}

// evict ends the process of a run that has held the lock for longer than owner allows, if that
// process is certainly the one that took the lock. Told to end, it gives the lock back by
// itself; else the lock is taken over as that of a dead run. A run elsewhere, or one that may not
// be ended, is left to the fence.
func (s *Store) evict(ctx context.Context, instance string, owner Owner) error {
	if owner.KillAfter <= 0 {
		return nil
	}
	all, err := collect(ctx, s, "look at the lock of "+instance, s.scanHolder, holderQuery, instance)
	if err != nil || len(all) == 0 {
		return err
	}
	h := all[0]
	if h.id == "" || h.pid == os.Getpid() || !owner.kills(h, s.now()) || !h.isHere(s.kind.shared()) {
		return nil
	}
	p, err := os.FindProcess(h.pid) // before it is looked at: where the system can, it stays this process
	if err != nil {
		return nil // it is gone
	}
	defer p.Release()
	if !h.process.is(h.pid) {
		return nil
	}
	if owner.Ending != nil {
		owner.Ending(*s.describe(instance, h))
	}
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if p.Signal(signal) != nil { // it is gone, or of another user
			return nil
		}
		if over, err := s.ends(ctx, h); over || err != nil {
			return err
		}
	}
	return nil
}

// ends waits for the end of a process.
func (s *Store) ends(ctx context.Context, h holder) (bool, error) {
	deadline := time.NewTimer(s.grace)
	defer deadline.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for !h.process.gone(h.pid) {
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-deadline.C:
			return false, nil
		case <-look.C:
		}
	}
	return true, nil
}

// is reports whether the process of number pid on this machine is certainly this one. In doubt it
// is not.
func (p process) is(pid int) bool {
	here := identify(pid)
	return p.birth != "" && p == here && alive(pid)
}
