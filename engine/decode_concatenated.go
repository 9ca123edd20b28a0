package engine

import (
	"tqmap/dsl"
	"tqmap/engine/decode"
)

func concatenatedDecode() decodeKind {
	return decodeKind{
		spec: &dsl.Block{
			Type: "concatenated", Summary: "JSON documents one after the other, with white space between them or nothing.",
			Describe: func(*dsl.Reading) string { return "The answer is JSON documents one after the other." },
			Example: `decode "concatenated" {
  max_documents = 50000
}`,
		},
		media: []string{"json", "text/plain"},
		open:  func(_ *dsl.Reading, l decode.Limits) recordReader { return decode.Concatenated{Limits: l} },
	}
}
