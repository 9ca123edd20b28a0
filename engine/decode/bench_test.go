package decode_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"tqmap/dsl/code"
	"tqmap/engine/decode"
)

// page is a JSON document with a list of alerts of about 1 KB.
func page(records int) []byte {
	var out bytes.Buffer
	out.WriteString(`{"total":12,"alerts":[`)
	for i := range records {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"id":"a-%d","severity":%d,"score":0.5,"open":true,"hosts":[{"ip":"10.0.0.1","port":443},{"ip":"10.0.0.2","port":80}],"text":%q}`,
			i, i%1000, strings.Repeat("lorem ipsum ", 75))
	}
	out.WriteString(`],"next":null}`)
	return out.Bytes()
}

func BenchmarkJSON(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		body := page(n)
		b.Run(fmt.Sprintf("records=%d/streamed", n), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (decode.JSON{Path: []string{"alerts"}}).Records(bytes.NewReader(body), func(any) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("records=%d/whole", n), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := code.Decode(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRecords(b *testing.B) {
	row := strings.Repeat("lorem ipsum ", 20)
	for _, bm := range []struct {
		name string
		d    records
		body string
	}{
		{"lines", decode.Lines{}, strings.Repeat(`{"id":1,"text":"`+row+"\"}\n", 5000)},
		{"csv", decode.CSV{}, "a,b,c\n" + strings.Repeat("1,"+row+",x\n", 5000)},
		{"csv quoted", decode.CSV{}, "a,b,c\n" + strings.Repeat("\"1\",\""+row+"\",\"x\"\n", 5000)},
		{"xml", decode.XML{Path: []string{"f", "e"}}, "<f>" + strings.Repeat(`<e id="1">`+row+"</e>\n", 5000) + "</f>"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(len(bm.body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bm.d.Records(strings.NewReader(bm.body), func(any) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
