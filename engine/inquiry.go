package engine

import (
	"context"
	"errors"

	"tqmap/dsl"
	"tqmap/engine/page"
	"tqmap/engine/request"
)

// inquiry is a block that asks a server beside the records: its request, with pages, rules and
// decoder where it has them, and what is kept of the answer.
type inquiry struct {
	bound *dsl.Bound
	node  *dsl.Node
	doer  request.Doer
	list  bool // the answer must be a list
}

// ask gets the answer to what vars ask for: all its pages, as a list, where the block has a paginate.
func (e *inquiry) ask(ctx context.Context, f asking, vars map[string]any) (any, error) {
	paging := e.node.Block("paginate")
	pages, err := page.New(paging, f.scope)
	if err != nil {
		return nil, err
	}
	all := []any{}
	outer := f.scope
	var step page.Step
	before := ""
	for more := true; more; more = step.More {
		sight := view{bound: e.bound, page: pages.Vars()}
		if paging != nil {
			if f, err = e.form(outer.With("page", sight.page), sight.page); err != nil {
				return nil, err
			}
		}
		resp, err := e.send(ctx, f, vars, step.Target)
		if err != nil {
			return nil, err
		}
		body, err := besideBody(ctx, e.node, e.bound, resp)
		if err != nil {
			return nil, err
		}
		sight.response = resp
		got, err := e.cut(ctx, sight, body)
		if err != nil || paging == nil && !e.list {
			return got, err
		}
		list, ok := got.([]any)
		if !ok {
			return nil, failedAt(e.node.Range, "Not a list", errors.New("the answer is no list of elements: cut it out with answer = jq(\"[…]\")"))
		}
		if paging == nil {
			return list, nil
		}
		step, err = pages.Next(page.Answer{Body: body, Records: len(list), Header: resp.Header, URL: resp.URL, Eval: func(v *dsl.Val) (any, error) { return sight.first(ctx, v.JQ(), body) }})
		if err != nil {
			return nil, err
		}
		if hash := contentHash(list); len(list) > 0 && hash == before && !tellsApart(paging) {
			return nil, ErrSamePage
		} else if before = hash; step.Back {
			before = ""
		}
		if !step.Seen {
			all = append(all, list...)
		}
	}
	return all, nil
}

// asking is a request whose plain values are computed: not again for each record.
type asking struct {
	scope   *dsl.Scoped
	request *recordRequest
	judge   request.Judge
}

// form computes the plain values of the request for a page, nil where there is none.
func (e *inquiry) form(scope *dsl.Scoped, page map[string]any) (asking, error) {
	req, err := newRecordRequest(e.node.Block("request"), scope, e.bound.Seen)
	if err != nil {
		return asking{}, err
	}
	rules, err := judge(e.node.All("on"), e.bound, view{bound: e.bound, page: page})
	return asking{scope, req, rules}, err
}

func (e *inquiry) send(ctx context.Context, f asking, vars map[string]any, target string) (*request.Response, error) {
	req, err := f.request.build(vars)
	if err != nil {
		return nil, err
	}
	if target != "" {
		req.Path, req.Query = target, nil
	}
	req.Judge = f.judge
	return e.doer.Do(ctx, req)
}

// cut is what the block keeps of an answer. Where that is a list, the program may give its
// elements one by one.
func (e *inquiry) cut(ctx context.Context, sight view, body any) (any, error) {
	q := e.node.Val("answer").JQ()
	if q == nil {
		return body, nil
	}
	out, err := sight.run(ctx, q, body)
	if err != nil {
		return nil, err
	}
	whole := false // the one output is all there is
	if len(out) == 1 {
		_, element := out[0].(map[string]any)
		whole = !element
	}
	switch {
	case (e.list || e.node.Block("paginate") != nil) && !whole:
		return out, nil
	case len(out) == 0:
		return nil, nil
	}
	return out[0], nil
}
