package code

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"
	"time"
)

// errMemory ends a program while which the heap grew too much.
var errMemory = errors.New("too much memory")

const (
	maxJQMemory = 512 << 20
	watchEvery  = 5 * time.Millisecond
)

// watched is ctx, ended with errMemory once the heap of the process has grown by more
// than maxJQMemory since. Programs that end within watchEvery, which are nearly all, cost
// one look at the size of the heap. stop must be called.
func watched(ctx context.Context) (out context.Context, stop func()) {
	out, cancel := context.WithCancelCause(ctx)
	base := heap()
	timer := time.AfterFunc(watchEvery, func() {
		for out.Err() == nil {
			if heap() > base+maxJQMemory {
				runtime.GC() // what is garbage does not count
				if heap() > base+maxJQMemory {
					cancel(errMemory)
				}
			}
			select {
			case <-out.Done():
			case <-time.After(watchEvery):
			}
		}
	})
	return out, func() { timer.Stop(); cancel(nil) }
}

// heap is the size of all objects, garbage that is not swept included.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
