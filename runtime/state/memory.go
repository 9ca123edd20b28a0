package state

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"tqmap/engine"
)

// Memory is a state that ends with the process: for previews, dry runs and
// tests. It may lie over another state, which it reads and never writes.
// It is safe for concurrent use.
type Memory struct {
	base  engine.State // nil: none
	mu    sync.Mutex
	flows map[string]*memoryFlow
	// tokens are used only where base keeps none.
	tokens map[string]token
	last   int64 // id of the newest dead letter
	now    func() time.Time
}

type memoryFlow struct {
	checkpoint *engine.Checkpoint // nil: that of the base
	ledger     map[engine.EntryKey]engine.Entry
	forgotten  map[engine.EntryKey]bool // what base may have of it is hidden
	dead       []DeadLetter
}

var (
	_ engine.State  = (*Memory)(nil)
	_ engine.Tokens = (*Memory)(nil)
)

// NewMemory returns an empty state.
func NewMemory() *Memory { return NewOverlay(nil) }

// NewOverlay returns a state that begins as base is and keeps every change to
// itself. Dead letters of base are not seen through it.
func NewOverlay(base engine.State) *Memory {
	return &Memory{base: base, flows: make(map[string]*memoryFlow), tokens: make(map[string]token), now: time.Now}
}

// flow returns the changes of a flow; m.mu is held.
func (m *Memory) flow(name string) *memoryFlow {
	f := m.flows[name]
	if f == nil {
		f = &memoryFlow{ledger: make(map[engine.EntryKey]engine.Entry), forgotten: make(map[engine.EntryKey]bool)}
		m.flows[name] = f
	}
	return f
}

// Checkpoint implements engine.State. The cursor is in UTC.
func (m *Memory) Checkpoint(ctx context.Context, flow string) (engine.Checkpoint, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.checkpoint(ctx, flow)
}

func (m *Memory) checkpoint(ctx context.Context, flow string) (engine.Checkpoint, error) {
	if err := ctx.Err(); err != nil {
		return engine.Checkpoint{}, err
	}
	if own := m.flow(flow).checkpoint; own != nil {
		return copied(*own), nil
	}
	if m.base == nil {
		return engine.Checkpoint{}, nil
	}
	return m.base.Checkpoint(ctx, flow)
}

// Ledger implements engine.State.
func (m *Memory) Ledger(ctx context.Context, flow string, keys []engine.EntryKey) (map[engine.EntryKey]engine.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.flow(flow)
	found := make(map[engine.EntryKey]engine.Entry)
	var rest []engine.EntryKey
	for _, k := range keys {
		if e, ok := f.ledger[k]; ok {
			found[k] = unshared(e)
		} else if !f.forgotten[k] {
			rest = append(rest, k)
		}
	}
	if m.base == nil || len(rest) == 0 {
		return found, nil
	}
	below, err := m.base.Ledger(ctx, flow, rest)
	maps.Copy(found, below)
	return found, err
}

// Commit implements engine.State, like Instance.Commit.
func (m *Memory) Commit(ctx context.Context, flow string, c engine.Commit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := m.checkpoint(ctx, flow) // fails if ctx has ended
	if err != nil {
		return err
	}
	f := m.flow(flow)
	if c.Checkpoint != nil {
		to := copied(*c.Checkpoint)
		if to.Cursor.IsZero() && (!at.Cursor.IsZero() || to.Token == "" && at.Token != "") {
			return fmt.Errorf("commit of flow %q: %w", flow, ErrNoCursor)
		}
		f.checkpoint = &to
	}
	for _, k := range c.Forgotten {
		delete(f.ledger, k)
		f.forgotten[k] = true
	}
	for _, e := range c.Entries {
		f.ledger[e.EntryKey] = unshared(e)
		delete(f.forgotten, e.EntryKey)
	}
	f.dead = slices.DeleteFunc(f.dead, func(d DeadLetter) bool { return slices.Contains(c.Revived, d.Key) })
	for _, d := range c.Dead {
		m.bury(f, flow, d)
	}
	return nil
}

// copied shares nothing with at.
func copied(at engine.Checkpoint) engine.Checkpoint {
	return engine.Checkpoint{Cursor: at.Cursor.UTC(), Boundary: maps.Clone(at.Boundary), Token: at.Token, Done: sortedSpans(at.Done)}
}

