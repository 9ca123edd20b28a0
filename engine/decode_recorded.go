package engine

import (
	"bytes"
	"context"

	"tqmap/dsl"
)

// sample decodes a recorded answer while a mapping is loaded, as a run would: without a
// block decode (nil) it is one JSON document.
func sample(n *dsl.Node, src []byte) (docs []any, rest any, err error) {
	d := jsonDecoder()
	if n != nil {
		if d, err = readDecoder(n, n.Static()); err != nil {
			return nil, nil, err
		}
	}
	rest, err = d.decode(context.Background(), bytes.NewReader(src), func(doc any) error { docs = append(docs, doc); return nil })
	return docs, rest, err
}

func documents(ctx context.Context, d decoder, src []byte) ([]any, error) {
	var out []any
	_, err := d.decode(ctx, bytes.NewReader(src), func(doc any) error { out = append(out, doc); return nil })
	return out, err
}

// recorded cuts the records of a flow out of a recorded answer and splits them. What the
// `each` requests would fetch is null: they are not sent.
func (r *Run) recorded(ctx context.Context, f *dsl.Flow, src []byte) ([]any, error) {
	out, _, err := r.recordedFrom(ctx, f, src, Origin{})
	return out, err
}

// recordedFrom also says where the records come from, where the run is traced.
func (r *Run) recordedFrom(ctx context.Context, f *dsl.Flow, src []byte, where Origin) ([]any, []*Origin, error) {
	d, err := openDecoder(f.Source.Block("decode"), r.Bound)
	if err != nil {
		return nil, nil, err
	}
	docs, err := documents(ctx, d, src)
	if err != nil {
		return nil, nil, err
	}
	var out []any
	var origins []*Origin
	for _, doc := range docs {
		more, err := r.extract(ctx, f.Record, doc, view{})
		if err != nil {
			return nil, nil, err
		}
		out = append(out, more...)
		if r.traced {
			origins = append(origins, r.origins(ctx, f.Record, doc, view{}, where, len(more))...)
		}
	}
	for _, each := range f.Source.All("each") {
		for _, record := range out {
			if fields, ok := record.(map[string]any); ok {
				fields[each.Labels[0]] = nil
			}
		}
	}
	if f.Record.Split == nil {
		return out, origins, nil
	}
	return (&pageReader{sight: view{bound: r.Bound}}).split(ctx, f.Record.Split, out, origins)
}
