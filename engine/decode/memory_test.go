package decode_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"tqmap/engine/decode"
)

// repeated is a body that is never in memory as a whole.
type repeated struct {
	head, record, between, tail string
	n                           int
	sent                        int
	left                        string
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == "" {
		switch {
		case r.sent == 0 && r.n > 0:
			r.left = r.head + fmt.Sprintf(r.record, 0)
		case r.sent < r.n:
			r.left = r.between + fmt.Sprintf(r.record, r.sent)
		case r.sent == r.n:
			r.left = r.tail
		default:
			return 0, io.EOF
		}
		r.sent++
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// A hundred thousand records of 1 KB each, 100 MB, pass through a few; fewer
// records, still more than their bound, show the same of the other decoders.
func TestMemory(t *testing.T) {
	limits := decode.Limits{MaxBytes: 256 << 20}
	fill := strings.Repeat("x", 1000)
	tests := []struct {
		name string
		d    records
		n    int
		most uint64 // bytes of heap
		body repeated
	}{
		{"JSON", decode.JSON{Path: []string{"alerts"}, Limits: limits}, 100_000, 32 << 20, repeated{head: `{"n":1,"alerts":[`, record: `{"id":%d,"text":"` + fill + `"}`, between: ",\n", tail: `],"next":null}`}},
		{"JSON lines", decode.Lines{Limits: limits}, 20_000, 16 << 20, repeated{record: `{"id":%d,"text":"` + fill + `"}`, between: "\n"}},
		{"CSV", decode.CSV{Limits: limits}, 20_000, 16 << 20, repeated{head: "id,text\n", record: `%d,"` + fill + `"`, between: "\n"}},
		{"XML", decode.XML{Path: []string{"feed", "entry"}, Limits: limits}, 20_000, 16 << 20, repeated{head: "<feed>", record: `<entry id="%d">` + fill + "</entry>", tail: "</feed>"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var highest uint64
			var now runtime.MemStats
			runtime.GC()
			n := 0
			tt.body.n = tt.n
			_, err := tt.d.Records(&tt.body, func(any) error {
				if n++; n%500 == 0 {
					runtime.ReadMemStats(&now)
					highest = max(highest, now.HeapAlloc)
				}
				return nil
			})
			if err != nil || n != tt.n {
				t.Fatalf("%d records, %v", n, err)
			}
			if highest > tt.most {
				t.Errorf("the heap grew to %d MB, %d MB are allowed", highest>>20, tt.most>>20)
			}
			t.Logf("at most %.1f MB of heap", float64(highest)/(1<<20))
		})
	}
}
