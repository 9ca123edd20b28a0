package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tqmap/dsl"
	"tqmap/engine"
	"tqmap/engine/previewhtml"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
	"tqmap/examples"
	"tqmap/runtime"
	"tqmap/runtime/state"
)

// previewing is one preview command: what stays open and what is kept from one time to the next.
type previewing struct {
	*app
	o   *previewOptions
	cmd *cobra.Command

	log    *slog.Logger
	closer io.Closer
	box    *examples.Sandbox
	clock  time.Time        // of the first time
	kept   map[string]*kept // records by flow; nil: none are kept
}

// shown is a preview that is ready to be written.
type shown struct {
	page    previewhtml.Page
	mapped  []engine.Mapped
	diffs   map[string]engine.Differences // by flow; nil: nothing was compared
	skipped map[string]map[string]int     // by flow and reason
}

// diff is the difference of an object of a record.
func (s *shown) diff(m *engine.Mapped, i int) (engine.Difference, bool) {
	return s.diffs[m.Flow].Of(&m.Objects[i])
}

func (p *previewing) close() {
	if p.box != nil {
		p.box.Close()
	}
	if p.closer != nil {
		p.closer.Close()
	}
}

// preview maps what the flows read and compares it, where that is asked for.
func (p *previewing) preview(ctx context.Context, m *dsl.Mapping) (*shown, error) {
	flows, err := p.o.previewed(m)
	if err != nil {
		return nil, err
	}
	settings, err := p.open(ctx, m)
	if err != nil {
		return nil, err
	}
	if len(p.o.from) > 0 {
		fillRequired(m, settings.Params)
	}
	if p.clock.IsZero() {
		p.clock = p.o.clock(p.now)
	}
	bound, errs := m.As(p.o.name).Bind(settings.Params, p.clock)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	r, closer, err := p.run(ctx, m, bound, flows, settings)
	if err != nil {
		return nil, err
	}
	defer closer()
	s := &shown{skipped: map[string]map[string]int{}}
	if err := p.collect(ctx, r, flows, s); err != nil {
		return nil, err
	}
	if p.o.diff {
		if err := p.compare(ctx, r, flows, s); err != nil {
			return nil, err
		}
	}
	p.describe(m, bound, flows, s)
	return s, nil
}

// open reads the settings, and opens the log and the sandbox where they are not open yet.
func (p *previewing) open(ctx context.Context, m *dsl.Mapping) (*runtime.Settings, error) {
	settings, err := p.settings(p.cmd, &p.o.options, m)
	if err != nil {
		return nil, err
	}
	if p.log == nil {
		if p.log, p.closer, err = p.logger(&p.o.options, m, p.stderr); err != nil {
			return nil, err
		}
	}
	switch {
	case p.box != nil:
		p.useSandbox(p.box, m, &settings)
	case p.o.sandbox:
		p.box, err = p.openSandbox(ctx, &p.o.options, m, p.o.sandboxDir(), &settings, p.log)
	}
	return &settings, err
}

// sandboxDir is the folder of the sandbox that runs were tried in, which is what there is to
// compare with; else a preview has one of its own that nobody keeps.
func (o *previewOptions) sandboxDir() string {
	dir := filepath.Join(o.config, "sandbox")
	if _, err := os.Stat(dir); err != nil || !o.diff {
		return ""
	}
	return dir
}

func (p *previewing) run(ctx context.Context, m *dsl.Mapping, bound *dsl.Bound, flows []*dsl.Flow, settings *runtime.Settings) (*engine.Run, func(), error) {
	platform, err := p.readPlatform(flows, settings)
	if err != nil {
		return nil, nil, err
	}
	opts := engine.ClientOptions{OnSecret: p.redactor.Add, Log: p.log, Proxy: settings.Proxy(p.log, p.redactor.Add)}
	closer := func() {}
	if len(p.o.from) == 0 && !p.o.sandbox {
		tokens, err := runtime.OpenTokens(ctx, p.o.config, settings.Database, p.o.instance(m))
		if err != nil {
			return nil, nil, err
		}
		opts.Tokens, closer = tokens, func() { tokens.Close() }
	}
	return &engine.Run{
		Platform: platform, Bound: bound, State: state.NewMemory(), Until: p.o.until.Time, DryRun: true, Named: true, Log: p.log,
		Clients: func(ctx context.Context, c *dsl.Client) (request.Doer, error) {
			return engine.OpenClient(ctx, bound, c, opts)
		},
	}, closer, nil
}

// readPlatform connects to ThreatQ where a flow reads it, or objects are compared with it.
func (p *previewing) readPlatform(flows []*dsl.Flow, s *runtime.Settings) (*threatq.Client, error) {
	if !p.o.diff && (len(p.o.from) > 0 || !slices.ContainsFunc(flows, (*dsl.Flow).OfThreatQ)) {
		return nil, nil
	}
	return s.Platform(p.log, p.redactor.Add)
}

// compare asks ThreatQ what it holds of the objects.
func (p *previewing) compare(ctx context.Context, r *engine.Run, flows []*dsl.Flow, s *shown) error {
	s.diffs = map[string]engine.Differences{}
	s.page.Totals = map[string]int{}
	for _, f := range flows {
		var of []engine.Mapped
		for _, m := range s.mapped {
			if m.Flow == f.Name && m.Dead == nil {
				of = append(of, m)
			}
		}
		r.State = state.NewMemory() // ThreatQ alone is asked
		found, err := r.Compare(ctx, f, of)
		if err != nil {
			return err
		}
		s.diffs[f.Name] = found
		for _, d := range found {
			s.page.Totals[d.Op]++
		}
	}
	return nil
}

// describe fills the page.
func (p *previewing) describe(m *dsl.Mapping, bound *dsl.Bound, flows []*dsl.Flow, s *shown) {
	page := &s.page
	page.Title, page.Name = strings.TrimSpace(cmp.Or(m.Connector.Title, m.Connector.Name)+" "+m.Connector.Version), m.Connector.Name
	page.Mapping = strings.Join(slices.Sorted(maps.Keys(m.Files)), ", ")
	page.Source, page.Clock, page.Compared = p.source(flows), bound.Now, p.o.diff
	used := map[string][]string{}
	for _, f := range flows {
		page.Flows = append(page.Flows, f.Name)
		page.Skipped = append(page.Skipped, previewhtml.CountSkipped(f.Name, s.skipped[f.Name])...)
		used[f.Name] = previewhtml.Used(m.Text(f.Node), f.Record.Name)
	}
	page.Unknown = previewhtml.CountUnknown(bound.Tables.Unknown())
	for i := range s.mapped {
		of := &s.mapped[i]
		page.Records = append(page.Records, previewhtml.NewRecord(of, used[of.Flow], s.diffs[of.Flow]))
	}
}

// source says where the records come from.
func (p *previewing) source(flows []*dsl.Flow) string {
	switch ofThreatQ := slices.ContainsFunc(flows, (*dsl.Flow).OfThreatQ); {
	case len(p.o.from) > 0:
		return "recorded in " + strings.Join(p.o.from, ", ")
	case p.o.sandbox && ofThreatQ:
		return "a local ThreatQ-compatible library"
	case p.o.sandbox:
		return "a simulated appliance"
	case ofThreatQ:
		return "ThreatQ"
	}
	return "the live API"
}
