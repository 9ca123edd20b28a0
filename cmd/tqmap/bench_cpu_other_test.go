//go:build !unix

package main

import "time"

var began = time.Now()

// cpuTime is the wall clock where the system does not tell the time of a process.
func cpuTime() time.Duration { return time.Since(began) }
