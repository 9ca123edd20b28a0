package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"tqmap/dsl"
)

// kept are the records that a flow has read, and the part of the mapping that decides which.
type kept struct {
	asks    string
	records []any
}

// asks is the text of what decides which records a flow reads: its source, the clients, the
// parameters and locals, how records are cut out, and the tables where one of these names any. Where
// it changes, what was read before counts no more.
func asks(m *dsl.Mapping, f *dsl.Flow) string {
	parts := []string{m.BlockText(f.Source), m.LocalsText()}
	for _, c := range m.Clients {
		parts = append(parts, m.BlockText(c.Node))
	}
	for _, p := range m.Params {
		parts = append(parts, m.BlockText(p.Node))
	}
	for _, name := range []string{"extract", "split"} {
		if v := f.Record.Node.Val(name); v != nil {
			parts = append(parts, string(v.Range.SliceBytes(m.Files[v.Range.Filename].Bytes)))
		}
	}
	text := strings.Join(parts, "\n")
	if strings.Contains(text, "table.") {
		for _, t := range m.Tables {
			text += "\n" + m.BlockText(t.Node)
		}
	}
	return text
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
