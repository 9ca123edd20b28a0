package code

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/itchyny/gojq"
)

// JQ is a compiled jq program. It is safe for concurrent use.
type JQ struct {
	src  Source
	vars []string // with $
	opts options
	// needs are the definitions of the library that it calls, or those call.
	needs []int
	code  *gojq.Code
}

// CompileJQ compiles src. vars are the names of the variables that it may use,
// with or without the $; [JQ.Run] takes their values in the same order.
func CompileJQ(src Source, vars []string, opts ...Option) (*JQ, hcl.Diagnostics) {
	if diags := src.tooLong(); diags != nil {
		return nil, diags
	}
	q := &JQ{src: src, opts: apply(opts), vars: dollars(vars)}
	query, err := gojq.Parse(src.Text)
	if err != nil {
		return nil, explainParse(src, err)
	}
	tokens := scanJQ(src.Text)
	if diags := lintJQ(src, tokens); diags.HasErrors() {
		return nil, diags
	}
	q.needs = q.opts.shared.neededBy(query)
	if q.code, err = compileJQ(query, q.vars, q.opts.shared); err != nil {
		return nil, explainJQCompile(src, q.vars, tokens, q.opts.shared, err)
	}
	return q, nil
}

// Run cuts input and returns all outputs, normalised. It does not change input.
// There must be a value for each variable. The error is an [*EvalError]; it wraps
// the context's error where ctx or the deadline ended the run.
func (q *JQ) Run(ctx context.Context, input any, values ...any) ([]any, error) {
	if len(values) != len(q.vars) {
		return nil, q.src.fail(nil, 0, len(q.src.Text), "jq failed", "The program takes %d variables, but %d values were given.", len(q.vars), len(values))
	}
	input, values = forJQ(input), forJQ(values).([]any)
	bounded, cancel := context.WithTimeout(ctx, q.opts.time)
	defer cancel()
	bounded, stop := watched(bounded)
	defer stop()
	outputs := []any{}
	left, text := maxJQOutput, maxJQOutput
	it := q.code.RunWithContext(bounded, input, values...)
	for {
		v, ok := it.Next()
		if !ok {
			return outputs, nil
		}
		if err, failed := v.(error); failed {
			return nil, q.explain(ctx, bounded, err, input, values)
		}
		if len(outputs) == q.opts.outputs {
			return nil, q.src.fail(nil, 0, len(q.src.Text), "Too many outputs", "The program made more than %d outputs. Ask the server for smaller pages, or bound the program with limit.", q.opts.outputs)
		}
		if weighJQ(v, &left, &text, maxJQDepth); left < 0 || text < 0 {
			return nil, q.src.fail(nil, 0, len(q.src.Text), "Result too large", "What the program made has, written out, more than %d elements, bytes of text, or %d levels. Ask the server for smaller pages.", maxJQOutput, maxJQDepth)
		}
		outputs = append(outputs, Normalize(v))
	}
}

func (q *JQ) explain(ctx, bounded context.Context, err error, input any, values []any) *EvalError {
	switch {
	case ctx.Err() != nil:
		return q.src.fail(ctx.Err(), 0, len(q.src.Text), "jq stopped", "The run was cancelled while this program worked.")
	case errors.Is(context.Cause(bounded), errMemory):
		return q.src.fail(errMemory, 0, len(q.src.Text), "jq took too much memory", "The memory in use grew by more than %d MB while this program worked. Look for lists that grow without an end, or ask the server for smaller pages.", maxJQMemory>>20)
	case bounded.Err() != nil:
		return q.src.fail(bounded.Err(), 0, len(q.src.Text), "jq took too long", "The program did not end within %s. Look for repeat, recurse or range without an end.", q.opts.time)
	}
	at := q.locate(ctx, err, input, values)
	summary, detail := describeJQ(q.said(), err)
	if at.caller != nil {
		detail += fmt.Sprintf(" It was called at %s:%d:%d.", at.caller.Filename, at.caller.Start.Line, at.caller.Start.Column)
	}
	failed := at.src.fail(nil, at.from, at.to, summary, "%s", detail)
	failed.stage, failed.involved = at.stage, at.involved
	return failed
}

// said is the text of the program, and of the library that it may call.
func (q *JQ) said() string {
	if q.opts.shared == nil {
		return q.src.Text
	}
	return q.src.Text + "\n" + q.opts.shared.src.Text
}

// forJQ makes v of the kinds that jq works with: those of Normalize, times as text.
func forJQ(v any) any {
	v = Normalize(v)
	if holdsTime(v) {
		return withoutTime(v)
	}
	return v
}

func holdsTime(v any) bool {
	switch v := v.(type) {
	case time.Time:
		return true
	case []any:
		for _, e := range v {
			if holdsTime(e) {
				return true
			}
		}
	case map[string]any:
		for _, e := range v {
			if holdsTime(e) {
				return true
			}
		}
	}
	return false
}

func withoutTime(v any) any {
	switch v := v.(type) {
	case time.Time:
		text, _ := Text(v)
		return text
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = withoutTime(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = withoutTime(e)
		}
		return out
	}
	return v
}
