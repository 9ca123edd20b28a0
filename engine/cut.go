package engine

import (
	"context"
	"strings"

	"tqmap/dsl"
	"tqmap/dsl/code"
	"tqmap/engine/request"
)

// view is what a jq program sees beside its input: $param and $local of bound, $response,
// $page and $window. What there is none of is null.
type view struct {
	bound        *dsl.Bound
	page, window map[string]any
	response     *request.Response
}

func (v view) values() []any {
	return v.bound.JQValues(v.answer(), orNull(v.page), orNull(v.window))
}

// run returns all outputs of q over body.
func (v view) run(ctx context.Context, q *code.JQ, body any) ([]any, error) {
	return q.Run(ctx, body, v.values()...)
}

// first returns the first output of q, nil if it has none.
func (v view) first(ctx context.Context, q *code.JQ, body any) (any, error) {
	out, err := v.run(ctx, q, body)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return out[0], nil
}

// answer is $response: {status, url, headers}, the header names in lower case and
// each with its first value.
func (v view) answer() any {
	if v.response == nil {
		return nil
	}
	headers := map[string]any{}
	for name, values := range v.response.Header {
		if len(values) > 0 {
			headers[strings.ToLower(name)] = values[0]
		}
	}
	return map[string]any{"status": v.response.Status, "url": v.response.URL, "headers": headers}
}

func orNull(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}
