package main

import (
	"fmt"
	"io"
	"time"

	"tqmap/engine"
)

// progress is one line at the bottom of a terminal that tells how far a run is.
// Elsewhere it prints nothing.
type progress struct {
	out   io.Writer
	drawn bool
	last  time.Time
}

func newProgress(stderr io.Writer, quiet bool) *progress {
	if quiet || !terminal(stderr) {
		return &progress{}
	}
	return &progress{out: stderr}
}

func (p *progress) show(f *engine.FlowReport) {
	if p.out == nil || time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.drawn = time.Now(), true
	fmt.Fprintf(p.out, "\r\x1b[2K%s: %d fetched, %d created, %d updated, %d unchanged, %d dead", f.Name, f.Fetched, f.Created, f.Updated, f.Unchanged, f.Dead)
}

func (p *progress) done() {
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[2K")
	}
}
