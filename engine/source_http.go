package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/page"
	"tqmap/engine/request"
)

func httpSourceKind() sourceKind {
	return sourceKind{
		spec: &dsl.Block{
			Type: "http", Summary: "Records of an HTTP API.",
			Example: `source "http" {
  client     = client.api
  partitions = ["eu", "us"]
  request {
    path  = "/alerts"
    query = { region = partition, since = window.start, cursor = page.cursor }
  }
  window {
    initial = "7d"
    cursor  = expr("alert.created")
  }
  paginate "cursor" {
    next = jq(".next")
  }
}`,
			Describe: func(r *dsl.Reading) string {
				return wordedIf(r, "partitions", "Everything is read once for each of %s, as partition, from a cursor of its own.")
			},
			Attrs: []dsl.Attr{
				{Name: "client", Holds: dsl.Ref, Required: true, Summary: "The server, e.g. client.api."},
				{Name: "partitions", Type: cty.DynamicPseudoType, Scope: dsl.Window, Summary: "A list of texts or numbers, e.g. from a step: everything is read once for each, as `partition`, from a cursor of its own. At most 10000."},
			},
			Blocks: []dsl.Child{
				{Block: stepBlock()},
				{Block: dsl.RequestBlock(dsl.Page), Min: 1, Max: 1},
				{Block: windowBlock(), Max: 1},
				{Block: paginateBlock(), Max: 1},
				{Block: decodeBlock(), Max: 1},
				{Block: ruleBlock()},
				{Block: eachBlock()},
			},
		},
		open: openHTTPSource,
	}
}

func paginateBlock() *dsl.Block {
	b := &dsl.Block{Type: "paginate", Labels: []string{"kind"}, Summary: "How to get the next page."}
	for _, k := range page.Kinds() {
		b.Kinds = append(b.Kinds, k.Spec)
	}
	return b
}

// httpSource reads what one source block describes.
type httpSource struct {
	run     *Run
	flow    *dsl.Flow
	report  *FlowReport
	doer    request.Doer
	node    *dsl.Node
	decoder decoder
	steps   *steps
	each    []*each
}

func openHTTPSource(ctx context.Context, r *Run, f *dsl.Flow, report *FlowReport) (source, error) {
	s := &httpSource{run: r, flow: f, report: report, node: f.Source}
	var err error
	if s.doer, err = r.doer(ctx, f.Source); err != nil {
		return nil, err
	}
	if s.decoder, err = openDecoder(f.Source.Block("decode"), r.Bound); err != nil {
		return nil, err
	}
	s.steps = newSteps(s)
	for _, n := range f.Source.All("each") {
		e, err := openEach(ctx, s, n)
		if err != nil {
			return nil, err
		}
		s.each = append(s.each, e)
	}
	return s, nil
}

// maxPartitions bounds what the state remembers of one flow.
const maxPartitions = 10000

func (s *httpSource) partitions(ctx context.Context) ([]any, bool, error) {
	if s.node.Val("partitions") == nil {
		return nil, false, nil
	}
	scope, err := s.steps.once(ctx, s.run.Bound.Scope)
	if err != nil {
		return nil, true, err
	}
	read := s.node.Read(scope)
	got := read.Any("partitions")
	list, ok := got.([]any)
	if !ok && got != nil {
		read.Fail("partitions", "List expected", "What partitions comes out as is no list.")
	}
	if len(list) > maxPartitions {
		read.Fail("partitions", "Too many partitions", "There are %d, the limit is %d: narrow the list, or read all parts in one go.", len(list), maxPartitions)
	}
	for _, p := range list {
		if _, ok := code.Text(p); !ok {
			read.Fail("partitions", "Text expected", "A partition is a text or a number.")
		}
	}
	return list, true, read.Err()
}

// remarks are what the operator should hear of the requests for records.
func (s *httpSource) remarks() []string {
	var out []string
	for _, e := range s.each {
		if text := e.remark(); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// read walks the pages of one window.
func (s *httpSource) read(ctx context.Context, w Window, yield func(*batch) error) error {
	scope, err := s.steps.scope(ctx, w)
	if err != nil {
		return err
	}
	pages, err := page.New(s.node.Block("paginate"), scope)
	if err != nil {
		return err
	}
	walk := &walk{httpSource: s, window: w, scope: scope, pages: pages, yield: yield}
	return walk.all(ctx)
}

// ErrSamePage says that the server gave one page twice in a row.
var ErrSamePage = errors.New("the server answered with the same records as for the page before; does it take the paging values where the request puts them?")

// ErrNotReduced says that a walk was to begin again where it had begun.
var ErrNotReduced = errors.New("the server does not page deeper, and all records so far lie on the instant at which the window begins, so it cannot begin later; read shorter windows or larger pages")

// ErrMixed says that a walk was to begin again at its latest record, before which records may
// be missing.
var ErrMixed = errors.New("the server does not page deeper, and the records did not come in the order of their cursor, so there is no place to go on from; ask the server to sort them, or read shorter windows")

// extract runs the record's jq over a decoded answer.
func (r *Run) extract(ctx context.Context, rec *dsl.Record, body any, v view) ([]any, error) {
	if rec.Extract == nil {
		if list, ok := body.([]any); ok {
			return list, nil
		}
		return []any{body}, nil
	}
	v.bound = r.Bound
	return v.run(ctx, rec.Extract, body)
}

// DecodeError says that an answer is not what its source reads. The cursor has
// not moved over it.
type DecodeError struct {
	Request string
	Err     error
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("%s answered with a body that cannot be read: %s", e.Request, strings.TrimSuffix(e.Err.Error(), "."))
}

func (e *DecodeError) Unwrap() error { return e.Err }
