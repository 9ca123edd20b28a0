package engine

import (
	"tqmap/dsl"
	"tqmap/engine/decode"
)

func ndjsonDecode() decodeKind {
	return decodeKind{
		spec: &dsl.Block{
			Type: "ndjson", Summary: "JSON lines: each line is a document; blank ones are left out.",
			Describe: func(*dsl.Reading) string { return "Each line of the answer is a JSON document." },
			Example: `decode "ndjson" {
  unpack = ["gzip"]
}`,
		},
		media: []string{"json", "text/plain", "jsonl"},
		open:  func(_ *dsl.Reading, l decode.Limits) recordReader { return decode.Lines{Limits: l} },
	}
}
