package engine

import (
	"context"
	"time"

	"tqmap/dsl/code"
	"tqmap/engine/request"
)

// tokenFinder reads the token out of the answer to a login.
type tokenFinder struct {
	jq     *code.JQ
	header string
	params map[string]any
}

// find returns "" where there is none; the caller makes that an error. When the
// token ends is not said in the answer: it may be in the token itself.
func (t tokenFinder) find(resp *request.Response) (string, time.Time, error) {
	if t.jq != nil {
		if body, err := code.Decode(resp.Body); err == nil {
			out, err := view{params: t.params, response: resp}.run(context.Background(), t.jq, body)
			if err != nil {
				return "", time.Time{}, err
			}
			if len(out) > 0 {
				if text, ok := code.Text(out[0]); ok {
					return text, time.Time{}, nil
				}
			}
		}
	}
	if t.header == "" {
		return "", time.Time{}, nil
	}
	return resp.Header.Get(t.header), time.Time{}, nil
}
