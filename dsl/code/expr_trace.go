package code

import (
	"fmt"
	"maps"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"tqmap/dsl/prose"
)

// maxTrace is how many steps a trace has at most; the result of the whole program is
// always the last of them.
const maxTrace = 200

// Step is one part of a program with what it came to for one record.
type Step struct {
	// Range is where the part stands in the mapping file, Text how it is written, on one line.
	Range hcl.Range
	Text  string
	// Value is what it came to, normalised; nil where Err is set.
	Value any
	// Err is why it failed: an *EvalError. Such a step is the last one but the whole program.
	Err error
	// Reads is the path of a value that is read as it is, such as alert, severity; the
	// steps of lists are ints. Nil for what is computed.
	Reads []any
	// Call is the function called, such as lower or table.status.lookup, and Args what it
	// was given; "" for any other part.
	Call string
	Args []any
	// Note says what a value means for what follows: which branch is taken, how many
	// elements are left.
	Note string
}

// Trace evaluates the program part by part, in the order in which the machine does it, and only
// the parts that it comes to: of a choice the branch taken, of `a ?? b` the second where the
// first is null. What a predicate does is one step with its count. Each part is bounded like
// Eval. It is for showing one record: it compiles every part anew.
func (e *Expr) Trace(vars map[string]any) []Step {
	whole := Step{Range: e.src.Range(0, len(e.src.Text)), Text: prose.OneLine(e.src.Text)}
	whole.Value, whole.Err = e.Eval(vars)
	tree, err := check(e.src.Text, e.env)
	if err != nil {
		return []Step{whole}
	}
	t := &tracer{e: e, vars: vars, failure: whole.Err, own: map[string]bool{}}
	t.walk(tree.Node)
	if n := len(t.steps); n > 0 && t.steps[n-1].Text == whole.Text {
		last := &t.steps[n-1]
		last.Value, last.Err, last.Range = whole.Value, whole.Err, whole.Range // as the program gives it
		return t.steps
	}
	return append(t.steps, whole)
}

type tracer struct {
	e       *Expr
	vars    map[string]any
	declare string          // the variables in force, as they are written
	own     map[string]bool // their names
	failure error           // of the whole program
	steps   []Step
	ended   bool // a part failed, or there are enough steps
}

// walk evaluates the parts of n, then n, and returns what it comes to.
func (t *tracer) walk(n ast.Node) any {
	if t.ended {
		return nil
	}
	switch n := n.(type) {
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.ConstantNode:
		v, _ := t.value(n)
		return v
	case *ast.ChainNode:
		return t.walk(n.Node)
	case *ast.ConditionalNode:
		return t.choice(n)
	case *ast.VariableDeclaratorNode:
		return t.variable(n)
	case *ast.SequenceNode:
		var last any
		for _, part := range n.Nodes {
			last = t.walk(part)
		}
		return last
	case *ast.IdentifierNode:
		return t.name(n)
	case *ast.MemberNode:
		return t.member(n)
	case *ast.BinaryNode:
		return t.binary(n)
	case *ast.CallNode:
		return t.call(n, n.Callee.String(), n.Arguments)
	case *ast.BuiltinNode:
		return t.call(n, n.Name, n.Arguments)
	case *ast.MapNode, *ast.ArrayNode:
		return t.made(n)
	}
	for _, part := range operands(n) {
		t.walk(part)
	}
	return t.step(n, Step{})
}

// choice evaluates the condition and the branch that it takes.
func (t *tracer) choice(n *ast.ConditionalNode) any {
	before := len(t.steps)
	yes := t.walk(n.Cond)
	taken := n.Exp2
	if yes == true {
		taken = n.Exp1
	}
	if t.ended {
		return nil
	}
	if len(t.steps) == before {
		t.step(n.Cond, Step{})
	}
	if last := &t.steps[len(t.steps)-1]; last.Note == "" {
		last.Note = "so it takes " + prose.OneLine(t.text(taken))
	}
	return t.walk(taken)
}

func (t *tracer) variable(n *ast.VariableDeclaratorNode) any {
	before := len(t.steps)
	v := t.walk(n.Value)
	if t.ended {
		return nil
	}
	text := "let " + n.Name + " = " + t.text(n.Value)
	if len(t.steps) == before || t.steps[len(t.steps)-1].Text != prose.OneLine(t.text(n.Value)) {
		t.add(Step{Text: text, Range: t.place(n.Value), Value: v})
	} else {
		t.steps[len(t.steps)-1].Text = prose.OneLine(text)
	}
	t.declare += text + "; "
	t.own[n.Name] = true
	return t.walk(n.Expr)
}

// name is a value that is used as a whole. The record itself says nothing.
func (t *tracer) name(n *ast.IdentifierNode) any {
	v, err := t.value(n)
	if _, object := v.(map[string]any); err == nil && (object || t.own[n.Value]) {
		return v
	}
	return t.step(n, Step{Reads: []any{n.Value}})
}