// unshared is e with a content of its own; nil if that is empty.
func unshared(e engine.Entry) engine.Entry {
	e.Content = append([]byte(nil), e.Content...)
	return e
}

// Entries implements engine.State. What is seen is the ledger as it was at the start.
func (m *Memory) Entries(ctx context.Context, flow, rule, hash string, yield func(engine.Entry) error) error {
	own, forgotten := m.owned(flow)
	fits := func(e engine.Entry) bool { return (rule == "" || e.Rule == rule) && (hash == "" || e.Hash == hash) }
	var mine []engine.Entry
	for _, e := range own {
		if fits(e) {
			mine = append(mine, unshared(e))
		}
	}
	slices.SortFunc(mine, compareKeys)
	// give yields what of mine comes before the entry of base that is next.
	give := func(before *engine.Entry) error {
		for len(mine) > 0 && (before == nil || compareKeys(mine[0], *before) < 0) {
			next := mine[0]
			mine = mine[1:]
			if err := yield(next); err != nil {
				return err
			}
		}
		return ctx.Err()
	}
	if m.base != nil {
		err := m.base.Entries(ctx, flow, rule, hash, func(e engine.Entry) error {
			if err := give(&e); err != nil {
				return err
			}
			if _, replaced := own[e.EntryKey]; replaced || forgotten[e.EntryKey] {
				return nil
			}
			return yield(e)
		})
		if err != nil {
			return err
		}
	}
	return give(nil)
}

// owned copies what m has changed of the ledger, so that yield may commit.
func (m *Memory) owned(flow string) (ledger map[engine.EntryKey]engine.Entry, forgotten map[engine.EntryKey]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.flow(flow)
	return maps.Clone(f.ledger), maps.Clone(f.forgotten)
}

func compareKeys(a, b engine.Entry) int {
	return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Key, b.Key))
}

// Token implements engine.Tokens.
func (m *Memory) Token(ctx context.Context, name string) (string, int64, error) {
	if base, ok := m.base.(engine.Tokens); ok {
		return base.Token(ctx, name)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tokens[name]
	return t.value, t.version, ctx.Err()
}

// SetToken implements engine.Tokens. It is the one thing that goes through to the state
// below: the server has replaced the token, dry run or not, and what is stored there
// would not be accepted again.
func (m *Memory) SetToken(ctx context.Context, name, value string, was int64) error {
	if base, ok := m.base.(engine.Tokens); ok {
		return base.SetToken(ctx, name, value, was)
	}
	if value == "" {
		return errNoToken
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tokens[name].version != was {
		return fmt.Errorf("%q: %w", name, engine.ErrStale)
	}
	m.tokens[name] = token{value, was + 1}
	return ctx.Err()
}

func (m *Memory) bury(f *memoryFlow, flow string, d engine.DeadLetter) {
	if d.At.IsZero() {
		d.At = m.now()
	}
	d.At, d.Input = d.At.UTC(), slices.Clone(d.Input)
	for n := range f.dead {
		if old := &f.dead[n]; old.Rule == d.Rule && old.Key == d.Key {
			old.DeadLetter = d
			old.Attempts++
			return
		}
	}
	m.last++
	f.dead = append(f.dead, DeadLetter{ID: m.last, Flow: flow, DeadLetter: d, First: d.At, Attempts: 1})
}

// DeadLetters lists the dead letters committed to m, oldest first.
func (m *Memory) DeadLetters(ctx context.Context, want Filter) ([]DeadLetter, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []DeadLetter
	for _, f := range m.flows {
		for _, d := range f.dead {
			if want.matches(d) {
				all = append(all, d)
			}
		}
	}
	slices.SortFunc(all, func(a, b DeadLetter) int { return int(a.ID - b.ID) })
	if want.Limit > 0 && len(all) > want.Limit {
		all = all[:want.Limit]
	}
	return all, nil
}

func (f Filter) matches(d DeadLetter) bool {
	return (f.ID == 0 || f.ID == d.ID) && (f.Flow == "" || f.Flow == d.Flow) &&
		(f.Rule == "" || f.Rule == d.Rule) && (f.Key == "" || f.Key == d.Key)
}
