package ctia

import (
	"fmt"
	"runtime"
	"testing"
)

// 20,000 judgements, each linked to a feed, in the memory that 100,000 may have a
// fifth of.
func TestMemory(t *testing.T) {
	s := start(t, Options{})
	before := heap()
	const bundles, size = 40, 500
	for b := range bundles {
		body := bundle()
		var judgements, links []any
		for n := range size {
			id := b*size + n
			judgements = append(judgements, judged(id, set("reason", fmt.Sprintf("ThreatQ indicator %d (Active), sources: Feed A; collection: CTR Export", id)),
				set("observable", entity{"type": "url", "value": fmt.Sprintf("http://bad.example/%d", id)}),
				set("reason_uri", fmt.Sprintf("https://tq.example.com/indicators/%d/details", id)), set("source_uri", "https://tq.example.com")))
			links = append(links, entity{"external_ids": []any{fmt.Sprintf("threatq-relationship-%064d", id)}, "relationship_type": "element-of",
				"source_ref": fmt.Sprintf("transient:j%d", id), "target_ref": "transient:feed", "tlp": "amber"})
		}
		body["judgements"], body["relationships"] = judgements, links
		body["indicators"] = []any{entity{"id": "transient:feed", "external_ids": []any{"threatq-indicator-1"}, "producer": "ThreatQ"}}
		s.want(200, s.call("POST", importPath, body))
	}
	j, i, r := s.Counts()
	if j != bundles*size || i != 1 || r != bundles*size {
		t.Fatalf("%d judgements, %d indicators, %d relationships", j, i, r)
	}
	used := (heap() - before) >> 20
	t.Logf("%d judgements with their links: %d MiB", j, used)
	if used > 60 {
		t.Errorf("%d MiB for %d judgements with their links, want 60 at most", used, j)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
