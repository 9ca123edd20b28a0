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

// BenchmarkReplay measures the same event sent again: 16 attributes and their
// sources whose times move.
func BenchmarkReplay(b *testing.B) {
	const size = 500
	s := start(b, Options{Path: b.TempDir() + "/library.db"})
	body := batch(0, size)
	s.do(200, "POST", "/api/events/consume", body)
	sent := 0
	for b.Loop() {
		if sent%size == 0 {
			s.clock.advance(time.Second)
			s.do(200, "POST", "/api/events/consume", body)
		}
		sent++
	}
}

// BenchmarkRead measures reads in a library of 20,000 events and 40,000
// indicators.
func BenchmarkRead(b *testing.B) {
	s := start(b, Options{Path: b.TempDir() + "/library.db"})
	for from := 0; from < 20_000; from += 500 {
		s.do(200, "POST", "/api/events/consume", batch(from, 500))
	}
	for _, read := range []struct{ name, method, path, body string }{
		{"by value", "GET", "/api/indicators?value=host777.example.com&with=attributes", ""},
		{"by prefix", "GET", "/api/events?title=" + q("Vendor Alert: ACCESS - PHISHING (00001777") + "%25", ""},
		{"last touched", "GET", "/api/events?sort=-touched_at,id&limit=1", ""},
		{"page of 1000", "GET", "/api/events?limit=1000&offset=15000&with=attributes", ""},
		{"search page of 1000", "POST", "/api/indicators/query?limit=1000&offset=15000", `{"criteria":{"type_name":"FQDN"}}`},
		{"details", "GET", "/api/events/777/details", ""},
	} {
		b.Run(read.name, func(b *testing.B) {
			for b.Loop() {
				s.do(200, read.method, read.path, read.body)
			}
		})
	}
}
