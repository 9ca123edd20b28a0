package dsl

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

// NameRead is a name in a plain value, such as {"param", "hostname"} or {"window", "start"}.
// Member is "*" where it is not written out.
type NameRead struct{ Root, Member string }

// Reads are the names in a plain value, in file order, each once.
func (v *Val) Reads() []NameRead {
	if v == nil || v.hcl == nil {
		return nil
	}
	return namesRead(v.hcl)
}

func namesRead(e hclsyntax.Expression) []NameRead {
	var out []NameRead
	for _, t := range e.Variables() {
		name, ok := member(t)
		if !ok {
			name = "*"
		}
		if read := (NameRead{t.RootName(), name}); !slices.Contains(out, read) {
			out = append(out, read)
		}
	}
	return out
}

// Local is the value of the local called name, or nil.
func (m *Mapping) Local(name string) *Val {
	for _, v := range m.locals {
		if v.Attr.Name == name {
			return v
		}
	}
	return nil
}

// Text is what stands at a place of the mapping's files; "" if that is not known.
func (m *Mapping) Text(at hcl.Range) string {
	f := m.Files[at.Filename]
	if f == nil || at.Start.Byte < 0 || at.End.Byte > len(f.Bytes) || at.Start.Byte > at.End.Byte {
		return ""
	}
	return string(f.Bytes[at.Start.Byte:at.End.Byte])
}

// SampleFiles are the recorded answers that the flow's record names, for ReadFile.
func (m *Mapping) SampleFiles(f *Flow) []string {
	pattern := f.Record.Node.Static().String("samples", "")
	if pattern == "" {
		return nil
	}
	names, _ := m.glob(pattern) // loading has said what is wrong with it
	return names
}

// Expr is the program of a value that is computed per record; nil for any other.
func (t *Template) Expr() *code.Expr { return t.expr }

// Constant is a value that is the same for all records; false for one that is computed,
// also in part.
func (t *Template) Constant() (any, bool) {
	if t.kind != 0 {
		return nil, false
	}
	return t.value, true
}

// Elements are the entries of a list that is computed in part.
func (t *Template) Elements() []Field {
	if t.kind != 'l' {
		return nil
	}
	return t.items
}

// Reads are the names in a plain value, as those of a Val.
func (t *Template) Reads() []NameRead {
	if t.plain == nil {
		return nil
	}
	return namesRead(t.plain)
}

// LockBlock is the block that says how runs keep out of each other's way; nil where the file
// has none.
func (c Connector) LockBlock() *Node { return c.lock }
