package main

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"tqmap/cmd/show"
	"tqmap/engine/previewhtml"
	"tqmap/runtime/rewrite"
)

// writePage writes the page to FILE in one step, so that a browser never reads
// half of one. It holds what the vendor knows, so only its owner can read it.
func (p *previewing) writePage(s *show.Preview) (string, error) {
	if info, err := os.Stat(p.o.html); err == nil && info.IsDir() {
		return "", usagef("--html takes the name of a file, and %s is a folder", p.o.html)
	}
	var out bytes.Buffer
	if err := previewhtml.Write(&out, &s.Page, p.redactor.String); err != nil {
		return "", fmt.Errorf("--html: %w", err)
	}
	if err := rewrite.Out(p.o.html, out.Bytes(), 0o600); err != nil {
		return "", usagef("--html: %w", err)
	}
	again := !p.written.IsZero()
	p.written = p.now()
	if again {
		return fmt.Sprintf("written again to %s at %s", p.o.html, p.written.Format(time.TimeOnly)), nil
	}
	return fmt.Sprintf("written to %s", p.o.html), nil
}
