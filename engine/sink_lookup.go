package engine

import (
	"context"

	"tqmap/dsl"
	"tqmap/engine/export"
	"tqmap/engine/request"
	"tqmap/engine/sink/devo"
)

// lookupSinkKind is the sink of a wire that is no HTTP.
func lookupSinkKind() sinkKind {
	spec := devo.Block()
	items := itemAttrs()
	items[0].Required = true
	spec.Attrs = append(spec.Attrs, items...)
	return sinkKind{spec: spec, items: func(ctx context.Context, r *Run, f *dsl.Flow) (export.Target, export.Config, error) {
		return devo.Open(devo.Setting{
			Node: f.Sink, Scope: r.Bound.Scope, Now: r.Bound.Now, Log: r.Log, Sleep: r.Sleep,
			Client: func() (request.Doer, error) { return r.doer(ctx, f.Sink) },
		})
	}}
}
