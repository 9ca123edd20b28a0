package threatq

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// batch writes a consume body of events with 16 attributes, each with a source,
// and 2 indicators.
func batch(from, n int) string {
	var b strings.Builder
	for i := from; i < from+n; i++ {
		b.WriteString(map[bool]string{true: "[", false: ","}[i == from])
		at := time.Unix(1_700_000_000+int64(i), 0).UTC().Format(layout)
		fmt.Fprintf(&b, `{"title":"Vendor Alert: ACCESS - PHISHING (%08d)","type":"Incident","happened_at":%q,`, i, at)
		b.WriteString(`"description":"Something was seen on the network","sources":[{"name":"Vendor","tlp_id":2}],"attributes":[`)
		for a := range 16 {
			if a > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"name":"Attribute Name %d","value":"the value %d of it","sources":[{"name":"Vendor"}]}`, a, i*a)
		}
		fmt.Fprintf(&b, `],"indicators":[{"value":"10.%d.%d.%d","type":"IP Address"},{"value":"host%d.example.com","type":{"name":"FQDN"}}]}`,
			i>>16&255, i>>8&255, i&255, i)
	}
	b.WriteByte(']')
	return b.String()
}

// BenchmarkConsume measures one event with 16 attributes with sources and 2 new
// indicators, in batches over HTTP; 100,000 of them must stay well under a
// minute on one core, that is far below 600 µs each.
func BenchmarkConsume(b *testing.B) {
	for _, size := range []int{100, 500} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := start(b, Options{Path: b.TempDir() + "/library.db"})
			from := 0
			b.ReportAllocs()
			for b.Loop() {
				if from%size == 0 {
					s.do(200, "POST", "/api/events/consume", batch(from, size))
				}
				from++
			}
			b.StopTimer()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapInuse)/(1<<20), "MB-heap")
		})
	}
}
