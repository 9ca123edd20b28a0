//go:build unix

package main

import (
	"syscall"
	"time"
)

// cpuTime is what this process has used so far, the collector included: what others do
// on the machine does not count.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
