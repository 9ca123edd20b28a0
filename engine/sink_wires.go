package engine

import (
	"context"
	"encoding/json"

	"tqmap/dsl"
	"tqmap/engine/export"
	"tqmap/engine/request"
	"tqmap/engine/sink/devo"
	"tqmap/engine/sink/taxii"
)

// lookupSinkKind is the sink of rows of a lookup, a wire that is no HTTP.
func lookupSinkKind() sinkKind {
	spec := devo.Block()
	items := itemAttrs()
	items[0].Required = true
	spec.Attrs = append(spec.Attrs, items...)
	describeAlso(spec)
	return sinkKind{spec: spec, items: func(ctx context.Context, r *Run, f *dsl.Flow) (export.Target, export.Config, error) {
		return devo.Open(devo.Setting{
			Node: f.Sink, Scope: r.Bound.Scope, Now: r.Bound.Now, Log: r.Log, Sleep: r.Sleep, Dial: r.dial,
			Client: func() (request.Doer, error) {
				client, err := r.doer(ctx, f.Sink)
				return placedDoer{client, place(f.Sink.Range)}, err
			},
		})
	}}
}

// taxiiSinkKind is the sink of objects of STIX.
func taxiiSinkKind() sinkKind {
	spec := taxii.Block()
	spec.Attrs = append(spec.Attrs, taxii.ItemAttrs(itemAttrs())...)
	describeAlso(spec)
	return sinkKind{spec: spec, items: func(ctx context.Context, r *Run, f *dsl.Flow) (export.Target, export.Config, error) {
		client, err := r.doer(ctx, f.Sink)
		if err != nil {
			return nil, export.Config{}, err
		}
		return taxii.NewSink(taxii.Setting{
			Node: f.Sink, Scope: r.Bound.Scope, Now: r.Bound.Now, Log: r.Log, Sleep: r.sleep, Client: placedDoer{client, place(f.Sink.Range)},
			Remake: func(it *export.Item, body any) {
				it.Body, it.Hash, it.Sent = body, contentHash(body), json.RawMessage(contentOf(body))
			},
		})
	}}
}

// describeAlso adds what all sinks with items have in common to what a kind says of itself.
func describeAlso(spec *dsl.Block) {
	own := spec.Describe
	spec.Describe = func(r *dsl.Reading) string { return sentences(own(r), describeItems(r)) }
}
