package dsl

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Rewrite collects changes of plain values in the files of a mapping. All other text,
// comments among it, stays byte for byte.
type Rewrite struct {
	files map[string]*hcl.File
	edits map[string][]edit
	grown map[int]int // elements added to the list that begins there
}

// edit puts text in place of what stands between two bytes.
type edit struct {
	from, to int
	text     string
}

// Rewrite begins to change the mapping's files. Nothing is written: see Files.
func (m *Mapping) Rewrite() *Rewrite {
	return &Rewrite{files: m.Files, edits: map[string][]edit{}, grown: map[int]int{}}
}

// ErrComputed says that a value is not written out, so that there is no place for another one.
var ErrComputed = errors.New("it is computed in the file; change it by hand")

// Set writes to at the path in v, where it replaces a value that is written out, or adds
// to an object or at the end of a list that is.
func (w *Rewrite) Set(v *Val, path []any, to any) error {
	e, left := v.part(path)
	switch {
	case len(left) == 0:
		if !literal(e) {
			return ErrComputed
		}
		at := e.Range()
		w.edit(at, at.Start.Byte, at.End.Byte, w.render(at, to))
		return nil
	case len(left) > 1:
		return ErrComputed
	}
	switch e := e.(type) {
	case *hclsyntax.ObjectConsExpr:
		if name, ok := left[0].(string); ok {
			w.addItem(e, name, to)
			return nil
		}
	case *hclsyntax.TupleConsExpr:
		w.addElement(e, to)
		return nil
	case *hclsyntax.LiteralValueExpr, *hclsyntax.TemplateExpr: // another kind of value altogether
	}
	return ErrComputed
}

// Remove takes the part at path out of v; of a list that and all behind it.
func (w *Rewrite) Remove(v *Val, path []any) error {
	if len(path) == 0 {
		return ErrComputed
	}
	e, left := v.part(path[:len(path)-1])
	if len(left) > 0 {
		return ErrComputed
	}
	switch e := e.(type) {
	case *hclsyntax.ObjectConsExpr:
		if i := itemCalled(e, path[len(path)-1]); i >= 0 {
			w.removeItem(e, i)
			return nil
		}
	case *hclsyntax.TupleConsExpr:
		i, ok := path[len(path)-1].(int)
		at := e.Range()
		switch {
		case !ok || i >= len(e.Exprs):
			return ErrComputed
		case i == 0:
			w.edit(at, at.Start.Byte, at.End.Byte, "[]")
		default:
			w.edit(at, e.Exprs[i-1].Range().End.Byte, e.Exprs[i].Range().End.Byte, "")
		}
		return nil
	}
	return ErrComputed
}

// Add gives the block n an attribute that it has not, below its first one.
func (w *Rewrite) Add(n *Node, name string, to any) error {
	all := n.inOrder()
	if len(all) == 0 {
		return ErrComputed
	}
	first := all[0]
	src := w.files[first.Range.Filename].Bytes
	// Its name is as wide as that of the first, for the signs to stand below each other.
	gap := strings.IndexByte(string(src[first.NameRange.End.Byte:]), '=')
	width := first.NameRange.End.Byte - first.NameRange.Start.Byte + gap - 1
	end := lineEnd(src, first.Range.End.Byte)
	w.edit(first.Range, end, end, fmt.Sprintf("\n%s%-*s = %s", indentAt(src, first.NameRange.Start.Byte), width, name, w.render(first.NameRange, to)))
	return nil
}

// Files are the new texts of the files that change. An error says that a text would not be HCL.
func (w *Rewrite) Files() (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(w.edits)) {
		edits := slices.Clone(w.edits[name])
		slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
		var text bytes.Buffer
		src, at := w.files[name].Bytes, 0
		for _, e := range edits {
			if e.from < at {
				continue // within what is replaced as a whole
			}
			text.Write(src[at:e.from])
			text.WriteString(e.text)
			at = e.to
		}
		text.Write(src[at:])
		if _, diags := hclsyntax.ParseConfig(text.Bytes(), name, hcl.InitialPos); diags.HasErrors() {
			return nil, fmt.Errorf("%s cannot be rewritten: %w", name, diags)
		}
		out[name] = text.Bytes()
	}
	return out, nil
}

func (w *Rewrite) edit(of hcl.Range, from, to int, text string) {
	w.edits[of.Filename] = append(w.edits[of.Filename], edit{from, to, text})
}

