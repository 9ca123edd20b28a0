package engine

import (
	"context"
	"time"
)

// closeTimeout bounds what is done for the server's sake after a run.
const closeTimeout = 15 * time.Second

// close ends the sessions of the clients that the run has opened, also after it was
// cancelled. Whatever comes next opens them anew.
func (r *Run) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	r.mu.Lock()
	open := r.open
	r.open = nil
	r.mu.Unlock()
	for name, d := range open {
		if c, ok := d.(interface{ Close(context.Context) error }); ok {
			if err := c.Close(ctx); err != nil {
				r.Log.Warn("the session could not be ended", "client", name, "error", err)
			}
		}
	}
}
