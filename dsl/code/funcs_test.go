package code

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr/builtin"
)

// TestFuncsWithAnyArguments calls every function in every way with values of all
// kinds: it must not panic, nor show the values in an error.
func TestFuncsWithAnyArguments(t *testing.T) {
	const secret = "hunter2"
	values := []any{nil, secret, []any{secret, 1, nil}, map[string]any{secret: secret}, -1, 1.5, time.Unix(1<<40, 0), true}
	env := Env{"a": {}, "b": {}, "c": {}}
	for _, f := range Funcs() {
		for _, call := range ways(f) {
			e, diags := CompileExpr(Literal(call), env)
			if diags.HasErrors() {
				t.Errorf("%s: %s", call, diags)
				continue
			}
			for i := range len(values) * len(values) * len(values) {
				vars := map[string]any{"a": values[i%8], "b": values[i/8%8], "c": values[i/64]}
				if i/8 > 0 && !strings.Contains(call, ", b") || i/64 > 2 || i/64 > 0 && !strings.Contains(call, ", c") {
					break
				}
				_, err := e.Eval(vars)
				var ee *EvalError
				if err != nil && (!errors.As(err, &ee) || strings.Contains(fmt.Sprint(err, errors.Unwrap(err)), secret)) {
					t.Errorf("%s of %v: %v", call, vars, err)
				}
			}
		}
	}
}

// ways are the calls of a function with one to three arguments that it has.
func ways(f Func) []string {
	counts := map[int]bool{}
	for _, t := range f.types {
		typ := overload(reflect.TypeOf(t))
		if counts[typ.NumIn()] = true; typ.IsVariadic() {
			counts[3] = true
		}
	}
	if f.check != nil {
		counts[1] = true
		counts[2] = f.Name == "round"
	}
	var out []string
	for n, names := range []string{1: "a", 2: "a, b", 3: "a, b, c"} {
		if counts[n] {
			out = append(out, f.Name+"("+names+")")
		}
	}
	return out
}

// TestNullStaysNull holds the rule and its exceptions, which the summaries tell.
func TestNullStaysNull(t *testing.T) {
	exceptions := map[string]any{
		"iocs": []any{}, "duration": "error", "lines": "error", "join": "error", "replace": "error", "repeat": "error", "string": "error",
		"toJSON": "null", "fromJSON": "error", "toBase64": "error", "flatten": "error", "hmac": "error",
	}
	for _, f := range Funcs() {
		for _, call := range ways(f) {
			e, diags := CompileExpr(Literal(call), Env{"a": {}, "b": {}, "c": {}})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			got, err := e.Eval(map[string]any{"b": []any{}})
			if err != nil {
				got = "error"
			}
			if f.Name != "first_of" && !reflect.DeepEqual(got, exceptions[f.Name]) {
				t.Errorf("%s of nil is %v (%v), want %v", call, got, err, exceptions[f.Name])
			}
		}
	}
}

func TestFuncNames(t *testing.T) {
	replaced := []string{"duration", "flatten", "fromJSON", "int", "join", "repeat", "replace", "round", "string", "toBase64", "toJSON"}
	var both, all []string
	for _, f := range Funcs() {
		if _, ok := builtin.Index[f.Name]; ok {
			both = append(both, f.Name)
		}
		if removed()[f.Name] != "" || slices.Contains(all, f.Name) || functionNamed(f.Name) == nil {
			t.Errorf("%s is not a name of its own", f.Name)
		}
		all = append(all, f.Name)
	}
	if slices.Sort(both); !slices.Equal(both, replaced) {
		t.Errorf("these take the place of builtins: %v, want %v", both, replaced)
	}
	if functionNamed("upper") != nil {
		t.Error("upper is expr's own")
	}
}

// TestSharedParts tests that lists whose parts are shared, and which would be huge
// written out, are neither walked nor copied.
func TestSharedParts(t *testing.T) {
	const huge = `let a = map(1..90, 1); let b = map(1..90, a); let c = map(1..90, b); let d = map(1..90, c); let e = map(1..90, d); let f = map(1..90, e); `
	testEdges(t, []edge{
		{huge + `len(compact(f))`, nil, 90},
		{huge + `first_of(f) == nil`, nil, false},
		{huge + `len(pluck([{f: f}], 'f'))`, nil, 1},
		{huge + `len(index_by([{id: 1, f: f}, {id: f}], 'id'))`, nil, 1},
		{huge + `len(pairs({f: f}))`, nil, 1},
		{huge + `unique(f)`, nil, "error Unique compares at most 100000 elements within elements."},
		{huge + `join(f)`, nil, "error Join: element 0 is not text."},
		{huge + `lines(f)`, nil, "error Lines: element 0 is not text."},
		{huge + `in_cidr('192.0.2.1', f)`, nil, "error In_cidr: element 0 is not text."},
		{huge + `compact(f)`, nil, "error The result has more than 100000 elements or 1048576 bytes of text."},
	})
}
