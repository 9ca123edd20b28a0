package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
)

// testState is the State of one test, which ends with it.
type testState struct {
	mu   sync.Mutex
	at   map[string]Checkpoint // by flow, or flow[partition]
	book map[EntryKey]Entry
	dead []DeadLetter
}

func (s *testState) Checkpoint(_ context.Context, flow string) (Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.at[flow]
	at.Boundary = maps.Clone(at.Boundary)
	return at, nil
}

func (s *testState) Ledger(_ context.Context, _ string, keys []EntryKey) (map[EntryKey]Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[EntryKey]Entry{}
	for _, k := range keys {
		if e, ok := s.book[k]; ok {
			out[k] = e
		}
	}
	return out, nil
}

func (s *testState) Entries(_ context.Context, _, rule, hash string, yield func(Entry) error) error {
	s.mu.Lock()
	all := slices.SortedFunc(maps.Values(s.book), func(a, b Entry) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Key, b.Key)) })
	s.mu.Unlock()
	for _, e := range all {
		if (rule == "" || e.Rule == rule) && (hash == "" || e.Hash == hash) {
			if err := yield(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *testState) Commit(_ context.Context, flow string, c Commit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Checkpoint != nil {
		s.at[flow] = *c.Checkpoint
	}
	for _, key := range c.Forgotten {
		delete(s.book, key)
	}
	for _, e := range c.Entries {
		s.book[e.EntryKey] = e
	}
	s.dead = slices.DeleteFunc(s.dead, func(d DeadLetter) bool { return slices.Contains(c.Revived, d.Key) })
	for _, d := range c.Dead {
		s.dead = append(slices.DeleteFunc(s.dead, func(have DeadLetter) bool { return have.Rule == d.Rule && have.Key == d.Key }), d)
	}
	return nil
}
