package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/page"
	"tqmap/engine/request"
)

func httpSourceKind() sourceKind {
	var paginators []*dsl.Block
	for _, k := range page.Kinds() {
		paginators = append(paginators, k.Spec)
	}
	return sourceKind{
		spec: &dsl.Block{
			Type: "http", Summary: "Records of an HTTP API.",
			Attrs: []dsl.Attr{{Name: "client", Holds: dsl.Ref, Required: true, Summary: "The server, e.g. client.api."}},
			Blocks: []dsl.Child{
				{Block: dsl.RequestBlock(dsl.Page), Min: 1, Max: 1},
				{Block: windowBlock(), Max: 1},
				{Block: decodeBlock(), Max: 1},
				{Block: &dsl.Block{Type: "paginate", Labels: []string{"kind"}, Summary: "How to get the next page.", Kinds: paginators}, Max: 1},
			},
		},
		open: openHTTPSource,
	}
}

type httpSource struct {
	run     *Run
	flow    *dsl.Flow
	doer    request.Doer
	request *dsl.Node
	paging  *dsl.Node
}

func openHTTPSource(ctx context.Context, r *Run, f *dsl.Flow) (source, error) {
	doer, err := r.doer(ctx, f.Source)
	if err != nil {
		return nil, err
	}
	return &httpSource{run: r, flow: f, doer: doer, request: f.Source.Block("request"), paging: f.Source.Block("paginate")}, nil
}

func (s *httpSource) read(ctx context.Context, w Window, yield func(batch) error) error {
	scope := s.run.Bound.Scope.With("window", w.Vars())
	pages, err := page.New(s.paging, scope)
	if err != nil {
		return err
	}
	last, again := "", false
	for number := 1; ; number++ {
		body, err := s.page(ctx, scope, pages)
		if err != nil {
			return fmt.Errorf("page %d: %w", number, err)
		}
		records, err := s.run.extract(ctx, s.flow.Record, body)
		if err != nil {
			return fmt.Errorf("page %d: %w", number, err)
		}
		content := contentHash(records)
		if len(records) > 0 && content == last {
			return fmt.Errorf("page %d: %w", number, ErrSamePage)
		}
		step, end := s.next(ctx, pages, body, len(records))
		b := batch{number: number, records: records, back: step.Back, again: again}
		if held := (*page.EmptyError)(nil); errors.As(end, &held) {
			b.note, end = end, nil
		}
		if err := yield(b); err != nil {
			return err
		}
		if end != nil {
			return fmt.Errorf("page %d: %w", number, end)
		}
		if !step.More {
			return nil
		}
		last, again = content, step.Back
	}
}

// ErrSamePage says that the server gave one page twice in a row.
var ErrSamePage = errors.New("the server answered with the same records as for the page before; does it take the paging values where the request puts them?")

// page asks for the present page.
func (s *httpSource) page(ctx context.Context, scope *dsl.Scoped, pages page.Paginator) (any, error) {
	req, err := buildRequest(s.request, scope.With("page", pages.Vars()))
	if err != nil {
		return nil, err
	}
	resp, err := s.doer.Do(ctx, req)
	if err != nil {
		return nil, err
	}
	body, err := code.Decode(resp.Body)
	if err != nil {
		return nil, &DecodeError{Request: req.Method + " " + req.Path, Err: err}
	}
	return body, nil
}

func (s *httpSource) next(ctx context.Context, pages page.Paginator, body any, records int) (page.Step, error) {
	return pages.Next(page.Answer{Body: body, Records: records, Eval: func(v *dsl.Val) (any, error) {
		return view{params: s.run.Bound.Params}.first(ctx, v.JQ(), body)
	}})
}

// extract runs the record's jq over a decoded answer.
func (r *Run) extract(ctx context.Context, rec *dsl.Record, body any) ([]any, error) {
	if rec.Extract == nil {
		if list, ok := body.([]any); ok {
			return list, nil
		}
		return []any{body}, nil
	}
	return view{params: r.Bound.Params}.run(ctx, rec.Extract, body)
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
