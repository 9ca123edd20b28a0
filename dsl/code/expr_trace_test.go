package code

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTrace writes each step as "text = value", with what it reads, calls and notes.
func TestTrace(t *testing.T) {
	vars := map[string]any{
		"r":     map[string]any{"name": "Bad Bear", "n": 5, "list": []any{"a", "x", "b"}, "deep": map[string]any{"v": nil}, "odd name": "o", "no": nil},
		"param": map[string]any{"field": "name"}, "each": "e",
		"table": map[string]any{"t": map[string]any{"lookup": func(key any) (any, error) { return fmt.Sprint(key, "!"), nil }}},
	}
	tests := []struct {
		code string
		want string // lines
	}{
		{`r.name`, `r.name = Bad Bear <- r.name`},
		{`'fixed'`, `'fixed' = fixed`},
		{`r.name + ' ' + string(r.n)`, "r.name = Bad Bear <- r.name\nr.name + ' ' = Bad Bear \nr.n = 5 <- r.n\nstring(r.n) = 5 string(5)\nr.name + ' ' + string(r.n) = Bad Bear 5"},
		{`r.n > 3 ? upper(r.name) : r.other.x`, "r.n = 5 <- r.n\nr.n > 3 = true [so it takes upper(r.name)]\nr.name = Bad Bear <- r.name\nupper(r.name) = BAD BEAR upper(Bad Bear)\nr.n > 3 ? upper(r.name) : r.other.x = BAD BEAR"},
		{`r.deep?.v?.w ?? 'none'`, "r.deep?.v = <nil> <- r.deep.v [there is none in this record]\nr.deep?.v?.w = <nil> <- r.deep.v.w [so it takes 'none']\nr.deep?.v?.w ?? 'none' = none"},
		{`r.name ?? r.no`, "r.name = Bad Bear <- r.name\nr.name ?? r.no = Bad Bear"},
		{`r[param.field]`, "param.field = name <- param.field\nr[param.field] = Bad Bear <- r.name"},
		{`r['odd name']`, "r['odd name'] = o <- r.odd name"},
		{`r.list[1]`, "r.list[1] = x <- r.list.1"},
		{`each`, "each = e <- each"},
		{`filter(r.list, # != 'x') | join('-')`, "r.list = [a x b] <- r.list\nfilter(r.list, # != 'x') = [a b] filter([a x b]) [2 of 3]\nfilter(r.list, # != 'x') | join('-') = a-b join([a b],-)"},
		{`map(r.list, .x)`, "r.list = [a x b] <- r.list\nmap(r.list, .x) = error"},
		{`let n = r.n; let m = n + 1; n * m`, "let n = r.n = 5 <- r.n\nlet m = n + 1 = 6\nn * m = 30\nlet n = r.n; let m = n + 1; n * m = 30"},
		{`table.t.lookup(r.n)`, "r.n = 5 <- r.n\ntable.t.lookup(r.n) = 5! table.t.lookup(5)"},
		{`r.n > 3 or r.no.x == 1`, "r.n = 5 <- r.n\nr.n > 3 = true\nr.n > 3 or r.no.x == 1 = true"},
		{`r.n > 9 and r.no.x == 1`, "r.n = 5 <- r.n\nr.n > 9 = false\nr.n > 9 and r.no.x == 1 = false"},
		{`{a: r.n, b: [r.name]}`, "r.n = 5 <- r.n\nr.name = Bad Bear <- r.name\n{a: r.n, b: [r.name]} = map[a:5 b:[Bad Bear]]"},
		{`split(r.no, ' ')[0]`, "r.no = <nil> <- r.no\nsplit(r.no, ' ') = error\nsplit(r.no, ' ')[0] = error"},
		{`not (r.n == 5)`, "r.n = 5 <- r.n\nr.n == 5 = true\nnot (r.n == 5) = false"},
		{`r.name[0:3]`, "r.name = Bad Bear <- r.name\nr.name[0:3] = Bad"},
	}
	env := Env{"r": {Kind: Object, Open: true}, "param": {Kind: Object, Open: true}, "each": {}, "table": {Kind: Object, Open: true}}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			e, diags := CompileExpr(Literal(tt.code), env)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			var got []string
			for _, s := range e.Trace(vars) {
				got = append(got, stepText(s))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func stepText(s Step) string {
	text := fmt.Sprintf("%s = %v", s.Text, s.Value)
	if s.Err != nil {
		text = s.Text + " = error"
	}
	if s.Reads != nil {
		var path []string
		for _, step := range s.Reads {
			path = append(path, fmt.Sprint(step))
		}
		text += " <- " + strings.Join(path, ".")
	}
	if s.Call != "" && s.Err == nil {
		var args []string
		for _, a := range s.Args {
			args = append(args, fmt.Sprint(a))
		}
		text += " " + s.Call + "(" + strings.Join(args, ",") + ")"
	}
	if s.Note != "" {
		text += " [" + s.Note + "]"
	}
	return text
}

// TestTraceEndsAsEval says that the last step is what Eval gives, with its place.
func TestTraceEndsAsEval(t *testing.T) {
	for _, code := range []string{`r.a + 1`, `r.missing.x`, `len(r.a)`, `r`, `1 + 2`} {
		e, diags := CompileExpr(Literal(code), Env{"r": {Kind: Object, Open: true}})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		vars := map[string]any{"r": map[string]any{"a": 4}}
		want, wantErr := e.Eval(vars)
		steps := e.Trace(vars)
		last := steps[len(steps)-1]
		if !cmp.Equal(last.Value, want) || (last.Err == nil) != (wantErr == nil) {
			t.Errorf("%s: %v %v, want %v %v", code, last.Value, last.Err, want, wantErr)
		}
		if last.Range.End.Byte != len(code) {
			t.Errorf("%s: the last step is at %v", code, last.Range)
		}
	}
}

// TestTraceIsBounded keeps a long program from making a long trace.
func TestTraceIsBounded(t *testing.T) {
	code := "r.a" + strings.Repeat(" + r.a", 220)
	e, diags := CompileExpr(Literal(code), Env{"r": {Kind: Object, Open: true}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	steps := e.Trace(map[string]any{"r": map[string]any{"a": 1}})
	if len(steps) > maxTrace+1 || steps[len(steps)-1].Value != 221 {
		t.Errorf("%d steps, the last is %v", len(steps), steps[len(steps)-1].Value)
	}
}

func FuzzTrace(f *testing.F) {
	for _, seed := range []string{`r.a ?? 1`, `let x = r.a; x + 1`, `map(r.list, # + 1)`, `r.a > 1 ? r.list[0] : r?.b?.c`, `{a: [r.a]}.a[0]`, `(r.a | string()) + 'x'`} {
		f.Add(seed)
	}
	env := Env{"r": {Kind: Object, Open: true}}
	f.Fuzz(func(t *testing.T, code string) {
		e, diags := CompileExpr(Literal(code), env)
		if diags.HasErrors() || e == nil {
			return
		}
		vars := map[string]any{"r": map[string]any{"a": 4, "list": []any{1, 2}}}
		_, err := e.Eval(vars)
		steps := e.Trace(vars)
		if last := steps[len(steps)-1]; (last.Err == nil) != (err == nil) {
			t.Errorf("%q ends with %v, Eval with %v", code, last.Err, err)
		}
	})
}
