package engine

import (
	"testing"
)

// BenchmarkMap is one record with three objects, as a run maps it: with nobody who notes what
// it exercises.
func BenchmarkMap(b *testing.B) {
	m := newBench(b).mapper("pull")
	r := record("hosts", listOf("a.example", "b.example"), "score", 7)
	b.ReportAllocs()
	for b.Loop() {
		if out := m.Map(r); out.Dead != nil {
			b.Fatal(out.Dead.Reason)
		}
	}
}
