package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"tqmap/engine"
	"tqmap/runtime/state"
	"tqmap/runtime/state/statetest"
)

// BenchmarkCommit stores the ledger of an export, 250 entries at a time, and forgets half of it.
func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{0, 400} {
		b.Run(fmt.Sprintf("file/content=%d", size), func(b *testing.B) {
			benchmarkCommit(b, size, func() (*state.Store, error) { return state.Open(b.Context(), b.TempDir()) })
		})
		b.Run(fmt.Sprintf("database/content=%d", size), func(b *testing.B) {
			benchmarkCommit(b, size, func() (*state.Store, error) { return state.OpenDatabase(b.Context(), statetest.Postgres(b)) })
		})
	}
}

func benchmarkCommit(b *testing.B, size int, open func() (*state.Store, error)) {
	const entries, perCommit = 100_000, 250
	content := bytes.Repeat([]byte("x"), size)
	for b.Loop() {
		s, err := open()
		if err != nil {
			b.Fatal(err)
		}
		in := s.Instance("x")
		var forget engine.Commit
		for n := range entries / perCommit {
			var c engine.Commit
			for m := range perCommit {
				key := engine.EntryKey{Rule: "item", Key: fmt.Sprint((n*perCommit + m) * 7919 % 100003)} // keys of vendors come in no order
				c.Entries = append(c.Entries, engine.Entry{EntryKey: key, Hash: "0123456789abcdef0123456789abcdef", Content: content})
			}
			if err := in.Commit(b.Context(), "export", c); err != nil {
				b.Fatal(err)
			}
			if n%2 == 0 {
				for _, e := range c.Entries {
					forget.Forgotten = append(forget.Forgotten, e.EntryKey)
				}
			}
		}
		stored := b.Elapsed()
		err = in.Commit(b.Context(), "export", forget)
		b.ReportMetric((b.Elapsed() - stored).Seconds(), "s/forget")
		if err := errors.Join(err, s.Close()); err != nil {
			b.Fatal(err)
		}
	}
}
