package code

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// Bounds of the search for the place of a failure.
const (
	locateTime  = 2 * time.Second
	locateTries = 400
)

// locate finds the part of the program that makes err. jq gives no positions at
// run time, so the program is run again in growing parts: pipe stage by stage,
// then into the parts of the failing stage, and into the functions that it calls.
// The whole program is the answer where that leads nowhere.
func (q *JQ) locate(ctx context.Context, err error, input any, values []any) failure {
	ctx, cancel := context.WithTimeout(ctx, locateTime)
	defer cancel()
	ctx, stop := watched(ctx)
	defer stop()
	l := &locator{q: q, ctx: ctx, message: err.Error(), input: input, values: values, src: q.src, tokens: scanJQ(q.src.Text), tries: locateTries}
	if len(l.tokens) == 0 {
		return failure{src: q.src, to: len(q.src.Text)}
	}
	begin := 0
	if l.own = leadingDefs(l.tokens, 0, len(l.tokens)); len(l.own) > 0 && l.own[len(l.own)-1].to < len(l.tokens) {
		begin = l.own[len(l.own)-1].to
		l.defs = l.text(0, begin) + "\n"
	}
	out := l.find("", begin, len(l.tokens))
	for range maxFollowed {
		head, body, ok := l.called()
		if !ok {
			break
		}
		if out.caller == nil {
			at := out.src.Range(out.from, out.to)
			out.caller = &at
		}
		inner := l.find(head, body.from, body.to)
		if inner.caller = out.caller; inner.involved == nil {
			inner.involved = out.involved
		}
		out = inner
	}
	return out
}

// find is the place of the failure in the tokens i..j, which fail when they are run after head.
func (l *locator) find(head string, i, j int) failure {
	first, last := l.narrow(head, i, j)
	out := failure{src: l.src, from: l.tokens[first].from, to: l.tokens[last-1].to, stage: l.text(l.first, l.last)}
	if v, ok := l.into(l.head, l.first, l.last); ok {
		out.involved = []Involved{Involve("input", v)}
	}
	return out
}

// failure is where a program failed, and in which stage of its pipes on what.
type failure struct {
	src      Source // of the program, or of the library
	from, to int
	stage    string
	involved []Involved
	caller   *hcl.Range // of the call that led into a function
}

type locator struct {
	q       *JQ
	ctx     context.Context
	message string
	input   any
	values  []any
	src     Source // what tokens are of
	tokens  []jqToken
	tries   int
	// defs are the definitions that the program begins with; all that is tried has them.
	defs string
	own  []jqDef
	// head, first and last are the innermost stage that fails, and all that stands before it.
	head        string
	first, last int
}

// maxFollowed bounds how far functions that call others are followed.
const maxFollowed = 20

// called goes from a failing stage that is a call into the function: what to run the tokens
// of its body after. It is false for functions of jq, and where the body alone does not fail.
func (l *locator) called() (head string, body span, ok bool) {
	name := l.tokens[l.first]
	if name.kind != jqName {
		return "", span{}, false
	}
	args, end := l.arguments(l.first, l.last)
	if end != l.last && !l.fails(l.head+l.text(l.first, end)) {
		return "", span{}, false // what stands behind the call fails
	}
	in, def, ok := l.function(fmt.Sprintf("%s/%d", name.text, len(args)))
	if !ok {
		return "", span{}, false
	}
	head = l.head
	for i, param := range def.params {
		arg := l.text(args[i].from, args[i].to)
		if strings.HasPrefix(param, "$") {
			head += "(" + arg + ") as " + param + " | "
			continue
		}
		if strings.Contains(arg, param) { // would call itself
			return "", span{}, false
		}
		head += "def " + param + ": " + arg + "; "
	}
	body = span{def.body, def.to - 1}
	if body.from >= body.to || !l.fails(head+in.text(body.from, body.to)) {
		return "", span{}, false
	}
	l.src, l.tokens = in.src, in.tokens
	return head, body, true
}

// function is the function called id that the program sees, and where it stands.
func (l *locator) function(id string) (in locator, def jqDef, ok bool) {
	for _, d := range slices.Backward(l.own) {
		if d.id == id {
			return locator{src: l.q.src, tokens: scanJQ(l.q.src.Text)}, d, l.defs != ""
		}
	}
	shared := l.q.opts.shared
	for _, i := range l.q.needs {
		if d := shared.defs[i].def; d.id == id {
			return locator{src: shared.src, tokens: shared.tokens}, d, true
		}
	}
	return locator{}, jqDef{}, false
}

// arguments are those of the call at token i, and where it ends.
func (l *locator) arguments(i, j int) (args []span, end int) {
	if i+1 >= j || l.tokens[i+1].text != "(" {
		return nil, i + 1
	}
	from, depth := i+2, 0
	for k := i + 1; k < j; k++ {
		switch t := l.tokens[k]; {
		case t.kind == jqOpen:
			depth++
		case t.kind == jqClose:
			if depth--; depth == 0 {
				return append(args, span{from, k}), k + 1
			}
		case t.text == ";" && depth == 1:
			args = append(args, span{from, k})
			from = k + 1
		}
	}
	return nil, i + 1
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
	return l.src.Text[l.tokens[i].from:l.tokens[j-1].to]
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
	var out, group, branches []span
	start, depth, opened, piece, branch := i, 0, i, i, i
	for k := i; k < j; k++ {
		switch t := l.tokens[k]; {
		case t.kind == jqOpen:
			if depth++; depth == 1 {
				opened, piece, branch, group, branches = k+1, k+1, k+1, nil, nil
			}
		case t.kind == jqClose:
			if depth--; depth == 0 {
				out = append(out, span{opened, k})
				out = append(out, append(branches, span{branch, k})...)
				out = append(out, append(group, span{piece, k})...)
			}
		case t.kind == jqSep && depth == 0:
			out = append(out, span{start, k})
			start = k + 1
		case t.kind == jqSep && depth == 1:
			if divides(t.text) {
				branches = append(branches, span{branch, k})
				branch = k + 1
			}
			group = append(group, span{piece, k})
			piece = k + 1
		}
	}
	out = append(out, span{start, j})
	return slices.DeleteFunc(out, func(p span) bool { return p.from >= p.to || p == span{i, j} })
}

// divides tells whether a separator is weaker than operators, so that whole programs stand
// between such.
func divides(sep string) bool {
	switch sep {
	case ",", ";", ":", "then", "elif", "else":
		return true
	}
	return false
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
