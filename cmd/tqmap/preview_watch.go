package main

import (
	"errors"
	"fmt"
	"time"
)

// kept are the records that a flow has read, and the part of the mapping that decides which.
type kept struct {
	asks    string
	records []any
}

// watched shows a preview again with every save.
func (p *previewing) watched(args []string) error {
	p.kept = map[string]*kept{}
	return p.watch(p.cmd.Context(), args, p.from, func() error {
		m, err := p.loaded(args)
		if err == nil {
			err = p.once(m)
		}
		shown := err == nil || errors.Is(err, exitError(exitPartial))
		if shown || p.written.IsZero() {
			return err
		}
		p.fail(err)
		fmt.Fprintf(p.stderr, "%s stays as it was written at %s\n", p.o.html, p.written.Format(time.TimeOnly))
		return nil
	})
}
