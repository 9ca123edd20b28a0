package decode

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
)

const xmlSpace = " \t\r\n"

// xmlWalk makes maps of elements, and records of those at the path.
type xmlWalk struct {
	*input
	dec        *xml.Decoder
	lists      []string
	namespaces bool
	yield      func(any) error
	found      bool   // the parent of the records, or a record
	encoding   string // declared, if it cannot be read
}

func newXMLWalk(in *input, x XML, yield func(any) error) *xmlWalk {
	w := &xmlWalk{input: in, dec: xml.NewDecoder(in), lists: x.Lists, namespaces: x.Namespaces, yield: yield}
	w.dec.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		switch strings.ToLower(label) {
		case "utf-16", "us-ascii", "ascii", "utf8": // is UTF-8 by now, or was all the time
			return r, nil
		}
		w.encoding = label
		return nil, io.ErrNoProgress
	}
	return w
}

// token is the next one; [io.EOF] at the end of the text. The decoder's own error
// texts are not shown, as they quote the body.
func (w *xmlWalk) token() (xml.Token, error) {
	t, err := w.dec.RawToken()
	_, directive := t.(xml.Directive)
	switch {
	case directive:
		return nil, w.fail(0, "the body has a document type, which is refused", "it could define entities that expand without end", nil)
	case err == nil:
		return t, nil
	case err == io.EOF && w.failure() == nil:
		return nil, io.EOF
	case w.encoding != "":
		return nil, w.fail(0, fmt.Sprintf("the document says its encoding is %.40q", w.encoding), charsetHint, nil)
	case w.ended:
		return nil, w.short()
	}
	return nil, w.fail(0, "this is no well-formed XML", "", nil)
}

// document takes everything; path leads to the records.
func (w *xmlWalk) document(path []string) (map[string]any, error) {
	var root map[string]any
	for {
		t, err := w.token()
		switch {
		case err == io.EOF && root == nil && !w.found:
			return nil, w.fail(0, "there is no element", "", io.ErrUnexpectedEOF)
		case err == io.EOF:
			return root, nil
		case err != nil:
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if root != nil || w.found {
				return nil, w.fail(0, "the root element has ended, but the document goes on", "", nil)
			}
			if err := w.child(&root, t, path, 1); err != nil {
				return nil, err
			}
		case xml.EndElement:
			return nil, w.fail(0, "an element ends that has not begun", "", nil)
		case xml.CharData:
			if strings.Trim(string(t), xmlSpace) != "" {
				return nil, w.fail(0, "there is text outside of the root element", "", nil)
			}
		}
	}
}

// child takes an element into a map, or yields it if the path ends here.
func (w *xmlWalk) child(into *map[string]any, start xml.StartElement, path []string, depth int) error {
	name := w.name(start.Name)
	var below []string
	record := false
	if len(path) > 0 && path[0] == name {
		below, record = path[1:], len(path) == 1
	}
	v, err := w.element(start, below, depth)
	if err != nil {
		return err
	}
	if record {
		w.found = true
		return w.emit(v, w.yield)
	}
	w.add(into, name, v)
	return nil
}

func (w *xmlWalk) element(start xml.StartElement, path []string, depth int) (any, error) {
	if depth > w.limits.MaxDepth {
		return nil, w.complete(0, w.limits.tooDeep())
	}
	w.found = w.found || len(path) == 1
	var members map[string]any
	for _, a := range start.Attr {
		if w.namespaces || a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
			w.add(&members, "@"+w.name(a.Name), a.Value)
		}
	}
	var text strings.Builder
	for {
		t, err := w.token()
		if err == io.EOF {
			return nil, w.short()
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			if err := w.child(&members, t, path, depth+1); err != nil {
				return nil, err
			}
		case xml.EndElement:
			if t.Name != start.Name {
				return nil, w.fail(0, "an element ends that is not the last one begun", "", nil)
			}
			return fold(members, text.String()), nil
		}
	}
}

// fold makes the value of an element of what was in it.
func fold(members map[string]any, text string) any {
	text = strings.Trim(text, xmlSpace)
	if members == nil {
		return text
	}
	if text != "" {
		members["#text"] = text
	}
	return members
}

// add puts a value under its name, in a list if there is one already.
func (w *xmlWalk) add(into *map[string]any, name string, v any) {
	if *into == nil {
		*into = map[string]any{}
	}
	switch old := (*into)[name].(type) {
	case nil:
		if slices.Contains(w.lists, name) {
			v = []any{v}
		}
		(*into)[name] = v
	case []any:
		(*into)[name] = append(old, v)
	default:
		(*into)[name] = []any{old, v}
	}
}

func (w *xmlWalk) name(n xml.Name) string {
	if w.namespaces && n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}
