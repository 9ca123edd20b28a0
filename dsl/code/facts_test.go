package code

import "testing"

func TestConstantJQ(t *testing.T) {
	for text, want := range map[string]bool{
		`"x"`: true, `true`: true, `false and true`: true, `$param.x`: true, `$param.x | not`: true, `null`: true, `1`: true,
		`.next`: false, `.`: false, `$page.cursor`: false, `$response.headers.x`: false, `length`: false, `$param.x + .y`: false,
		`[.items[].id]`: false, `"\(.x)"`: false, `keys`: false,
	} {
		q, diags := CompileJQ(Literal(text), []string{"param", "response", "page", "window"})
		if diags.HasErrors() {
			t.Fatal(text, diags)
		}
		if got := q.Constant(); got != want {
			t.Errorf("%s: constant is %t, want %t", text, got, want)
		}
	}
	if (*JQ)(nil).Constant() {
		t.Error("no program is no constant")
	}
}

func TestAbsentInJQ(t *testing.T) {
	answer := map[string]any{"next": nil, "links": map[string]any{"next": "x"}}
	for text, want := range map[string]bool{
		`.next`: false, `.links.next`: false, `.nxt`: true, `.links.nxt`: true, `.lnks.next`: true, `.next.deeper`: false,
		`.nxt // empty`: false, `.nxt?`: false, `if .more then .nxt else null end`: false,
	} {
		q, diags := CompileJQ(Literal(text), nil)
		if diags.HasErrors() {
			t.Fatal(text, diags)
		}
		if got := q.Absent(answer); got != want {
			t.Errorf("%s: absent is %t, want %t", text, got, want)
		}
	}
}

func TestOutcomes(t *testing.T) {
	env := Env{"item": ObjectOf(map[string]Shape{"id": {Kind: Int}, "s": {Kind: String}}), "table": ObjectOf(map[string]Shape{
		"t": ObjectOf(map[string]Shape{"lookup": {Kind: Function, Func: func(any) (any, error) { return nil, nil }}}),
	})}
	for text, want := range map[string][]string{
		`'a'`: {"a"}, `item.id == 1 ? 'a' : 'b'`: {"a", "b"}, `table.t.lookup(item.s) ?? 'c'`: {"table t", "c"},
		`let x = 'no'; item.id > 1 ? item.s : 'd'`: {"d"}, `first_of(table.t.lookup('x'), 'e')`: {"table t", "e"}, `'f' + item.s`: nil, `upper('g')`: nil,
	} {
		e, diags := CompileExpr(Literal(text), env)
		if diags.HasErrors() {
			t.Fatal(text, diags)
		}
		var got []string
		for _, out := range e.Outcomes() {
			if out.Table != "" {
				out.Text = "table " + out.Table
			}
			got = append(got, out.Text)
		}
		if len(got) != len(want) {
			t.Errorf("%s: %q, want %q", text, got, want)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s: %q, want %q", text, got, want)
			}
		}
	}
}

func TestFixed(t *testing.T) {
	env := Env{"x": {Optional: true}, "y": {Optional: true}}
	for text, want := range map[string]string{
		`false`: "false", `not false`: "true", `1 == 2`: "false", `'a' != 'b'`: "true", `3 >= 2`: "true", `x and false`: "false", `x or true`: "true",
		`x == 1 and y == 2`: "", `x == 1 and x == 2`: "false", `x != 1 or x != 2`: "true", `x == 1 or x == 2`: "", `x`: "", `x and true`: "", `not (x == 1 and x == 2)`: "true",
		`1 == 1.0`: "", `-1 < 1`: "true",
	} {
		e, diags := CompileExpr(Literal(text), env)
		if diags.HasErrors() {
			t.Fatal(text, diags)
		}
		got := ""
		if truth, ok := e.Fixed(); ok {
			got = map[bool]string{true: "true", false: "false"}[truth]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
