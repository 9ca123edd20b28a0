package code

import (
	"context"
	"slices"
	"time"
)

// Bounds of the search for the place of a failure.
const (
	locateTime  = 2 * time.Second
	locateTries = 400
)

// locate finds the part of the program that makes err. jq gives no positions at
// run time, so the program is run again in growing parts: pipe stage by stage,
// then into the parts of the failing stage. The whole program is the answer where
// that leads nowhere.
func (q *JQ) locate(ctx context.Context, err error, input any, values []any) failure {
	ctx, cancel := context.WithTimeout(ctx, locateTime)
	defer cancel()
	ctx, stop := watched(ctx)
	defer stop()
	l := &locator{q: q, ctx: ctx, message: err.Error(), input: input, values: values, tokens: scanJQ(q.src.Text), tries: locateTries}
	if len(l.tokens) == 0 {
		return failure{to: len(q.src.Text)}
	}
	first, last := l.narrow("", 0, len(l.tokens))
	out := failure{from: l.tokens[first].from, to: l.tokens[last-1].to, stage: l.text(l.first, l.last)}
	if v, ok := l.into(l.head, l.first, l.last); ok {
		out.involved = []Involved{Involve("input", v)}
	}
	return out
}

// failure is where a program failed, and in which stage of its pipes on what.
type failure struct {
	from, to int
	stage    string
	involved []Involved
}

type locator struct {
	q       *JQ
	ctx     context.Context
	message string
	input   any
	values  []any
	tokens  []jqToken
	tries   int
	// head, first and last are the innermost stage that fails, and all that stands before it.
	head        string
	first, last int
}

// probe is an error that no program raises by itself.
const probe = "\u0001probe"

// decides tells whether the failure of i..j comes from part: it goes away without
// part, and an error of part comes through.
func (l *locator) decides(head string, i int, part span, j int) bool {
	before, after := head+l.text(i, part.from), l.text(part.to, j)
	return !l.fails(before+" empty "+after) && l.failsWith(before+` error("\u0001probe") `+after, "error: "+probe)
}

// fails tells whether program ends with the error that is looked for.
func (l *locator) fails(program string) bool { return l.failsWith(program, l.message) }

// failsWith tells whether program ends with an error. What does not parse, such as
// half of a stage, does not.
func (l *locator) failsWith(program, message string) bool {
	if l.tries--; l.tries < 0 || l.ctx.Err() != nil {
		return false
	}
	code, err := l.compile(program)
	return err == nil && endsWith(l.ctx, code, l.input, l.values, message, l.q.opts.outputs)
}

// text is the program from token i up to token j, exclusive.
func (l *locator) text(i, j int) string {
	if i >= j {
		return ""
	}
	return l.q.src.Text[l.tokens[i].from:l.tokens[j-1].to]
}

// narrow looks inside the tokens i..j, which fail when they are run after head.
func (l *locator) narrow(head string, i, j int) (from, to int) {
	head, i, j = l.stage(head, i, j)
	l.head, l.first, l.last = head, i, j
	for _, part := range l.parts(i, j) {
		for _, before := range []string{head, head + ".[] | "} {
			if l.fails(before+l.text(part.from, part.to)) && l.decides(head, i, part, j) {
				return l.narrow(before, part.from, part.to)
			}
		}
	}
	return l.step(head, i, j)
}

// stage is the first pipe stage of i..j with which the program fails, and all
// that stands before it.
func (l *locator) stage(head string, i, j int) (string, int, int) {
	start := i
	for end := i; end <= j; end++ {
		if end < j && !(l.tokens[end].kind == jqPipe && l.level(i, end) == 0) {
			continue
		}
		if l.fails(head + l.text(i, end)) {
			if start > i {
				head += l.text(i, start) + " "
			}
			return head, start, end
		}
		start = end + 1
	}
	return head, i, j
}

// level is how many brackets are open at token at, counted from token i.
func (l *locator) level(i, at int) int {
	depth := 0
	for _, t := range l.tokens[i:at] {
		switch t.kind {
		case jqOpen:
			depth++
		case jqClose:
			depth--
		}
	}
	return depth
}

// parts are the pieces of a stage: what stands between separators and inside
// brackets, wider ones first. The stage itself is none of them.
func (l *locator) parts(i, j int) []span {
	var out, group []span
	start, depth, opened, piece := i, 0, i, i
	for k := i; k < j; k++ {
		switch t := l.tokens[k]; {
		case t.kind == jqOpen:
			if depth++; depth == 1 {
				opened, piece, group = k+1, k+1, nil
			}
		case t.kind == jqClose:
			if depth--; depth == 0 {
				out = append(out, span{opened, k})
				out = append(out, append(group, span{piece, k})...)
			}
		case t.kind == jqSep && depth == 0:
			out = append(out, span{start, k})
			start = k + 1
		case t.kind == jqSep && depth == 1:
			group = append(group, span{piece, k})
			piece = k + 1
		}
	}
	out = append(out, span{start, j})
	return slices.DeleteFunc(out, func(p span) bool { return p.from >= p.to || p == span{i, j} })
}

// step narrows a plain path such as .a.b[0].c to the step that fails.
func (l *locator) step(head string, i, j int) (from, to int) {
	for _, t := range l.tokens[i:j] {
		switch t.kind {
		case jqField, jqDot, jqOpen, jqClose, jqText, jqNumber, jqVar:
		default:
			return i, j
		}
	}
	last := i
	for k := i + 1; k < j; k++ {
		if l.level(i, k) != 0 || l.tokens[k].text == "?" {
			continue
		}
		if l.fails(head + l.text(i, k)) {
			return last, k
		}
		if l.tokens[k].kind != jqOpen || l.tokens[k-1].text != "." {
			last = k
		}
	}
	return last, j
}
