package devo

import (
	"fmt"
	"sync"
	"time"
)

// IDs makes the ids of sessions: seconds and microseconds since 1970, later than any before. Two
// sessions with one id would be mixed up, so a process needs only one, shared by its Collectors.
type IDs struct {
	// Now is the clock; nil: time.Now.
	Now func() time.Time

	mu   sync.Mutex
	last int64 // microseconds
}

// Next returns another id, such as 1795226025.571352.
func (i *IDs) Next() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now
	if i.Now != nil {
		now = i.Now
	}
	i.last = max(now().UnixMicro(), i.last+1)
	return fmt.Sprintf("%d.%06d", i.last/1e6, i.last%1e6)
}
