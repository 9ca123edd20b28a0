package decode_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"tqmap/engine/decode"
)

// records is what the decoders have in common.
type records interface {
	Records(r io.Reader, yield func(any) error) (any, error)
}

var (
	_ records = decode.JSON{}
	_ records = decode.Lines{}
	_ records = decode.Concatenated{}
	_ records = decode.CSV{}
	_ records = decode.XML{}
)

func collect(d records, r io.Reader) (got []any, rest any, err error) {
	rest, err = d.Records(r, func(v any) error {
		got = append(got, v)
		return nil
	})
	return got, rest, err
}

// good is a body and what comes out of it.
type good struct {
	name, body string
	decoder    records
	want       []any
	rest       any
}

// run reads each body at once and byte by byte.
func (g good) run(t *testing.T) {
	t.Run(g.name, func(t *testing.T) {
		for _, r := range []io.Reader{strings.NewReader(g.body), iotest.OneByteReader(strings.NewReader(g.body)), iotest.DataErrReader(strings.NewReader(g.body))} {
			got, rest, err := collect(g.decoder, r)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(g.want, got); d != "" {
				t.Fatalf("records (-want +got):\n%s", d)
			}
			if d := cmp.Diff(g.rest, rest); d != "" {
				t.Fatalf("rest (-want +got):\n%s", d)
			}
		}
	})
}

// bad is a body that is refused after some good records.
type bad struct {
	name, body string
	decoder    records
	text       string // of the error
	is         error  // nil for none
}

func (b bad) run(t *testing.T) {
	t.Run(b.name, func(t *testing.T) {
		for _, r := range []io.Reader{strings.NewReader(b.body), iotest.OneByteReader(strings.NewReader(b.body))} {
			got, _, err := collect(b.decoder, r)
			var e *decode.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v and %v", got, err)
			}
			if err.Error() != b.text {
				t.Errorf("\ngot  %s\nwant %s", err, b.text)
			}
			if b.is != nil && !errors.Is(err, b.is) {
				t.Errorf("%v is no %v", err, b.is)
			}
			if e.Records >= 0 && e.Records != len(got) {
				t.Errorf("the error counts %d good records, %d were yielded", e.Records, len(got))
			}
		}
	})
}

type object = map[string]any
