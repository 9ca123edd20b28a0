package ironnet

import (
	"net/http"
	"sync"
	"time"
)

// limiter is a token bucket for each endpoint, holding one second's worth.
type limiter struct {
	rate    float64
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// take counts a request and returns how long to wait if it is one too many.
func (l *limiter) take(endpoint string, now time.Time) time.Duration {
	if l.rate <= 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.buckets == nil {
		l.buckets = map[string]*bucket{}
	}
	size := max(1, l.rate)
	b, ok := l.buckets[endpoint]
	if !ok {
		b = &bucket{tokens: size, at: now}
		l.buckets[endpoint] = b
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens, b.at = min(size, b.tokens+passed.Seconds()*l.rate), now
	}
	if b.tokens < 1 {
		return max(1, time.Duration((1-b.tokens)/l.rate*float64(time.Second)))
	}
	b.tokens--
	return 0
}

// wait holds an answer back, but not longer than the client stays.
func wait(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
