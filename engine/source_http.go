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

func openHTTPSource(r *Run, f *dsl.Flow) (source, error) {
	doer, err := r.doer(f.Source)
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
	for number := 1; ; number++ {
		b, more, err := s.page(ctx, scope, pages)
		if err != nil {
			return fmt.Errorf("page %d: %w", number, err)
		}
		b.number = number
		if err := yield(b); err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
}

func (s *httpSource) page(ctx context.Context, scope *dsl.Scoped, pages page.Paginator) (batch, bool, error) {
	req, err := buildRequest(s.request, scope.With("page", pages.Vars()))
	if err != nil {
		return batch{}, false, err
	}
	resp, err := s.doer.Do(ctx, req)
	if err != nil {
		return batch{}, false, err
	}
	body, err := code.Decode(resp.Body)
	if err != nil {
		return batch{}, false, &DecodeError{Request: req.Method + " " + req.Path, Err: err}
	}
	return s.answer(ctx, body, pages)
}

// answer cuts the records out of a decoded body and moves the paginator on.
func (s *httpSource) answer(ctx context.Context, body any, pages page.Paginator) (batch, bool, error) {
	records, err := s.run.extract(ctx, s.flow.Record, body)
	if err != nil {
		return batch{}, false, err
	}
	more, err := pages.Next(page.Answer{Body: body, Records: len(records), Eval: func(v *dsl.Val) (any, error) {
		return s.run.first(ctx, v.JQ(), body)
	}})
	var empty *page.EmptyError
	if errors.As(err, &empty) {
		return batch{records: records, note: err}, false, nil
	}
	return batch{records: records}, more, err
}

// extract runs the record's jq over a decoded answer.
func (r *Run) extract(ctx context.Context, rec *dsl.Record, body any) ([]any, error) {
	if rec.Extract == nil {
		if list, ok := body.([]any); ok {
			return list, nil
		}
		return []any{body}, nil
	}
	return rec.Extract.Run(ctx, body, r.Bound.Params)
}

// first returns the first output of a jq program, nil if it has none.
func (r *Run) first(ctx context.Context, q *code.JQ, body any) (any, error) {
	out, err := q.Run(ctx, body, r.Bound.Params)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return out[0], nil
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
