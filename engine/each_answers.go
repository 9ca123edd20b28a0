package engine

import (
	"context"

	"tqmap/dsl/code"
)

// sorted puts the elements of a batch's answer under their keys.
func (e *each) sorted(ctx context.Context, answer any) (map[string]any, error) {
	out := map[string]any{}
	list, _ := answer.([]any)
	sight := view{bound: e.source.run.Bound}
	for _, item := range list {
		key, err := sight.first(ctx, e.node.Val("match").JQ(), item)
		if err != nil {
			return nil, err
		}
		text, ok := code.Text(key)
		if !ok {
			continue
		}
		switch have := out[text].(type) {
		case nil:
			out[text] = item
		case several:
			out[text] = append(have, item)
		default:
			out[text] = several{have, item}
		}
	}
	for key, v := range out {
		if list, ok := v.(several); ok {
			out[key] = []any(list)
		}
	}
	return out, nil
}

// several are the elements of one key, as against an element that is a list.
type several []any

// answers remembers answers by key, the latest n of them.
type answers struct {
	n     int
	known map[string]any
	order []string
}

func newAnswers(n int) *answers { return &answers{n: n, known: map[string]any{}} }

func (a *answers) get(key string) (any, bool) {
	v, ok := a.known[key]
	return v, ok
}

func (a *answers) put(key string, v any) {
	if _, ok := a.known[key]; !ok && a.n > 0 {
		if len(a.order) == a.n {
			delete(a.known, a.order[0])
			a.order = a.order[1:]
		}
		a.order = append(a.order, key)
		a.known[key] = v
	}
}
