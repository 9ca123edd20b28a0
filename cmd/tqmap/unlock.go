package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tqmap/cmd/show"
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
				shown := show.NewLock(was)
				text := name + " was not locked\n"
				if was != nil {
					text = fmt.Sprintf("%s is unlocked; it was %s\n", name, shown.Line(a.now()))
				}
				return a.answer(&o, text, shown)
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
		e.held.Instance, show.NewLock(e.held).Line(e.now), e.held.PID)
}

func (e *stillAlive) Is(target error) bool { return target == state.ErrLocked }