// literal says that e names nothing and calls nothing.
func literal(e hclsyntax.Expression) bool {
	ok := len(e.Variables()) == 0
	visit(e, func(n hclsyntax.Node) {
		switch n.(type) {
		case *hclsyntax.FunctionCallExpr, *hclsyntax.ForExpr, *hclsyntax.ConditionalExpr, *hclsyntax.BinaryOpExpr:
			ok = false
		}
	})
	return ok
}

// render is v as the file spells it at a place, whose line gives the indentation.
func (w *Rewrite) render(at hcl.Range, v any) string {
	text := hclwrite.Format(append([]byte("v = "), hclwrite.TokensForValue(ToCty(v)).Bytes()...))
	indent := indentAt(w.files[at.Filename].Bytes, at.Start.Byte)
	return strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(string(text)), "v = "), "\n", "\n"+indent)
}

func (w *Rewrite) addItem(e *hclsyntax.ObjectConsExpr, name string, to any) {
	at := e.Range()
	src := w.files[at.Filename].Bytes
	key := name
	quotes := !hclsyntax.ValidIdentifier(name)
	if n := len(e.Items); n > 0 {
		quotes = quotes || src[e.Items[n-1].KeyExpr.Range().Start.Byte] == '"'
	}
	if quotes {
		key = string(hclwrite.TokensForValue(ToCty(name)).Bytes())
	}
	if len(e.Items) == 0 {
		w.edit(at, at.Start.Byte, at.End.Byte, "{ "+key+" = "+w.render(at, to)+" }")
		return
	}
	last := e.Items[len(e.Items)-1]
	w.addAfter(last.KeyExpr.Range(), last.ValueExpr.Range(), key+" = "+w.render(last.KeyExpr.Range(), to), false)
}

func (w *Rewrite) addElement(e *hclsyntax.TupleConsExpr, to any) {
	at := e.Range()
	if len(e.Exprs) > 0 {
		last := e.Exprs[len(e.Exprs)-1].Range()
		w.addAfter(last, last, w.render(last, to), true)
		return
	}
	text := w.render(at, to)
	if w.grown[at.Start.Byte]++; w.grown[at.Start.Byte] > 1 {
		text = ", " + text
	}
	w.edit(at, at.Start.Byte+1, at.Start.Byte+1, text)
}

// addAfter writes text behind the last element of a list or an object: in its line, or in a
// line of its own where that ends one.
func (w *Rewrite) addAfter(begin, last hcl.Range, text string, list bool) {
	src := w.files[last.Filename].Bytes
	end := lineEnd(src, last.End.Byte)
	rest := strings.TrimSpace(string(src[last.End.Byte:end]))
	comma := strings.HasPrefix(rest, ",")
	rest = strings.TrimSpace(strings.TrimPrefix(rest, ","))
	if rest != "" && rest[0] != '#' && !strings.HasPrefix(rest, "//") {
		w.edit(last, last.End.Byte, last.End.Byte, ", "+text)
		return
	}
	if list {
		if !comma && w.grown[last.End.Byte] == 0 {
			w.edit(last, last.End.Byte, last.End.Byte, ",")
		}
		w.grown[last.End.Byte]++
		text += ","
	}
	w.edit(last, end, end, "\n"+indentAt(src, begin.Start.Byte)+text)
}

func (w *Rewrite) removeItem(e *hclsyntax.ObjectConsExpr, i int) {
	at := e.Range()
	src := w.files[at.Filename].Bytes
	from, to := e.Items[i].KeyExpr.Range().Start.Byte, e.Items[i].ValueExpr.Range().End.Byte
	begin, end := bytes.LastIndexByte(src[:from], '\n')+1, lineEnd(src, to)
	alone := strings.TrimSpace(string(src[begin:from])) == "" && strings.Trim(string(src[to:end]), " \t,\r") == ""
	switch {
	case alone && end < len(src):
		w.edit(at, begin, end+1, "")
	case i+1 < len(e.Items):
		w.edit(at, from, e.Items[i+1].KeyExpr.Range().Start.Byte, "")
	case i > 0:
		w.edit(at, e.Items[i-1].ValueExpr.Range().End.Byte, to, "")
	default:
		w.edit(at, from, to, "")
	}
}

// lineEnd is where the line ends that the byte at stands in.
func lineEnd(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(src)
}

// indentAt is the white space at the begin of the line.
func indentAt(src []byte, at int) string {
	line := src[bytes.LastIndexByte(src[:at], '\n')+1 : at]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}
