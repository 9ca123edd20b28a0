package stix_test

import (
	"fmt"
	"runtime"
	"testing"

	"tqmap/engine/stix"
)

// indicators are n of a data collection, each related to one of 100 actors and one of its
// neighbours.
func indicators(n int) []stix.Object {
	var out []stix.Object
	for i := range 100 {
		out = append(out, stix.Object{Object: "adversary", Value: fmt.Sprint("Actor ", i), Created: day, TLP: []string{"AMBER"}})
	}
	for i := range n {
		out = append(out, stix.Object{Object: "indicator", Type: "URL", Value: fmt.Sprintf("http://host-%d.example/path?a=b&c=d", i), Created: day, Modified: day.AddDate(0, 0, 1),
			Labels: []string{"Port", "Anomalous Activity"}, TLP: []string{"GREEN", "AMBER"}, Confidence: "75",
			Related: []stix.Ref{ref("adversary", "", fmt.Sprint("Actor ", i%100)), ref("indicator", "URL", fmt.Sprintf("http://host-%d.example/path?a=b&c=d", i^1))}})
	}
	return out
}

func fill(b *testing.B, g *stix.Graph, all []stix.Object) {
	b.Helper()
	for _, o := range all {
		if _, err := g.Add(o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	all := indicators(1000)
	b.ReportAllocs()
	for b.Loop() {
		fill(b, graph(b, stix.Config{}), all)
	}
	b.ReportMetric(float64(len(all)*b.N)/b.Elapsed().Seconds(), "objects/s")
}

// From 50,000 indicators to bodies: 125,000 objects of STIX with their relationships.
func BenchmarkExport(b *testing.B) {
	all := indicators(50_000)
	var before, after runtime.MemStats
	b.ReportAllocs()
	sent := 0
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		g := graph(b, stix.Config{Version: stix.V20})
		fill(b, g, all)
		runtime.GC()
		runtime.ReadMemStats(&after)
		for c, err := range g.Chunks(g.Objects(), stix.Limits{Bytes: 9_765_625}) {
			if err != nil {
				b.Fatal(err)
			}
			sent += len(c.Objects)
		}
	}
	b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "objects/s")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(len(all)), "heap-B/object")
}
