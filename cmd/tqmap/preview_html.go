package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tqmap/engine/previewhtml"
)

// writePage writes the page beside FILE and puts it in its place, so that a browser never reads
// half of one. It holds what the vendor knows, so only its owner can read it.
func (p *previewing) writePage(s *shown) (string, error) {
	if info, err := os.Stat(p.o.html); err == nil && info.IsDir() {
		return "", usagef("--html takes the name of a file, and %s is a folder", p.o.html)
	}
	f, err := os.CreateTemp(filepath.Dir(p.o.html), ".preview-*")
	if err != nil {
		return "", usagef("--html: %w", err)
	}
	defer os.Remove(f.Name())
	out := bufio.NewWriter(f)
	err = previewhtml.Write(out, &s.page, p.redactor.String)
	for _, finish := range []func() error{out.Flush, f.Close} {
		if finished := finish(); err == nil {
			err = finished
		}
	}
	if err == nil {
		err = os.Rename(f.Name(), p.o.html)
	}
	if err != nil {
		return "", fmt.Errorf("--html: %w", err)
	}
	again := !p.written.IsZero()
	p.written = p.now()
	if again {
		return fmt.Sprintf("written again to %s at %s", p.o.html, p.written.Format(time.TimeOnly)), nil
	}
	return fmt.Sprintf("written to %s", p.o.html), nil
}
