package decode

import "io"

// JSON reads one JSON document.
type JSON struct {
	Path   []string // keys down to the list of records; none where the document is the list
	Limits Limits
}

// Document reads the whole document.
func (j JSON) Document(r io.Reader) (any, error) {
	in, err := openJSON(r, j.Limits)
	if err != nil {
		return nil, err
	}
	v, err := in.value(0)
	if err != nil {
		return nil, err
	}
	if err := in.endJSON(); err != nil {
		return nil, err
	}
	return v, nil
}

// Records yields each element of the list at Path. The rest is the document
// without that list, with its totals and cursors; nil where the document is the
// list. A list that is null has no elements. If there is no list, the error is
// [ErrNoList] and the rest the whole document.
func (j JSON) Records(r io.Reader, yield func(any) error) (rest any, err error) {
	in, err := openJSON(r, j.Limits)
	if err != nil {
		return nil, err
	}
	w := &jsonWalk{input: in, path: j.Path, yield: yield}
	rest, _, err = w.walk(0)
	if err == nil {
		err = in.endJSON()
	}
	if err != nil {
		return nil, err
	}
	if w.instead != "" {
		return rest, in.fail(0, w.instead, hintMessage, ErrNoList)
	}
	return rest, nil
}

func openJSON(r io.Reader, l Limits) (*input, error) {
	in := open("JSON", r, l)
	if err := in.begin(isJSON); err != nil {
		return nil, err
	}
	c, ok := in.space()
	switch {
	case !ok && in.err == io.EOF:
		return nil, in.fail(0, "the body is empty", "", io.ErrUnexpectedEOF)
	case ok && c == '<':
		return nil, in.fail(0, "the body is HTML or XML, not JSON", sniffHint(isHTML), nil)
	}
	return in, nil
}

// endJSON makes sure that nothing follows.
func (in *input) endJSON() error {
	if _, ok := in.space(); ok {
		return in.fail(0, "the JSON value has ended, but the text goes on", "for one value a line, write decode \"ndjson\" {}; for others decode \"concatenated\" {}", nil)
	}
	return in.failure()
}
