package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"tqmap/engine"
)

// progress is one line at the bottom of a terminal that tells how far a run is.
// The log is written through it, so that log lines stand above that line. Where
// stderr is no terminal it draws nothing and only passes the log on.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	quiet bool
	line  string // drawn now
	last  time.Time
}

func newProgress(stderr io.Writer, quiet bool) *progress {
	return &progress{out: stderr, quiet: quiet || !terminal(stderr)}
}

// clearLine takes the cursor to the start of the line and empties it.
const clearLine = "\r\x1b[2K"

func (p *progress) show(f *engine.FlowReport) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quiet || time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.last = time.Now()
	p.line = fmt.Sprintf("%s: %d fetched, %d created, %d updated, %d unchanged, %d dead", f.Name, f.Fetched, f.Created, f.Updated, f.Unchanged, f.Dead)
	fmt.Fprint(p.out, clearLine, p.line)
}

// Write prints log lines above the progress line.
func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.line == "" {
		return p.out.Write(b)
	}
	fmt.Fprint(p.out, clearLine)
	n, err := p.out.Write(b)
	fmt.Fprint(p.out, p.line)
	return n, err
}

// done removes the line.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.line != "" {
		fmt.Fprint(p.out, clearLine)
		p.line = ""
	}
}
