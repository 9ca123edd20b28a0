package code

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// FuzzPrograms tests that no program panics, compiled or run, and that every
// complaint stands inside the program.
func FuzzPrograms(f *testing.F) {
	for _, s := range []string{
		`alert.severity + 1 > param.limit ?? 2`, `map(alert.tags, {upper(#)})`, `let a = 'x'; a + alert.id`, `iocs(alert.more ?? '') | unique() | map(.type)`, `pad(cut(alert.id, 3, '…'), 8)`, `int(round(alert.score, 1))`, `alert.src?.ip | label('X')`,
		`.a[] | select(.b) | {c: (.d // 1)}`, `"\(.a)" | test("x")`, `def f(x): x + 1; .a | f(.)`, `if .a then .b else .c end`, `.a as [$x] | $x`,
		`def a: .b[]; def c($x; f): a | f + $x; def d: c(1; .e);`, `def a: def a: .; a; def a($a): a;`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := Literal(text)
		if e, diags := CompileExpr(src, testEnv()); e != nil {
			bounded(t, e.Origins(map[string]Origin{"alert": From("alerts", "[]")}).Reads)
			e.Outline()
			e.Words()
			for _, vars := range []map[string]any{testVars(), {}, {"alert": map[string]any{}}} {
				_, err := e.Eval(vars)
				inside(t, src, err, nil)
			}
		} else {
			inside(t, src, nil, diags)
		}
		if q, diags := CompileJQ(src, []string{"x"}, Within(50*time.Millisecond), AtMost(100)); q != nil {
			bounded(t, q.Origins(From()).Places())
			for _, input := range []any{nil, testVars()["alert"], []any{1, "x"}} {
				_, err := q.Run(context.Background(), input, 1)
				inside(t, src, err, nil)
			}
		} else {
			inside(t, src, nil, diags)
		}
		l, diags := CompileLibrary(src, []string{"x"})
		inside(t, src, nil, diags)
		for _, f := range l.Definitions() {
			q, diags := CompileJQ(Literal(strings.TrimSuffix(f.Name, "/0")), []string{"x"}, Sharing(l), Within(50*time.Millisecond), AtMost(100))
			if q == nil { // it takes arguments
				continue
			}
			if diags.HasErrors() || f.Range.Empty() {
				t.Errorf("%s: %s", f.Name, diags)
			}
			bounded(t, q.Origins(From()).Places())
			for _, input := range []any{nil, testVars()["alert"], []any{1, "x"}} {
				_, _ = q.Run(context.Background(), input, 1)
			}
		}
	})
}

// bounded checks what a trace tells of where values come from.
func bounded(t *testing.T, places []Path) {
	if len(places) > maxPlaces {
		t.Errorf("%d places", len(places))
	}
	for _, p := range places {
		_ = p.String()
	}
}

func inside(t *testing.T, src Source, err error, diags hcl.Diagnostics) {
	if err != nil {
		var ee *EvalError
		if !errors.As(err, &ee) || len(ee.Diagnostics()) == 0 {
			t.Fatalf("%T %v", err, err)
		}
		diags = ee.Diagnostics()
	} else if diags != nil && !diags.HasErrors() {
		t.Fatal("refused without an error")
	}
	for _, d := range diags {
		if r := d.Subject; r.Start.Byte < 0 || r.Start.Byte > r.End.Byte || r.End.Byte > len(src.file) || d.Detail == "" {
			t.Errorf("%s outside %q", d, src.Text)
		}
	}
}
