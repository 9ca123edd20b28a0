package engine

import (
	"tqmap/dsl"
	"tqmap/engine/page"
)

// Vocabulary is what mappings may say, for dsl.Load: the kinds of auth, decoder,
// paginator, source and sink, and the types of object, that this package can carry out.
func Vocabulary() dsl.Vocabulary {
	v := dsl.Vocabulary{Decode: decodeBlock().Kinds, Objects: objectTypes(), Client: checkAuth, Sample: sample, TLP: tlpWords()}
	for _, k := range authKinds() {
		v.Auth = append(v.Auth, k.spec)
	}
	for _, k := range page.Kinds() {
		v.Paginate = append(v.Paginate, k.Spec)
	}
	for _, k := range sourceKinds() {
		v.Source = append(v.Source, k.spec)
	}
	for _, k := range sinkKinds() {
		v.Sink = append(v.Sink, k.spec)
	}
	return v
}
