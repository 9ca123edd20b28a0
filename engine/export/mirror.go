package export

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Mirror is a target that can only be given everything at once, in place of what it has.
type Mirror interface {
	// Row is what it is given of an item.
	Row(it *Item) ([]byte, error)
	// Replace makes it hold n rows and nothing else. rows gives them; it may be called again.
	Replace(ctx context.Context, n int, rows func(yield func(row []byte) error) error) error
}

// sending is the key of a ledger entry that is there while a mirror is given everything: if it is
// still there in the next run, nobody knows what the mirror has.
const sending = "(sending)"

// mirrorOf is the key of the one that says what the mirror is that was given the others.
const mirrorOf = "(target)"

// ours says that a ledger entry is about no item.
func ours(key string) bool { return key == sending || key == mirrorOf }

// begin finds out, once, whether the mirror is known to have what the ledger says.
func (e *Export) begin(ctx context.Context) error {
	if e.begun || e.Mirror == nil {
		return nil
	}
	e.begun = true
	if e.All {
		if e.MirrorFirst {
			e.Mirror = nil
		}
		return nil
	}
	known, err := e.ledger.Known(ctx, []string{sending, mirrorOf})
	if err != nil {
		return err
	}
	_, begun := known[sending]
	is, _ := json.Marshal(e.MirrorIs)
	e.staged.doubt = begun || string(known[mirrorOf].Sent) != string(is) || e.Shared
	if e.MirrorFirst && !e.staged.doubt {
		e.Mirror = nil
	}
	return nil
}

// commitAtOnce is how many items are remembered in one step.
const commitAtOnce = 500

// staged is the items of a run in a file, until all are known.
type staged struct {
	file    *os.File
	out     *bufio.Writer
	items   int
	changed int
	doubt   bool     // an answer was lost
	left    []string // keys that the mirror is not to have any more
	size    [binary.MaxVarintLen64]byte
}

// note is what the file says of an item before its row.
type note struct {
	Key     string  `json:"key"`
	Event   Event   `json:"event"`
	Hash    string  `json:"hash"`
	Memory  *Memory `json:"memory"`
	Changed bool    `json:"changed"`
}

// stage keeps an item for Finish.
func (e *Export) stage(it *Item, what Event) *Change {
	row, err := e.Mirror.Row(it)
	if err != nil {
		return e.refuse(it, err)
	}
	e.seen[digest(it.Key)] = true
	n := note{Key: it.Key, Event: what, Hash: it.Hash, Memory: e.memory(it), Changed: what != Unchanged}
	if err := e.staged.write(n, row); err != nil && e.failed == nil {
		e.failed = fmt.Errorf("the items cannot be kept until all are read: %w", err)
	}
	return nil
}

func (s *staged) write(n note, row []byte) error {
	if s.file == nil {
		var err error
		if s.file, err = os.CreateTemp("", "tqmap-items-*"); err != nil {
			return err
		}
		_ = os.Remove(s.file.Name()) // nobody else needs its name
		s.out = bufio.NewWriterSize(s.file, 1<<16)
	}
	head, err := json.Marshal(n)
	if err != nil {
		return err
	}
	s.items++
	if n.Changed {
		s.changed++
	}
	for _, part := range [][]byte{head, row} {
		n := binary.PutUvarint(s.size[:], uint64(len(part)))
		if _, err := s.out.Write(s.size[:n]); err != nil {
			return err
		}
		if _, err := s.out.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// each gives what was staged, in the same order. Without notes, these are nil.
func (s *staged) each(notes bool, yield func(n *note, row []byte) error) error {
	if s.file == nil {
		return nil
	}
	if err := s.out.Flush(); err != nil {
		return err
	}
	in := bufio.NewReaderSize(io.NewSectionReader(s.file, 0, 1<<62), 1<<16)
	for range s.items {
		head, err := part(in)
		if err != nil {
			return err
		}
		row, err := part(in)
		if err != nil {
			return err
		}
		var n *note
		if notes {
			n = &note{}
			if err := json.Unmarshal(head, n); err != nil {
				return err
			}
			n.Memory.Hash = n.Hash
		}
		if err := yield(n, row); err != nil {
			return err
		}
	}
	return nil
}

func part(in *bufio.Reader) ([]byte, error) {
	size, err := binary.ReadUvarint(in)
	if err != nil {
		return nil, err
	}
	b := make([]byte, size)
	_, err = io.ReadFull(in, b)
	return b, err
}

func (s *staged) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
}

// Close gives back what an Export holds.
func (e *Export) Close() { e.staged.close() }

// replace gives the target everything, if anything differs from what it was given last.
func (e *Export) replace(ctx context.Context) error {
	s := &e.staged
	switch {
	case e.failed != nil:
		return e.failed
	case e.DryRun || s.changed == 0 && len(s.left) == 0 && !s.doubt && !e.All:
		return e.tell(false)
	case s.items == 0 && !e.AllowEmpty:
		return e.spare(ctx)
	}
	if err := e.commit(ctx, []Change{{Key: sending, Memory: &Memory{Sent: json.RawMessage("true")}}}); err != nil {
		return err
	}
	err := e.Mirror.Replace(ctx, s.items, func(yield func([]byte) error) error {
		return s.each(false, func(_ *note, row []byte) error { return yield(row) })
	})
	if err != nil {
		return err
	}
	if err := e.tell(true); err != nil {
		return err
	}
	return e.remember(ctx)
}

// tell reports what became of the staged items.
func (e *Export) tell(sent bool) error {
	if e.DryRun {
		return nil // they were told as they came
	}
	err := e.staged.each(true, func(n *note, _ []byte) error {
		e.watch.Event(n.Event, Request, &Item{Key: n.Key, Label: n.Memory.Label}, nil)
		return nil
	})
	if sent {
		for _, key := range e.staged.left {
			e.watch.Event(Removed, Remove, &Item{Key: key}, nil)
		}
	}
	return err
}

// remember keeps what the target has now.
func (e *Export) remember(ctx context.Context) error {
	var changes []Change
	keep := func(c Change) error {
		if changes = append(changes, c); len(changes) < commitAtOnce {
			return nil
		}
		err := e.commit(ctx, changes)
		changes = nil
		return err
	}
	err := e.staged.each(true, func(n *note, _ []byte) error {
		if !n.Changed {
			return nil
		}
		return keep(Change{Key: n.Key, Memory: n.Memory})
	})
	if err != nil {
		return err
	}
	for _, key := range e.staged.left {
		if err := keep(Change{Key: key}); err != nil {
			return err
		}
	}
	is, err := json.Marshal(e.MirrorIs)
	if err != nil {
		return err
	}
	changes = append(changes, Change{Key: mirrorOf, Memory: &Memory{Sent: is, Hash: "1"}})
	if !e.Shared { // another run may be sending
		changes = append(changes, Change{Key: sending})
	}
	return e.commit(ctx, changes)
}
