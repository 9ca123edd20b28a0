package code

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"sync"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/checker/nature"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
	"github.com/hashicorp/hcl/v2"
)

// Expr is a compiled expr program. It is safe for concurrent use.
type Expr struct {
	src     Source
	env     Env
	opts    options
	program *vm.Program
	loops   bool     // has predicates, so what they take is counted
	tree    ast.Node // as checked, before anything is patched
	pool    sync.Pool
}

// CompileExpr checks src against env and compiles it. The diagnostics are one
// for each mistake found; with an error among them there is no Expr.
func CompileExpr(src Source, env Env, opts ...Option) (*Expr, hcl.Diagnostics) {
	if diags := src.tooLong(); diags != nil {
		return nil, diags
	}
	e := &Expr{src: src, env: env, opts: apply(opts)}
	e.pool.New = func() any { return &vm.VM{MemoryBudget: maxElements} }
	tree, err := check(src.Text, env)
	depth, diags := inspect(src, tree)
	if diags.HasErrors() { // they explain what the checker, too, may stumble over
		return nil, diags
	}
	if err != nil {
		return nil, explainCompile(src, tree, env, err)
	}
	e.loops = depth > 0
	e.tree = tree.Node
	program, err := compile(src.Text, env, depth > 1)
	if err != nil {
		return nil, explainCompile(src, tree, env, err)
	}
	e.program = program
	if k := natureKind(program.Node().Nature()); !e.opts.allows(k) {
		return nil, hcl.Diagnostics{src.problem(0, len(src.Text), "Wrong kind of result",
			"This must result in %s; it always results in %s.", e.opts.wanted(), article(k.String()))}
	}
	return e, diags
}

// check parses and checks text before anything is patched: once it is, expr's
// checker passes over the arguments of calls that it has seen.
func check(text string, env Env) (*parser.Tree, error) {
	c := conf.CreateNew()
	for _, option := range language(text, env) {
		option(c)
	}
	for name := range c.Disabled {
		delete(c.Builtins, name)
	}
	tree, err := parser.ParseWithConfig(text, c)
	if err != nil {
		return tree, err
	}
	if callTooDeep(tree) != nil {
		return tree, errTooDeep
	}
	for known := newTyping(); ; {
		if _, err := checker.Check(tree, c); err != nil {
			return tree, err
		}
		known.Reset()
		if ast.Walk(&tree.Node, known); !known.ShouldRepeat() {
			return tree, nil
		}
	}
}

func compile(text string, env Env, nested bool) (program *vm.Program, err error) {
	defer func() {
		if r := recover(); r != nil { // the compiler is not ours
			err = fmt.Errorf("cannot be compiled: %v", r)
		}
	}()
	return expr.Compile(text, append(language(text, env), bounds(nested)...)...)
}

// Eval computes the program's value, normalised. vars must have what the Env
// declares; it is not changed. The error is an [*EvalError].
func (e *Expr) Eval(vars map[string]any) (any, error) {
	out, err := e.run(e.program, vars)
	if err != nil {
		failed := explainEval(e, vars, err)
		failed.involved = e.involved(vars, e.failedNodes(err))
		return nil, failed
	}
	if measure(out, maxElements) < 0 {
		return nil, e.src.fail(nil, 0, len(e.src.Text), "Result too large", "The result has more than %d elements or %d bytes of text.", maxElements, maxText)
	}
	out = Normalize(out)
	if k := kindOf(out); !e.opts.allows(k) {
		failed := e.src.fail(nil, 0, len(e.src.Text), "Wrong kind of result", "This must result in %s, but resulted in %s.", e.opts.wanted(), article(k.String()))
		failed.involved = append([]Involved{Involve("result", out)}, e.involved(vars, nil)...)
		return nil, failed
	}
	return out, nil
}

func (e *Expr) run(program *vm.Program, vars map[string]any) (any, error) {
	if e.loops {
		vars = maps.Clone(vars)
		if vars == nil {
			vars = map[string]any{}
		}
		vars[stepsName] = new(spent)
	}
	machine := e.pool.Get().(*vm.VM)
	out, err := machine.Run(program, vars)
	clear(machine.Variables) // keep no record alive
	clear(machine.Stack[:cap(machine.Stack)])
	e.pool.Put(machine)
	return out, err
}

// natureKind is the kind that a checked node has for certain, else Any.
func natureKind(n *nature.Nature) Kind {
	if n == nil || n.Type == nil {
		return Any
	}
	if n.Type == reflect.TypeFor[time.Time]() {
		return Time
	}
	switch n.Type.Kind() {
	case reflect.String:
		return String
	case reflect.Int:
		return Int
	case reflect.Float64:
		return Float
	case reflect.Bool:
		return Bool
	case reflect.Slice, reflect.Array:
		return List
	case reflect.Map:
		return Object
	case reflect.Func:
		return Function
	}
	return Any
}

// fileError is the positioned error inside err, if there is one.
func fileError(err error) *file.Error {
	var fe *file.Error
	if errors.As(err, &fe) {
		return fe
	}
	return nil
}
