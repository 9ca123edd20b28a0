package code

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker/nature"
)

// typing tells expr's checker what calls result in whose function says so with a
// [Shape], which no Go type can. A call that has its result is passed over by the
// checker, arguments included. So calls inside arguments come first, one level in
// each round, and the call around them only after its arguments were checked.
type typing struct {
	shaped map[string]Func
	level  map[ast.Node]int // the round that a call gets its result in
	last   int              // highest level so far
	round  int
	found  bool // some call got its result in this round
}

func newTyping() *typing {
	t := &typing{shaped: map[string]Func{}, level: map[ast.Node]int{}}
	for _, f := range table() {
		if f.Result.Kind != Any || f.sameElem {
			t.shaped[f.Name] = f
		}
	}
	return t
}

// Reset begins the next round.
func (t *typing) Reset() {
	t.round++
	t.found = false
}

// ShouldRepeat tells whether there is more to check and another round to go.
func (t *typing) ShouldRepeat() bool { return t.found }

// Visit sees the arguments of a call before the call.
func (t *typing) Visit(node *ast.Node) {
	call, ok := (*node).(*ast.CallNode)
	if !ok {
		return
	}
	f, shaped := t.function(call)
	if shaped && t.level[call] == 0 {
		t.level[call] = 1 + highest(t.level, call.Arguments)
		if f.sameElem { // the argument may be a variable, made by any call before
			t.level[call] = 1 + t.last
		}
		t.last = max(t.last, t.level[call])
	}
	switch level := t.level[call]; {
	case level == t.round:
		t.found = true
		call.SetNature(f.resultOf(call))
	case level == 0 || level > t.round:
		call.SetNature(nature.Nature{}) // to be checked again
	}
}

func (t *typing) function(call *ast.CallNode) (Func, bool) {
	name, ok := call.Callee.(*ast.IdentifierNode)
	if !ok {
		return Func{}, false
	}
	f, ok := t.shaped[name.Value]
	return f, ok
}

// resultOf is what a call that has been checked results in.
func (f Func) resultOf(call *ast.CallNode) nature.Nature {
	if !f.sameElem {
		return f.Result.exprType().Nature()
	}
	if n := call.Arguments[0].Nature(); natureKind(n) == List {
		return *n
	}
	return *call.Nature()
}
