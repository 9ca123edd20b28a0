package code

import (
	"regexp"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"
)

var naive = regexp.MustCompile(`^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?)?$`)

// Naive tells whether text is a date or time that does not name its zone.
func Naive(text string) bool { return naive.MatchString(text) }

// TimeRead is a place where a program takes an instant by its text alone, as time('…') does.
type TimeRead struct {
	At hcl.Range
	// Text is what stands there, written out; else Path is the field that is read.
	Text string
	Path []string
	// Guarded says that it depends on how a text looks.
	Guarded bool
}

// TimeReads are those places.
func (e *Expr) TimeReads() []TimeRead {
	if e == nil {
		return nil
	}
	guarded := e.guarded()
	var out []TimeRead
	for _, n := range e.nodes() {
		name, args := called(n)
		switch {
		case name == "time" && len(args) == 1:
		case len(args) > 0 && slices.Contains([]string{"add", "add_date", "age", "truncate", "epoch", "epoch_ms", "rfc3339", "rfc3339_ms", "format"}, name):
		default:
			continue
		}
		r := TimeRead{At: e.rangeOf(args[0]), Guarded: guarded[n]}
		if c := literalOf(args[0]); c != nil {
			r.Text, _ = c.value.(string)
		}
		r.Path = pathOf(args[0])
		out = append(out, r)
	}
	return out
}

// guarded are the parts of choices that look at how a text is written.
func (e *Expr) guarded() map[ast.Node]bool {
	out := map[ast.Node]bool{}
	for _, n := range e.nodes() {
		choice, ok := n.(*ast.ConditionalNode)
		if !ok || !looksAtText(choice.Cond) {
			continue
		}
		for _, branch := range []ast.Node{choice.Exp1, choice.Exp2} {
			inner := &collector{}
			ast.Walk(&branch, inner)
			for _, n := range inner.nodes {
				out[n] = true
			}
		}
	}
	return out
}

func looksAtText(cond ast.Node) bool {
	all := &collector{}
	ast.Walk(&cond, all)
	return slices.ContainsFunc(all.nodes, func(n ast.Node) bool {
		b, ok := n.(*ast.BinaryNode)
		name, _ := called(n)
		return name != "" || ok && slices.Contains([]string{"matches", "contains", "startsWith", "endsWith"}, b.Operator)
	})
}
