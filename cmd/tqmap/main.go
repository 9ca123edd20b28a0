// Command tqmap moves threat intelligence between ThreatQ and security products,
// each described by one HCL file.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
	_ "time/tzdata" // names of zones must not depend on the machine
)

// memoryLimit is where the collector starts to work harder: a page and its batches
// need far less, so that this only keeps garbage from piling up. GOMEMLIMIT wins.
const memoryLimit = 128 << 20

// limitMemory sets memoryLimit, unless the operator has set one.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

func main() {
	limitMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now}
	os.Exit(a.main(ctx, os.Args))
}
