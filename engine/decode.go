package engine

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/decode"
)

// decoder turns one answer into documents.
type decoder interface {
	// decode calls yield for each document and returns what is left of the answer around
	// them: the envelope that paging and cursors look at; nil if there is none. It stops
	// at the first error of yield.
	decode(ctx context.Context, r io.Reader, yield func(doc any) error) (rest any, err error)
}

// decodeKind is one format of answers: what a mapping may say and how it is read.
type decodeKind struct {
	spec *dsl.Block
	// media are parts of the content types that fit.
	media []string
	open  func(r *dsl.Reading, l decode.Limits) recordReader
}

// recordReader is what package decode's formats have in common.
type recordReader interface {
	Records(r io.Reader, yield func(any) error) (rest any, err error)
}

func decodeKinds() []decodeKind {
	kinds := []decodeKind{jsonDecode(), ndjsonDecode(), concatenatedDecode(), csvDecode(), xmlDecode()}
	for _, k := range kinds {
		k.spec.Attrs = append(k.spec.Attrs, commonDecodeAttrs()...)
		k.spec.Blocks = append(k.spec.Blocks, dsl.Child{Block: splitBlock(), Max: 1})
		k.spec.Check = func(r *dsl.Reading) {
			layers(r)
			k.open(r, limits(r))
		}
	}
	return kinds
}

// decodeBlock is the block of a source that reads answers.
func decodeBlock() *dsl.Block {
	b := &dsl.Block{Type: "decode", Labels: []string{"kind"}, Summary: "What answers, samples and the responses of tests are written in; without it, one JSON document. Each step and each has one of its own: where that reads any number of documents (lines, rows, a stream, a split), the answer is their list."}
	for _, k := range decodeKinds() {
		b.Kinds = append(b.Kinds, k.spec)
	}
	return b
}

func commonDecodeAttrs() []dsl.Attr {
	return []dsl.Attr{
		{Name: "unpack", Type: cty.List(cty.String), Scope: dsl.Run, Default: "whatever the first bytes say, up to three times", Summary: "What may be unpacked, the outermost first: gzip, bzip2; [] for nothing more than the one gzip that any answer may travel in. What is not packed is taken as it is."},
		withDefault(textAttr("max_size", "Longest body, also after unpacking, e.g. \"64MB\"."), "64MB"),
		{Name: "max_ratio", Type: cty.Number, Scope: dsl.Run, Default: fmt.Sprint(decode.DefaultMaxRatio), Summary: "Most unpacked bytes for each packed one, beyond the first MB."},
		{Name: "max_depth", Type: cty.Number, Scope: dsl.Run, Default: fmt.Sprint(decode.DefaultMaxDepth), Summary: "Deepest nesting."},
		{Name: "max_documents", Type: cty.Number, Scope: dsl.Run, Default: fmt.Sprint(decode.DefaultMaxRecords), Summary: "Most documents of one body."},
	}
}

func limits(r *dsl.Reading) decode.Limits {
	return decode.Limits{
		MaxBytes: r.Bytes("max_size", 0), MaxRatio: int64(atLeastOne(r, "max_ratio")),
		MaxDepth: atLeastOne(r, "max_depth"), MaxRecords: atLeastOne(r, "max_documents"),
	}
}

// atLeastOne is 0 where the attribute is unset.
func atLeastOne(r *dsl.Reading, name string) int {
	n := r.Int(name, 1)
	if n < 1 {
		r.Fail(name, "Bad limit", "%q takes a number of at least 1.", name)
	}
	if !r.Has(name) {
		return 0
	}
	return n
}

// openDecoder makes the decoder of a decode block. Without one it reads one JSON
// document, which is also the rest.
func openDecoder(n *dsl.Node, b *dsl.Bound) (decoder, error) {
	if n == nil {
		return jsonDecoder(), nil
	}
	return readDecoder(n, n.Read(b.Scope))
}

// jsonDecoder reads answers that no block decode is about.
func jsonDecoder() decoder { return &reading{kind: jsonDecode(), records: jsonDocument{}} }

func readDecoder(n *dsl.Node, r *dsl.Reading) (decoder, error) {
	d := &reading{limits: limits(r), layers: layers(r)}
	for _, k := range decodeKinds() {
		if k.spec.Type == n.Kind() {
			d.kind, d.records = k, k.open(r, d.limits)
		}
	}
	if split := n.Block("split"); split != nil {
		parts := r.Of(split)
		d.split = readSplit(parts, d.limits)
		if err := parts.Err(); err != nil {
			return nil, err
		}
	}
	return d, r.Err()
}

// layers is nil where the first bytes decide.
func layers(r *dsl.Reading) []decode.Packing {
	if !r.Has("unpack") {
		return nil
	}
	out := []decode.Packing{}
	for _, p := range r.Strings("unpack") {
		if p != string(decode.Gzip) && p != string(decode.Bzip2) {
			r.Fail("unpack", "Unknown value", "There is no packing %.40q, only gzip and bzip2.", p)
		}
		out = append(out, decode.Packing(p))
	}
	return out
}

// reading unpacks an answer and reads it.
type reading struct {
	kind    decodeKind
	records recordReader
	limits  decode.Limits
	layers  []decode.Packing // nil: as the first bytes say
	split   *decode.Split    // may be nil
}

// single tells whether each body is exactly one document.
func (d *reading) single() bool {
	switch d.records.(type) {
	case jsonDocument, xmlDocument:
		return d.split == nil
	}
	return false
}

func (d *reading) decode(ctx context.Context, r io.Reader, yield func(any) error) (any, error) {
	plain, err := d.unpack(r)
	if err != nil {
		return nil, err
	}
	return d.records.Records(plain, func(doc any) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if d.split != nil {
			return d.split.Records(doc, yield)
		}
		return yield(doc)
	})
}

// unpack undoes the layers. The first bytes have the last word, as one of the layers may
// have been undone on the way, whatever the headers said.
func (d *reading) unpack(r io.Reader) (io.Reader, error) {
	if d.layers == nil {
		return decode.Unpack(r, d.limits)
	}
	for _, layer := range d.layers {
		in := bufio.NewReader(r)
		r = in
		first, err := in.Peek(packedStart)
		if err != nil && err != io.EOF {
			return nil, err
		}
		if p, packed := decode.PackingOf(first); !packed || p != layer {
			continue
		}
		if r, err = decode.Unpack(in, d.limits, layer); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// packedStart is how many bytes tell what is packed.
const packedStart = 10
