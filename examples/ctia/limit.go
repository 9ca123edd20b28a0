package ctia

import (
	"sync"
	"time"
)

// limiter counts the requests of the last 60 minutes.
type limiter struct {
	hourly int
	mu     sync.Mutex
	times  []time.Time // oldest first
}

// take counts a request, or says how long to wait for the next.
func (l *limiter) take(now time.Time) time.Duration {
	if l.hourly == 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.times) > 0 && !now.Before(l.times[0].Add(time.Hour)) {
		l.times = l.times[1:]
	}
	if len(l.times) >= l.hourly {
		return l.times[0].Add(time.Hour).Sub(now)
	}
	l.times = append(l.times, now)
	return 0
}
