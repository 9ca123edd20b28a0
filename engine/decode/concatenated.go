package decode

import "io"

// Concatenated reads JSON values one after the other, with white space between
// them or with nothing.
type Concatenated struct {
	Limits Limits
}

// Records yields each value. There is no rest. An empty body has no records.
func (c Concatenated) Records(r io.Reader, yield func(any) error) (rest any, err error) {
	in := open("concatenated JSON", r, c.Limits)
	if err := in.begin(isJSON); err != nil {
		return nil, err
	}
	for {
		if _, ok := in.space(); !ok {
			return nil, in.failure()
		}
		v, err := in.value(0)
		if err != nil {
			return nil, err
		}
		if err := in.emit(v, yield); err != nil {
			return nil, err
		}
	}
}
