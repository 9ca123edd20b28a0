package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tqmap/dsl"
	"tqmap/engine/request"
	"tqmap/engine/threatq"
)

// tb is what helpers need of *testing.T and *rapid.T.
type tb interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

// noon is when the first run of a test takes place.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// at is an instant of the day of noon, as "11:30:00" or with a fraction.
func at(clock string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, "2026-03-01T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return t
}

// memory is a State that keeps everything in memory. Commits fail where fail says so.
type memory struct {
	flows   map[string]*kept
	commits int
	fail    func(n int, c Commit) error
	reads   int
}

type kept struct {
	at   Checkpoint
	book map[EntryKey]Entry
	dead []DeadLetter
	// moved is every checkpoint that was committed.
	moved []Checkpoint
}

func (s *memory) flow(name string) *kept {
	if s.flows == nil {
		s.flows = map[string]*kept{}
	}
	if s.flows[name] == nil {
		s.flows[name] = &kept{book: map[EntryKey]Entry{}}
	}
	return s.flows[name]
}

func (s *memory) Checkpoint(ctx context.Context, flow string) (Checkpoint, error) {
	k := s.flow(flow)
	at := k.at
	at.Boundary = maps.Clone(at.Boundary)
	return at, ctx.Err()
}

func (s *memory) Ledger(ctx context.Context, flow string, keys []EntryKey) (map[EntryKey]Entry, error) {
	s.reads++
	out := map[EntryKey]Entry{}
	for _, k := range keys {
		if e, ok := s.flow(flow).book[k]; ok {
			out[k] = e
		}
	}
	return out, ctx.Err()
}

func (s *memory) Entries(ctx context.Context, flow, rule, hash string, yield func(Entry) error) error {
	book := s.flow(flow).book
	order := slices.SortedFunc(maps.Keys(book), func(a, b EntryKey) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Key, b.Key))
	})
	for _, key := range order {
		if e := book[key]; (rule == "" || e.Rule == rule) && (hash == "" || e.Hash == hash) {
			if err := yield(e); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

func (s *memory) Commit(ctx context.Context, flow string, c Commit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.commits++
	if s.fail != nil {
		if err := s.fail(s.commits, c); err != nil {
			return err
		}
	}
	k := s.flow(flow)
	if c.Checkpoint != nil {
		k.at = *c.Checkpoint
		k.moved = append(k.moved, *c.Checkpoint)
	}
	for _, e := range c.Entries {
		k.book[e.EntryKey] = e
	}
	for _, key := range c.Forgotten {
		delete(k.book, key)
	}
	k.dead = slices.DeleteFunc(k.dead, func(d DeadLetter) bool { return slices.Contains(c.Revived, d.Key) })
	for _, d := range c.Dead {
		same := func(have DeadLetter) bool { return have.Rule == d.Rule && have.Key == d.Key }
		k.dead = append(slices.DeleteFunc(k.dead, same), d)
	}
	return nil
}

var errCrash = errors.New("the disk is full")

// bench is everything around a run: mapping, ThreatQ, vendor, state and clock.
type bench struct {
	t     tb
	now   time.Time
	text  string
	given map[string]dsl.Given
	lib   *library
	feed  *feed
	state *memory
	log   *bytes.Buffer
	dry   bool

	mapping *dsl.Mapping // text, loaded
}

// newBench sets up the mapping of mapping_test.go with the given replacements.
func newBench(t tb, edits ...string) *bench {
	b := &bench{t: t, now: noon, text: mappingText, given: map[string]dsl.Given{}, state: &memory{}, log: &bytes.Buffer{}}
	b.edit(edits...)
	clock := func() time.Time { return b.now }
	b.lib, b.feed = newLibrary(clock), &feed{now: clock}
	return b
}

// edit replaces parts of the mapping, each of which must be there.
func (b *bench) edit(edits ...string) {
	b.t.Helper()
	for pair := range slices.Chunk(edits, 2) {
		if !strings.Contains(b.text, pair[0]) {
			b.t.Fatalf("the mapping does not contain %q", pair[0])
		}
		b.text = strings.ReplaceAll(b.text, pair[0], pair[1])
	}
	b.mapping = nil
}

func load(t tb, text string) *dsl.Mapping {
	t.Helper()
	in := dsl.Input{FS: fstest.MapFS{"m.hcl": {Data: []byte(text)}, "answer.json": {Data: []byte(recordedAnswer)}}, Names: []string{"m.hcl"}}
	m, diags := dsl.Load(in, Vocabulary())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return m
}

func (b *bench) bound() *dsl.Bound {
	b.t.Helper()
	if b.mapping == nil {
		b.mapping = load(b.t, b.text)
	}
	bound, errs := b.mapping.Bind(b.given, b.now)
	if len(errs) > 0 {
		b.t.Fatal(errors.Join(errs...))
	}
	return bound
}

func (b *bench) newRun() *Run {
	return &Run{
		Bound: b.bound(), Platform: threatq.NewClient(b.lib, threatq.Options{}), State: b.state, DryRun: b.dry,
		Clients: func(context.Context, *dsl.Client) (request.Doer, error) { return b.feed, nil },
		Log:     slog.New(slog.NewTextHandler(io.MultiWriter(b.log), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

// run runs the named flows, or all, and lets a minute pass.
func (b *bench) run(flows ...string) *Report { return b.runWith(context.Background(), flows...) }

func (b *bench) runWith(ctx context.Context, flows ...string) *Report {
	b.t.Helper()
	r := b.newRun()
	list := r.Bound.Flows
	if len(flows) > 0 {
		list = slices.DeleteFunc(slices.Clone(list), func(f *dsl.Flow) bool { return !slices.Contains(flows, f.Name) })
	}
	report := r.Report(ctx, list)
	b.now = b.now.Add(time.Minute)
	return report
}

// pull runs the flow that makes objects, with the outcome that is expected.
func (b *bench) pull(want Outcome) *FlowReport { return b.one("pull", want) }

// push runs the flow that sends.
func (b *bench) push(want Outcome) *FlowReport { return b.one("push", want) }

func (b *bench) one(flow string, want Outcome) *FlowReport {
	b.t.Helper()
	report := b.run(flow)
	if report.Outcome != want {
		b.t.Fatalf("outcome %s, want %s: %+v\n%s", report.Outcome, want, report.Flows[0], b.log)
	}
	return report.Flows[0]
}

func (b *bench) cursor(flow string) time.Time { return b.state.flow(flow).at.Cursor }

// letters are the dead letters of a flow as "rule key".
func (b *bench) letters(flow string) []string {
	var out []string
	for _, d := range b.state.flow(flow).dead {
		out = append(out, strings.TrimSpace(d.Rule+" "+d.Key))
	}
	slices.Sort(out)
	return out
}

// mapper is that of a flow, for tests of single records.
func (b *bench) mapper(flow string) *mapper {
	b.t.Helper()
	bound := b.bound()
	m, err := newMapper(bound, bound.Flow(flow))
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

func wantLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
