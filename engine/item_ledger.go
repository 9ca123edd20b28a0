package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tqmap/engine/export"
)

// itemLedger keeps what was delivered to a sink among the other entries of the flow.
type itemLedger struct {
	run  *Run
	flow string
	rule string
}

func (l *itemLedger) Known(ctx context.Context, keys []string) (map[string]export.Memory, error) {
	named := make([]EntryKey, len(keys))
	for i, key := range keys {
		named[i] = EntryKey{Rule: l.rule, Key: key}
	}
	entries, err := l.run.State.Ledger(ctx, l.flow, named)
	out := make(map[string]export.Memory, len(entries))
	for key, e := range entries {
		m, err := memoryOf(e)
		if err != nil {
			return nil, err
		}
		out[key.Key] = m
	}
	return out, err
}

func (l *itemLedger) All(ctx context.Context, yield func(string, export.Memory) error) error {
	return l.run.State.Entries(ctx, l.flow, l.rule, "", func(e Entry) error {
		m, err := memoryOf(e)
		if err != nil {
			return err
		}
		return yield(e.Key, m)
	})
}

// memoryOf reads an entry. One that has no content was written before the sink had items.
func memoryOf(e Entry) (export.Memory, error) {
	var m export.Memory
	if len(e.Content) == 0 {
		return m, nil
	}
	if err := json.Unmarshal(e.Content, &m); err != nil {
		return m, fmt.Errorf("the ledger entry of %s cannot be read: %w", e.Key, err)
	}
	if e.Hash != pendingHash {
		m.Hash = e.Hash
	}
	return m, nil
}

func (l *itemLedger) Commit(ctx context.Context, changes []export.Change) error {
	var c Commit
	for _, ch := range changes {
		key := EntryKey{Rule: l.rule, Key: ch.Key}
		if ch.Memory == nil {
			c.Forgotten = append(c.Forgotten, key)
			continue
		}
		entry, err := entryOf(key, ch.Memory)
		if err != nil {
			return err
		}
		c.Entries = append(c.Entries, entry)
		switch {
		case ch.Refused != nil:
			c.Dead = append(c.Dead, *newDeadLetter(l.rule, ch.Key, undelivered(ch.Refused), ch.Item.Record, l.run.Bound.Now))
		case ch.Memory.Hash != "":
			c.Revived = append(c.Revived, ch.Key)
		}
	}
	return l.run.State.Commit(ctx, l.flow, c)
}

func entryOf(key EntryKey, m *export.Memory) (Entry, error) {
	hash := m.Hash
	if hash == "" {
		hash = pendingHash
	}
	m.Expires, m.Since = toMillisecond(m.Expires), toMillisecond(m.Since)
	content, err := json.Marshal(m)
	return Entry{EntryKey: key, Hash: hash, Content: content}, err
}

// toMillisecond is at in UTC; what a ledger says of times, it says of milliseconds at most.
func toMillisecond(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }
