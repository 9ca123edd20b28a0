package dsl

import (
	"bytes"

	"tqmap/dsl/code"
)

// Shape says what the records of rec look like: in place of what its attribute shape says,
// or in a new one behind its samples or its key.
func (w *Rewrite) Shape(rec *Record, s code.Shape) {
	src := w.files[rec.Node.Range.Filename].Bytes
	if v := rec.Node.Val("shape"); v != nil {
		w.edit(v.Range, v.Range.Start.Byte, v.Range.End.Byte, WriteOutline(s, indentAt(src, v.NameRange.Start.Byte)))
		return
	}
	after := rec.Node.Val("samples")
	if after == nil {
		after = rec.Node.Val("key")
	}
	at := after.Range.End.Byte
	if i := bytes.IndexByte(src[at:], '\n'); src[at-1] != '\n' && i >= 0 { // else a heredoc's end
		at += i + 1
	}
	indent := indentAt(src, after.NameRange.Start.Byte)
	w.edit(after.Range, at, at, indent+"shape = "+WriteOutline(s, indent)+"\n")
}
