package decode

import (
	"io"
	"strings"
)

// XML reads one XML document. An element becomes
//
//   - its text, without white space around it, if it has neither attributes nor
//     elements; an empty element is ""
//   - otherwise a map: attributes as "@name", elements by name, and the text, if
//     there is any, as "#text"; what is there twice is a list, in order
//
// Comments and processing instructions are left out. A document type, with which
// entities are made, is refused.
type XML struct {
	Path       []string // names from the root down to the records, e.g. rss, channel, item
	Lists      []string // names of elements that are lists even when there is only one
	Namespaces bool     // keep prefixes and xmlns attributes; otherwise both are dropped
	Limits     Limits
}

// Document reads the whole document: a map with the root element.
func (x XML) Document(r io.Reader) (any, error) {
	w, err := x.open(r, nil)
	if err != nil {
		return nil, err
	}
	document, err := w.document(nil)
	if err != nil {
		return nil, err
	}
	return document, nil
}

// Records yields each element at Path. The rest is the document without them.
// Where their parent is missing the error is [ErrNoList] and the rest the whole
// document; a parent without them has no records. Without a Path the document is
// the only record.
func (x XML) Records(r io.Reader, yield func(any) error) (rest any, err error) {
	w, err := x.open(r, yield)
	if err != nil {
		return nil, err
	}
	document, err := w.document(x.Path)
	switch {
	case err != nil:
		return nil, err
	case len(x.Path) == 0:
		return nil, w.emit(document, yield)
	case !w.found:
		missing := strings.Join(x.Path[:max(1, len(x.Path)-1)], "/")
		return document, w.fail(0, "there is no "+missing, hintMessage, ErrNoList)
	}
	return document, nil
}

func (x XML) open(r io.Reader, yield func(any) error) (*xmlWalk, error) {
	w := newXMLWalk(open("XML", r, x.Limits), x, yield)
	return w, w.begin(isXML)
}
