package code

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestElem tests what is known of the elements that a for_each goes over.
func TestElem(t *testing.T) {
	const found = "{type: string, value: string}"
	tests := []struct{ code, want string }{
		{`iocs(alert.more)`, found},
		{`iocs(alert.more, ['FQDN'])`, found},
		{`alert.more | iocs()`, found},
		{`filter(iocs(alert.more), .type == 'FQDN')`, found},
		{`unique(compact(iocs(alert.more)))`, found},
		{`let found = iocs(alert.more); unique(found)`, found},
		{`pairs(alert.src)`, "{key: string, value: any}"},
		{`words(alert.id)`, "string"},
		{`unique(alert.events)`, "{n: int}"},
		{`unique(alert.tags)`, "string"},
		{`unique(alert.more)`, "any"},
		{`pluck(alert.events, 'n')`, "any"},
		{`alert.more`, "any"},
		{`alert.id`, "any"},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			e, diags := CompileExpr(Literal(tt.code), testEnv())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if got := e.Elem().String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestForEachIOC is what a mapping does with iocs: one program makes the list,
// others read each of its elements.
func TestForEachIOC(t *testing.T) {
	forEach, diags := CompileExpr(Literal(`iocs(alert.more)`), testEnv())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	env := Env{"each": forEach.Elem()}
	if _, diags := CompileExpr(Literal(`each.typo`), env); show(diags) != `1:6-10 Unknown field: each has no field "typo". Did you mean "type"?` {
		t.Error(show(diags))
	}
	value, diags := CompileExpr(Literal(`each.type == 'FQDN' ? upper(each.value) : ''`), env)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	vars := testVars()
	vars["alert"].(map[string]any)["more"] = "bad.example"
	list, err := forEach.Eval(vars)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := value.Eval(map[string]any{"each": list.([]any)[0]}); got != "BAD.EXAMPLE" || err != nil {
		t.Error(got, err)
	}
}

func TestTypedCalls(t *testing.T) {
	tests := []struct{ code, want string }{
		{`map(iocs(alert.more), .typo)`, `1:24-28 Unknown field: # has no field "typo". Did you mean "type"?`},
		{`iocs(alert.more)[0].valu`, `1:21-25 Unknown field: iocs(alert.more)[0] has no field "valu". Did you mean "value"?`},
		{`iocs(alert.mor)`, `1:12-15 Unknown field: alert has no field "mor". Did you mean "more"?`},
		{`iocs(lines(map(iocs(alert.more), .typo)))`, `1:35-39 Unknown field: # has no field "typo". Did you mean "type"?`},
		{`unique(iocs(lines(map(pairs(alert.src), .kye))))`, `1:42-45 Unknown field: # has no field "kye". Did you mean "key"?`},
		{`label(iocs(alert.more)[0].typo)`, `1:27-31 Unknown field: iocs(alert.more)[0] has no field "typo". Did you mean "type"?`},
		{`let found = unique(iocs(alert.more)); map(found, .typo)`, `1:51-55 Unknown field: # has no field "typo". Did you mean "type"?`},
		{`map(compact(alert.events), .m)`, `1:29-30 Unknown field: # has no field "m". Known: n.`},
		{`iocs(alert.more)[0].type > 5`, `1:26-27 Kinds that differ: iocs(alert.more)[0].type is a string, 5 is an int: neither is the greater one. Write the number in quotes, or compare int(…).`},
		{`int(alert.severity) + 'a'`, `1:21-22 Kinds that differ: int(alert.severity) is an int, "a" is a string: they cannot be added. To join texts, write string(…) around the other one.`},
		{`int(alert.tags)`, `1:1-4 Invalid expr: Invalid argument for int (type list).`},
		{`round(alert.score, 1, 2)`, `1:1-6 Invalid expr: round does not take these arguments. Write round(number[, digits]) float.`},
		{`round(alert.score, 'x')`, `1:1-6 Invalid expr: The digits of round must be an int.`},
		{`cut(alert.id)`, `1:1-4 Invalid expr: cut does not take these arguments. Write cut(text, n[, mark]) string.`},
		{`title`, `1:1-6 Function without call: title is a function: call it with parentheses. If a field is meant, write the record before it, as in alert.title.`},
		{`map(alert.tags, upper)`, ``},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			_, diags := CompileExpr(Literal(tt.code), testEnv())
			if tt.want == "" && !diags.HasErrors() {
				t.Error("compiled; want an error")
			}
			if d := cmp.Diff(tt.want, show(diags)); tt.want != "" && d != "" {
				t.Error(d)
			}
		})
	}
}

