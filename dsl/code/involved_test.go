package code

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestInvolvedOfExpr(t *testing.T) {
	env := Env{"alert": {Kind: Object, Open: true}, "param": {Kind: Object, Open: true}}
	alert := map[string]any{
		"severity": "hgh", "score": 7, "note": nil, "tags": []any{"a", 1}, "on": true, "half": 0.5,
		"host": map[string]any{"name": "pc", "os": nil}, "login": map[string]any{"user": "u", "api_key": "k3y"}, "long": strings.Repeat("x", 9000), "zürich": "é<&>",
	}
	for _, c := range []struct{ program, want string }{
		{"alert.severity - alert.score", `alert.severity string "hgh"; alert.score int 7`},
		{"alert.note + 'x'", `alert.note null null`},
		{"upper(alert.note)", `alert.note null null`},
		{"alert.host.name.first", `alert.host.name string "pc"`},
		{"alert?.host?.name - 1", `alert?.host?.name string "pc"`},
		{"alert.tags[1] - alert.tags[0]", `alert.tags[1] int 1; alert.tags[0] string "a"`},
		{"map(alert.tags, upper(#))", `alert.tags list ["a", 1]`},
		{"let s = alert.severity; s - 1", `alert.severity string "hgh"`},
		{"alert.login.api_key - 1", `alert.login.api_key string "(not shown)"`},
		{"alert.login - 1", `alert.login object {"api_key": "(not shown)", "user": "u"}`},
		{"alert.host - 1", `alert.host object {"name": "pc", "os": null}`},
		{"alert.severity - alert.severity", `alert.severity string "hgh"`},
		{"alert['zürich'] - alert.half", `alert['zürich'] string "é<&>"; alert.half float 0.5`},
		{"alert.on ? alert.severity - 1 : 0", `alert.severity string "hgh"`},
		{"int(alert.severity)", `alert.severity string "hgh"`},
	} {
		e, diags := CompileExpr(Literal(c.program), env)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, err := e.Eval(map[string]any{"alert": alert, "param": map[string]any{}})
		if got := shown(t, err); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.program, got, c.want)
		}
	}
	e, _ := CompileExpr(Literal("alert.long - 1"), env)
	_, err := e.Eval(map[string]any{"alert": alert})
	if got := shown(t, err); len(got) > 5000 || !strings.HasSuffix(got, "…") {
		t.Errorf("not cut: %d bytes", len(got))
	}
	if strings.Contains(err.Error(), "xxx") {
		t.Errorf("the error itself names a value: %s", err)
	}
}

func TestInvolvedOfAWrongResult(t *testing.T) {
	e, _ := CompileExpr(Literal("alert.a"), Env{"alert": {Kind: Object, Open: true}}, Returns(Bool))
	_, err := e.Eval(map[string]any{"alert": map[string]any{"a": "yes"}})
	if got, want := shown(t, err), `result string "yes"; alert.a string "yes"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStageOfJQ(t *testing.T) {
	input := map[string]any{"items": []any{map[string]any{"n": 1}, map[string]any{"n": "two"}, map[string]any{"n": nil}}, "s": "text"}
	for _, c := range []struct{ program, stage, want string }{
		{`.items[] | .n | . + 1`, `. + 1`, `input string "two"`},
		{`.items[] | {m: (.n | . * 2 | . - 1)}`, `. - 1`, `input string "twotwo"`},
		{`.s.name`, `.s.name`, ``},
		{`.items | .[0] | .n[]`, `.n[]`, `input object {"n": 1}`},
		{`1 as $x | .s | . - $x`, `. - $x`, ``},
		{`.s | error("no")`, `error("no")`, `input string "text"`},
	} {
		q, diags := CompileJQ(Literal(c.program), nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, err := q.Run(t.Context(), input)
		var failed *EvalError
		if !errors.As(err, &failed) {
			t.Fatalf("%s: %v", c.program, err)
		}
		if got := shown(t, err); failed.Stage() != c.stage || c.want != "" && got != c.want {
			t.Errorf("%s\n got %s of %s\nwant %s of %s", c.program, failed.Stage(), got, c.stage, c.want)
		}
		if strings.Contains(err.Error(), "two") {
			t.Errorf("the error itself names a value: %s", err)
		}
	}
}

func shown(t *testing.T, err error) string {
	t.Helper()
	var failed *EvalError
	if !errors.As(err, &failed) {
		t.Fatalf("got %v, want an EvalError", err)
	}
	var out []string
	for _, v := range failed.Involved() {
		out = append(out, v.Name+" "+v.Kind+" "+v.Text)
	}
	return strings.Join(out, "; ")
}

func TestStoppedRun(t *testing.T) {
	q, _ := CompileJQ(Literal("."), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.Run(ctx, 1); err == nil || !strings.Contains(err.Error(), "jq stopped") || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
