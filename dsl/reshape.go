package dsl

import (
	"bytes"
	"slices"

	"tqmap/dsl/code"
)

// Reshape is the files of the mapping in which the records of some flows are given a new
// shape, by the names that messages show. All else is byte for byte as it was.
func (m *Mapping) Reshape(shapes map[*Flow]code.Shape) map[string][]byte {
	out := map[string][]byte{}
	for _, f := range slices.Backward(m.Flows) { // so that places before stay where they are
		shape, ok := shapes[f]
		if !ok {
			continue
		}
		name := f.Record.Node.Range.Filename
		if out[name] == nil {
			out[name] = m.Files[name].Bytes
		}
		out[name] = reshape(out[name], f.Record.Node, shape)
	}
	return out
}

func reshape(src []byte, rec *Node, s code.Shape) []byte {
	if v := rec.Val("shape"); v != nil {
		text := WriteOutline(s, indentAt(src, v.NameRange.Start.Byte))
		return slices.Concat(src[:v.Range.Start.Byte], []byte(text), src[v.Range.End.Byte:])
	}
	after := rec.Val("samples")
	if after == nil {
		after = rec.Val("key")
	}
	at := after.Range.End.Byte
	if i := bytes.IndexByte(src[at:], '\n'); src[at-1] != '\n' && i >= 0 { // else a heredoc's end
		at += i + 1
	}
	indent := indentAt(src, after.NameRange.Start.Byte)
	return slices.Concat(src[:at], []byte(indent+"shape = "+WriteOutline(s, indent)+"\n"), src[at:])
}
