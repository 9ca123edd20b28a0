package dsl

import (
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Beside are the files that the mapping reads beside itself, as it names them from its own folder:
// samples, of which each is a pattern, and the answers and recordings of its tests. Sorted, each once.
func (m *Mapping) Beside() []string {
	var out []string
	for _, f := range m.Flows {
		if f.Record == nil {
			continue
		}
		if r := f.Record.Node.Read(m.staticScope()); f.Record.Node.Val("samples") != nil {
			out = append(out, r.String("samples", ""))
		}
	}
	for _, t := range m.Tests {
		r := t.Node.Static()
		out = append(out, r.Strings("responses")...)
		out = append(out, r.String("recording", ""))
		for _, x := range t.Node.All("exchange") {
			if says := x.Block("response"); says != nil {
				out = append(out, says.Static().String("file", ""))
			}
		}
	}
	for i := range out {
		out[i] = path.Clean(out[i])
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(name string) bool { return name == "." })
}

// BlockText is a block as the file writes it, from its first word to its closing brace; "" for a block of
// no file.
func (m *Mapping) BlockText(n *Node) string {
	if n == nil || m.Files[n.Range.Filename] == nil {
		return ""
	}
	file := m.Files[n.Range.Filename]
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return ""
	}
	return blockText(body, file.Bytes, n.Range.Start.Byte)
}

func blockText(body *hclsyntax.Body, src []byte, start int) string {
	for _, b := range body.Blocks {
		whole := b.Range()
		switch {
		case whole.Start.Byte == start:
			return string(src[start:min(b.CloseBraceRange.End.Byte, len(src))])
		case whole.Start.Byte < start && start < b.CloseBraceRange.End.Byte:
			return blockText(b.Body, src, start)
		}
	}
	return ""
}

// ReadingText is the text of what decides which records a flow reads: its source, the clients, the
// parameters and locals, how records are cut out, and the tables where one of these names any. Where
// it changes, what was read before counts no more.
func (m *Mapping) ReadingText(f *Flow) string {
	parts := []string{m.BlockText(f.Source), m.localsText()}
	for _, c := range m.Clients {
		parts = append(parts, m.BlockText(c.Node))
	}
	for _, p := range m.Params {
		parts = append(parts, m.BlockText(p.Node))
	}
	for _, name := range []string{"extract", "split"} {
		if v := f.Record.Node.Val(name); v != nil {
			parts = append(parts, m.Text(v.Range))
		}
	}
	text := strings.Join(parts, "\n")
	if strings.Contains(text, "table.") {
		for _, t := range m.Tables {
			text += "\n" + m.BlockText(t.Node)
		}
	}
	return text
}

// localsText is the locals as the file writes them, one a line.
func (m *Mapping) localsText() string {
	var lines []string
	for _, v := range m.locals {
		if f := m.Files[v.Range.Filename]; f != nil {
			lines = append(lines, string(v.NameRange.SliceBytes(f.Bytes))+" = "+string(v.Range.SliceBytes(f.Bytes)))
		}
	}
	return strings.Join(lines, "\n")
}
