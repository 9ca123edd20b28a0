package show

import (
	"fmt"
	"time"

	"tqmap/runtime/state"
)

// Lock is a state.Holder in JSON.
type Lock struct {
	Host     string `json:"host"`
	PID      int    `json:"pid"`
	Started  string `json:"started"`
	LastSign string `json:"last_sign"`
	Alive    string `json:"alive"` // yes, no, unknown
	started  time.Time
	lastSign time.Time
}

// NewLock is a lock that is held; nil for none.
func NewLock(h *state.Holder) *Lock {
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
	return &Lock{h.Host, h.PID, Instant(h.Started), Instant(h.Heartbeat), alive, h.Started, h.Heartbeat}
}

// Line says who holds the lock.
func (l *Lock) Line(now time.Time) string {
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
