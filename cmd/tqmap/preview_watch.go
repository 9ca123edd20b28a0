package main

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
		if err != nil {
			return err
		}
		return p.once(m)
	})
}