// member is a field or an element; of a whole chain of them it is one step, before which
// stands what of the chain is null.
func (t *tracer) member(n *ast.MemberNode) any {
	path, ok := t.path(n)
	if t.ended {
		return nil
	}
	if !ok {
		t.walk(n.Node)
		if literalOf(n.Property) == nil {
			t.walk(n.Property)
		}
		return t.step(n, Step{})
	}
	for inner := n.Node; ; {
		m, is := bare(inner).(*ast.MemberNode)
		if !is {
			break
		}
		if v, err := t.value(m); err == nil && v == nil {
			short, _ := t.path(m)
			if name, _ := short[0].(string); t.own[name] {
				short = nil
			}
			t.step(m, Step{Reads: short, Note: "there is none in this record"})
			break
		}
		inner = m.Node
	}
	if name, _ := path[0].(string); t.own[name] {
		path = nil
	}
	return t.step(n, Step{Reads: path})
}

// path are the steps down to n, if all of it are fields of a name. What computes one is a
// step of its own.
func (t *tracer) path(n ast.Node) ([]any, bool) {
	switch n := bare(n).(type) {
	case *ast.IdentifierNode:
		return []any{n.Value}, true
	case *ast.MemberNode:
		path, ok := t.path(n.Node)
		if !ok {
			return nil, false
		}
		if key := literalOf(n.Property); key != nil {
			return append(path, key.value), true
		}
		switch key := t.walk(n.Property).(type) {
		case string, int:
			return append(path, key), true
		}
	}
	return nil, false
}

func bare(n ast.Node) ast.Node {
	if c, ok := n.(*ast.ChainNode); ok {
		return c.Node
	}
	return n
}

func (t *tracer) binary(n *ast.BinaryNode) any {
	left := t.walk(n.Left)
	switch n.Operator {
	case "??":
		if left != nil || t.ended {
			return left
		}
		if len(t.steps) > 0 {
			t.steps[len(t.steps)-1].Note = "so it takes " + prose.OneLine(t.text(n.Right))
		}
		return t.walk(n.Right)
	case "and", "&&", "or", "||":
		if decided := n.Operator == "or" || n.Operator == "||"; left != decided {
			t.walk(n.Right)
		}
		return t.step(n, Step{})
	}
	t.walk(n.Right)
	return t.step(n, Step{})
}

// call evaluates arguments and the call. A predicate is evaluated for each element, so it is
// no step by itself.
func (t *tracer) call(n ast.Node, name string, args []ast.Node) any {
	made := Step{Call: strings.ReplaceAll(name, "?.", ".")}
	loops := false
	for _, arg := range args {
		if _, closure := arg.(*ast.PredicateNode); closure {
			loops = true
			continue
		}
		made.Args = append(made.Args, t.walk(arg))
	}
	v := t.step(n, made)
	if list, ok := first(made.Args).([]any); ok && loops && !t.ended {
		last := &t.steps[len(t.steps)-1]
		last.Note = fmt.Sprintf("made of a list of %d", len(list))
		if out, ok := v.([]any); ok && len(out) != len(list) {
			last.Note = fmt.Sprintf("%d of %d", len(out), len(list))
		}
	}
	return v
}

func first(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// made is a list or object that is written out: its parts are the steps.
func (t *tracer) made(n ast.Node) any {
	switch n := n.(type) {
	case *ast.ArrayNode:
		for _, e := range n.Nodes {
			t.walk(e)
		}
	case *ast.MapNode:
		for _, p := range n.Pairs {
			if pair, ok := p.(*ast.PairNode); ok {
				t.walk(pair.Value)
			}
		}
	}
	v, _ := t.value(n)
	return v
}

// step evaluates n and notes it.
func (t *tracer) step(n ast.Node, s Step) any {
	if t.ended {
		return nil
	}
	v, err := t.value(n)
	s.Text, s.Range, s.Value = t.text(n), t.place(n), v
	if err != nil {
		t.ended = true
		if t.failure == nil {
			return nil // a part that does not stand by itself
		}
		s.Err = t.failure
	}
	t.add(s)
	return v
}

func (t *tracer) add(s Step) {
	s.Text = prose.OneLine(s.Text)
	for _, had := range t.steps {
		if had.Text == s.Text && (had.Range == s.Range || s.Reads != nil) {
			return // read before
		}
	}
	t.steps = append(t.steps, s)
	t.ended = t.ended || len(t.steps) >= maxTrace
}

// value evaluates a part of the program by itself.
func (t *tracer) value(n ast.Node) (any, error) {
	program, err := compile(t.declare+t.text(n), t.e.env, true)
	if err != nil {
		return nil, err
	}
	vars := maps.Clone(t.vars)
	if vars == nil {
		vars = map[string]any{}
	}
	vars[stepsName] = new(spent)
	out, err := t.e.run(program, vars)
	if err == nil && measure(out, maxElements) < 0 {
		err = fmt.Errorf("more than %d elements", maxElements)
	}
	if err != nil {
		return nil, err
	}
	return Normalize(out), nil
}

func (t *tracer) text(n ast.Node) string {
	at := extent(t.e.src.Text, n)
	return t.e.src.Text[at.from:at.to]
}

func (t *tracer) place(n ast.Node) hcl.Range {
	at := extent(t.e.src.Text, n)
	return t.e.src.Range(at.from, at.to)
}
