package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tqmap/runtime/state"
)

func (a *app) unlockCmd() *cobra.Command {
	var o remembered
	var force bool
	cmd := &cobra.Command{
		Use:   "unlock CONNECTOR",
		Short: "Free the lock of a run that has ended without giving it back",
		Long: `Frees the lock of a connector and tells who held it. That is hardly ever needed: the
lock of a process that has ended on this machine is taken over at once, and that
of one elsewhere two minutes after its last sign of life. A run that is alive on this
machine keeps its lock, unless --force is given; then it can commit nothing more, and ends.`,
		Example: "  tqmap unlock ironnet -c /etc/tq_labs",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.about(cmd.Context(), &o, args, func(store *state.Store, name string) error {
				was, err := store.Unlock(cmd.Context(), name, force)
				var alive *state.LockedError
				if errors.As(err, &alive) {
					return &stillAlive{was, a.now()}
				}
				if err != nil {
					return err
				}
				shown := showLock(was)
				text := name + " was not locked\n"
				if was != nil {
					text = fmt.Sprintf("%s is unlocked; it was %s\n", name, shown.line(a.now()))
				}
				return a.print(&o, text, shown)
			})
		},
	}
	o.declare(cmd)
	cmd.Flags().BoolVar(&force, "force", false, "even if the run is alive: it can commit nothing more, and ends")
	return cmd
}

// stillAlive refuses to take the lock from a living run.
type stillAlive struct {
	held *state.Holder
	now  time.Time
}

func (e *stillAlive) Error() string {
	return fmt.Sprintf("%s is %s: wait for it to end, stop it (kill %d), or take the lock from it with --force",
		e.held.Instance, showLock(e.held).line(e.now), e.held.PID)
}

func (e *stillAlive) Is(target error) bool { return target == state.ErrLocked }

// shownLock is a state.Holder in JSON.
type shownLock struct {
	Host     string `json:"host"`
	PID      int    `json:"pid"`
	Started  string `json:"started"`
	LastSign string `json:"last_sign"`
	Alive    string `json:"alive"` // yes, no, unknown
	started  time.Time
	lastSign time.Time
}

func showLock(h *state.Holder) *shownLock {
	if h == nil {
		return nil
	}
	alive := "unknown"
	switch {
	case h.Gone:
		alive = "no"
	case h.Alive:
		alive = "yes"
	}
	return &shownLock{h.Host, h.PID, instant(h.Started), instant(h.Heartbeat), alive, h.Started, h.Heartbeat}
}

func (l *shownLock) line(now time.Time) string {
	if l == nil {
		return "free"
	}
	state := map[string]string{"yes": "alive", "no": "dead, so that the next run takes it over", "unknown": "elsewhere, perhaps alive"}[l.Alive]
	return fmt.Sprintf("held by process %d on %s since %s (%s), last sign of life %s ago, %s",
		l.PID, l.Host, toSecond(l.Started), age(now, l.started), age(now, l.lastSign), state)
}

func age(now, then time.Time) time.Duration {
	return max(0, now.Sub(then)).Round(time.Second)
}
