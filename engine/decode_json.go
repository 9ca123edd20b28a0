package engine

import (
	"io"
	"strings"

	"tqmap/dsl"
	"tqmap/engine/decode"
)

func jsonDecode() decodeKind {
	return decodeKind{
		spec: &dsl.Block{
			Type: "json", Summary: "One JSON document (RFC 8259).",
			Describe: func(r *dsl.Reading) string {
				if path := r.Show("stream"); path != "" {
					return "Each element of the list at " + path + " of the JSON answer is a document; they are read one at a time."
				}
				return "The answer is one JSON document."
			},
			Example: `decode "json" {
  stream = "data.alerts"
}`,
			Attrs: []dsl.Attr{
				textAttr("stream", "Keys down to a list, with dots between them; \".\" where the document is the list. Each element is a document of its own, and memory holds one at a time; paging sees the answer without the list."),
			},
		},
		media: []string{"json", "text/plain", "javascript"},
		open: func(r *dsl.Reading, l decode.Limits) recordReader {
			path := r.String("stream", "")
			if path == "" {
				return jsonDocument{l}
			}
			return decode.JSON{Path: keys(r, "stream", path, "."), Limits: l}
		},
	}
}

// keys are the steps of a path, which is the attribute called name.
func keys(r *dsl.Reading, name, path, between string) []string {
	path = strings.TrimPrefix(path, between)
	if path == "" {
		return nil
	}
	all := strings.Split(path, between)
	for _, k := range all {
		if k == "" {
			r.Fail(name, "Bad path", "%q has an empty step: write names with %q between them.", path, between)
		}
	}
	return all
}

// jsonDocument is the whole body, which is also the rest.
type jsonDocument struct{ limits decode.Limits }

func (j jsonDocument) Records(r io.Reader, yield func(any) error) (any, error) {
	doc, err := decode.JSON{Limits: j.limits}.Document(r)
	if err != nil {
		return nil, err
	}
	return doc, yield(doc)
}