// TestNamesBeforeFunctions tests that a function never takes a name from a mapping.
func TestNamesBeforeFunctions(t *testing.T) {
	env := Env{"domain": ObjectOf(map[string]Shape{"port": {Kind: Int}})}
	vars := map[string]any{"domain": map[string]any{"port": 443}}
	tests := []struct {
		code string
		want any
	}{
		{`domain.port`, 443},
		{`port(domain.port)`, 443},
		{`let port = domain.port; port + 1`, 444},
		{`let round = 1; round`, 1},
		{`'let port' + string(port('80'))`, "let port80"},
	}
	for _, tt := range tests {
		e, diags := CompileExpr(Literal(tt.code), env)
		if diags.HasErrors() {
			t.Errorf("%s: %s", tt.code, diags)
			continue
		}
		if got, err := e.Eval(vars); got != tt.want || err != nil {
			t.Errorf("%s: %v, %v", tt.code, got, err)
		}
	}
	const hidden = ` is a name of this mapping or a variable of this program, which hides the function `
	for code, want := range map[string]string{
		`domain('x.example')`:           `1:1-7 Not a function here: "domain"` + hidden + `domain().`,
		`let port = 1; port(port)`:      `1:15-19 Not a function here: "port"` + hidden + `port().`,
		`let int = 1; int('5')`:         `1:14-17 Not a function here: "int"` + hidden + `int().`,
		`let repeat = 1; repeat('', 1)`: `1:17-23 Not a function here: "repeat"` + hidden + `repeat().`,
	} {
		if _, diags := CompileExpr(Literal(code), env); show(diags) != want {
			t.Errorf("%s: %s", code, show(diags))
		}
	}
}

// TestNestedCalls tests that calls inside one another cost what they should.
func TestNestedCalls(t *testing.T) {
	nest := func(n int, before, after string) string {
		return strings.Repeat(before, n) + "alert.id" + strings.Repeat(after, n)
	}
	for _, code := range []string{nest(maxCalls, "time(", ", 'UTC', 'x')"), nest(maxCalls, "trim(", ", 'x')"), nest(1, "", "") + strings.Repeat(" | label()", maxCalls), nest(maxCalls, "unique(", ")")} {
		if _, diags := CompileExpr(Literal(code), testEnv()); diags.HasErrors() {
			t.Errorf("%s: %s", code, diags)
		}
	}
	const want = "Calls nested too deep: At most 12 calls may stand inside one another, or in one pipe. Name a part with let."
	for _, code := range []string{nest(maxCalls+1, "time(", ")"), nest(90, "trim(", ", 'x')"), nest(300, "iocs(", ")"), nest(1, "", "") + strings.Repeat(" | upper()", maxCalls+1)} {
		if _, diags := CompileExpr(Literal(code), testEnv()); !strings.HasSuffix(show(diags), want) {
			t.Errorf("%s: %s", code, show(diags))
		}
	}
}

func TestAddition(t *testing.T) {
	testEdges(t, []edge{
		{`label(v) + label(v)`, "A", "AA"},
		{`v + v > 5`, 3, true},
		{`v + v + 'x'`, "a", "aax"},
		{`upper(v + v)`, "a", "AA"},
		{`('a' + v) startsWith 'a'`, "b", true},
		{`let a = label(repeat(v, 1000000)); a + a`, "x", "error + would make a text of more than 1048576 bytes."},
		{`let a = v ?? ''; let b = html(a); b + b`, strings.Repeat("x", maxText/2+1), "error + would make a text of more than 1048576 bytes."},
	})
}
