package code

import (
	"context"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/itchyny/gojq"

	"tqmap/dsl/prose"
)

// Stage is a jq program up to one of the pipes that it is made of.
type Stage struct {
	// Range is where the stage stands in the mapping file, Text how it is written, on one line.
	Range hcl.Range
	Text  string
	// Outputs are what the program gives up to here, normalised.
	Outputs []any
	// Err is why it gives no more, an *EvalError; such a stage is the last one.
	Err error
}

// Stages runs the program up to each of its pipes, outermost ones only. A definition, or a
// variable that the rest needs, belongs to the stage behind it. It is for showing one answer:
// each stage is bounded like Run and compiled anew.
func (q *JQ) Stages(ctx context.Context, input any, values ...any) []Stage {
	l := &locator{src: q.src, tokens: scanJQ(q.src.Text)}
	l.q = q
	var out []Stage
	for start, end := 0, 0; end <= len(l.tokens); end++ {
		if end < len(l.tokens) && !(l.tokens[end].kind == jqPipe && l.level(0, end) == 0) || end == start {
			continue
		}
		from, to := l.tokens[start].from, l.tokens[end-1].to
		part, ok := q.part(q.src.Text[:to])
		if !ok {
			continue
		}
		s := Stage{Range: q.src.Range(from, to), Text: prose.OneLine(q.src.Text[from:to])}
		s.Outputs, s.Err = part.Run(ctx, input, values...)
		if out = append(out, s); s.Err != nil {
			return out
		}
		start = end + 1
	}
	return out
}

// part is a program that is cut out of q; false where the text is none by itself.
func (q *JQ) part(text string) (*JQ, bool) {
	query, err := gojq.Parse(text)
	if err != nil {
		return nil, false
	}
	compiled, err := compileJQ(query, q.vars, q.opts.shared)
	if err != nil {
		return nil, false
	}
	return &JQ{src: q.src, vars: q.vars, opts: q.opts, code: compiled}, true
}

// Paths are where in input the outputs of the program stand, in their order: each a list of
// names and numbers. It is false for a program that makes what is not there, such as an object.
func (q *JQ) Paths(ctx context.Context, input any, values ...any) ([][]any, bool) {
	part, ok := q.part("path(" + strings.TrimSpace(q.src.Text) + "\n)")
	if !ok {
		return nil, false
	}
	found, err := part.Run(ctx, input, values...)
	if err != nil {
		return nil, false
	}
	out := make([][]any, 0, len(found))
	for _, p := range found {
		path, ok := p.([]any)
		if !ok {
			return nil, false
		}
		out = append(out, path)
	}
	return out, true
}
