package engine

import (
	"io"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/decode"
)

func xmlDecode() decodeKind {
	return decodeKind{
		spec: &dsl.Block{
			Type: "xml", Summary: "One XML document. An element without attributes and elements is its text; any other is an object: attributes as \"@name\", elements by name, text as \"#text\". So an empty element is \"\", also one that holds a list on other days: cut lists with stream, or with jq(\".feed.list | objects | .item[]\"). A document type is refused.",
			Describe: func(r *dsl.Reading) string {
				if path := r.Show("stream"); path != "" {
					return "Each element " + path + " of the XML answer is a document."
				}
				return "The answer is one XML document."
			},
			Example: `decode "xml" {
  stream = "rss/channel/item"
  repeat = ["category"]
}`,
			Attrs: []dsl.Attr{
				textAttr("stream", "Names from the root down to the elements that are a document each, with / between them. Without it the whole answer is one."),
				{Name: "repeat", Type: cty.List(cty.String), Scope: dsl.Run, Summary: "Elements that are lists even where there is only one."},
				{Name: "namespaces", Type: cty.Bool, Scope: dsl.Run, Default: "false", Summary: "Keep prefixes and xmlns attributes."},
			},
		},
		media: []string{"xml", "text/plain"},
		open: func(r *dsl.Reading, l decode.Limits) recordReader {
			x := decode.XML{Lists: r.Strings("repeat"), Namespaces: r.Bool("namespaces", false), Limits: l}
			if path := r.String("stream", ""); path != "" {
				x.Path = keys(r, "stream", path, "/")
				return x
			}
			return xmlDocument{x}
		},
	}
}

// xmlDocument is the whole body, which is also the rest.
type xmlDocument struct{ xml decode.XML }

func (x xmlDocument) Records(r io.Reader, yield func(any) error) (any, error) {
	doc, err := x.xml.Document(r)
	if err != nil {
		return nil, err
	}
	return doc, yield(doc)
}
