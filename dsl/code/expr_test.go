package code

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func testEnv() Env {
	lookup := func(v any) (any, error) {
		switch v {
		case "OPEN":
			return "Active", nil
		case "BAD":
			return nil, errors.New(`table status has no such key`)
		}
		return nil, nil
	}
	return Env{
		"alert": ObjectOf(map[string]Shape{
			"id":       {Kind: String},
			"severity": {Kind: Int},
			"status":   {Kind: String, Optional: true},
			"score":    {Kind: Float},
			"updated":  {Kind: String},
			"tags":     ListOf(Shape{Kind: String}),
			"src":      {Kind: Object, Optional: true, Fields: map[string]Shape{"ip": {Kind: String}}},
			"events":   ListOf(ObjectOf(map[string]Shape{"n": {Kind: Int}})),
			"more":     {},
		}),
		"param": {Kind: Object, Open: true, Fields: map[string]Shape{"limit": {Kind: Int}}},
		"table": ObjectOf(map[string]Shape{"status": ObjectOf(map[string]Shape{"lookup": {Kind: Function, Func: lookup}})}),
		"now":   {Kind: Time},
	}
}

func testVars() map[string]any {
	return map[string]any{
		"alert": map[string]any{
			"id": "a-1", "severity": 870, "status": "STATUS_UNDER_REVIEW", "score": 0.5,
			"updated": "2020-02-05T02:00:00.000Z", "tags": []any{"x", "y"},
			"src":    map[string]any{"ip": "203.0.113.9"},
			"events": []any{map[string]any{"n": 1}, map[string]any{"n": 2}},
			"more":   map[string]any{"deep": []any{1}},
		},
		"param": map[string]any{"limit": 5, "extra": "e"},
		"table": map[string]any{"status": map[string]any{"lookup": testEnv()["table"].Fields["status"].Fields["lookup"].Func}},
		"now":   time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC),
	}
}

func TestEval(t *testing.T) {
	tests := []struct {
		code string
		want any
	}{
		{`alert.id`, "a-1"},
		{`'Alert: ' + alert.id + ' (' + string(alert.severity) + ')'`, "Alert: a-1 (870)"},
		{`alert.severity + 1`, 871},
		{`alert.severity / 2`, 435.0},
		{`alert.status | label('STATUS_')`, "Under Review"},
		{`alert.src?.ip ?? 'none'`, "203.0.113.9"},
		{`alert.tags | map(upper(#))`, []any{"X", "Y"}},
		{`alert.events | filter(.n > 1) | map(.n)`, []any{2}},
		{`map(alert.events, {let e = #; any(alert.tags, # == 'x' and e.n > 0)})`, []any{true, true}},
		{`table.status.lookup('OPEN') ?? 'Review'`, "Active"},
		{`table.status.lookup('x') ?? 'Review'`, "Review"},
		{`param.extra + (param.anything ?? '')`, "e"},
		{`now > time(alert.updated)`, true},
		{`now - duration('24h')`, time.Date(2024, 4, 30, 0, 0, 0, 0, time.UTC)},
		{`alert.more.deep[0]`, 1},
		{`split('a,b', ',')`, []any{"a", "b"}},
		{`1..3`, []any{1, 2, 3}},
		{`groupBy(alert.events, .n > 1)`, map[string]any{"Yes": []any{map[string]any{"n": 2}}, "No": []any{map[string]any{"n": 1}}}},
		{`1 + 1.5`, 2.5},
		{`'é' + "ü"`, "éü"},
		{`alert.more ?? ''`, map[string]any{"deep": []any{1}}},
		{`alert["severity"] in 1..1000`, true},
		{`{a: nil, "b": [nil]}`, map[string]any{"a": nil, "b": []any{nil}}},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			e, diags := CompileExpr(Literal(tt.code), testEnv())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			got, err := e.Eval(testVars())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCompileExprErrors(t *testing.T) {
	long := strings.Repeat("1+", 600) + "1"
	tests := []struct{ code, want string }{
		{`alert.sevrity > 5`, `1:7-14 Unknown field: alert has no field "sevrity". Did you mean "severity"?`},
		{`aler.id`, `1:1-5 Unknown name: Nothing is called "aler" here. Did you mean "alert"?`},
		{`labl(alert.status, 'S')`, `1:1-5 Unknown name: Nothing is called "labl" here. Did you mean "label"?`},
		{`alert.src?.ipp`, `1:12-15 Unknown field: alert.src has no field "ipp". Did you mean "ip"?`},
		{`map(alert.events, .m)`, `1:20-21 Unknown field: # has no field "m". Known: n.`},
		{`alert.id == ‘x’`, `1:13-14 Invalid expr: ‘ is a quote of mails and documents: write the straight one, '.`},
		{`alert.id + 'x`, `1:13-14 Invalid expr: A text has no end: a ' is missing.`},
		{`alert.id == 'x' OR true`, `1:17-19 Invalid expr: Write or in small letters.`},
		{`alert.id 'x'`, `1:10-13 Invalid expr: Unexpected token "x".`},
		{`alert.id alert.severity`, `1:10-15 Invalid expr: Before alert an operator is missing, such as +, == or and.`},
		{`alert.severity => 5`, `1:16-17 Invalid expr: Write >= for greater or equal.`},
		{`alert.severity > 5 ? 'a', 'b'`, `1:25-26 Invalid expr: Unexpected token ",". A choice is written condition ? a : b.`},
		{`coalesce(alert.id, 'x')`, `1:1-9 Unknown name: Nothing is called "coalesce" here. The first of several that is not empty: first_of(a, b).`},
		{`zzzzzz(alert.id)`, `1:1-7 Unknown name: expr has no function "zzzzzz". tqmap reference expr lists those there are.`},
		{`alert.id + 1`, `1:10-11 Kinds that differ: alert.id is a string, 1 is an int: they cannot be added. To join texts, write string(…) around the other one.`},
		{`alert.severity == 'x'`, `1:16-18 Kinds that differ: alert.severity is an int, "x" is a string: they are never equal. Leave the quotes out.`},
		{`alert.id == 3`, `1:10-12 Kinds that differ: alert.id is a string, 3 is an int: they are never equal. Write the number in quotes, or compare int(…).`},
		{`3 != alert.id`, `1:3-5 Kinds that differ: 3 is an int, alert.id is a string: they are never equal. Write the number in quotes, or compare int(…).`},
		{`alert.severity <= alert.id`, `1:16-18 Kinds that differ: alert.severity is an int, alert.id is a string: neither is the greater one. Convert one side: int(…), string(…).`},
		{`alert.severity > now`, `1:16-17 Kinds that differ: alert.severity is an int, now is a time: neither is the greater one. Both must be of one kind.`},
		{`alert.id - 1`, `1:10-11 Kinds that differ: alert.id is a string, 1 is an int: - does not take them both. Convert one side: int(…), string(…).`},
		{`alert.id in [1, 2]`, `1:10-12 Kinds that differ: alert.id is a string, and what it is looked for in holds ints: it is never there. Write the number in quotes, or compare int(…).`},
		{`alert.severity not in ['1', '2']`, `1:20-22 Kinds that differ: alert.severity is an int, and what it is looked for in holds strings: it is never there. Leave the quotes out.`},
		{`alert.id in 1..3`, `1:10-12 Kinds that differ: alert.id is a string, and what it is looked for in holds ints: it is never there. Convert one side: int(…), string(…).`},
		{`alert.severity in alert.id`, `1:16-18 Kinds that differ: alert.severity is an int, alert.id is a string: in does not take them both. Convert one side: int(…), string(…).`},
		{`alert.severity in alert.src`, `1:16-18 Kinds that differ: alert.severity is an int, and what it is looked for in holds strings: it is never there. Convert one side: int(…), string(…).`},
		{`alert.severity + nil`, `1:16-17 Kinds that differ: alert.severity is an int, nil is null: they cannot be added. Give what may be absent a fallback with ??.`},
		{`alert.severity contains '1'`, `1:16-24 Kinds that differ: alert.severity is an int, "1" is a string: contains does not take them both. Convert one side: int(…), string(…).`},
		{`alert.id and alert.severity > 1`, `1:10-13 Kinds that differ: alert.id is a string, alert.severity > 1 is a bool: and does not take them both. Each side is a condition, true or false.`},
		{`alert.id - alert.id`, `1:10-11 Invalid expr: Invalid operation: - (mismatched types string and string).`},
		{`any(alert.events, .n == 'x')`, `1:22-24 Kinds that differ: .n is an int, "x" is a string: they are never equal. Leave the quotes out.`},
		{`alert.tags == 'x'`, `1:12-14 Kinds that differ: alert.tags is a list, "x" is a string: they are never equal. Compare with a value of its kind.`},
		{`alert.src == 'x'`, `1:11-13 Kinds that differ: alert.src is an object, "x" is a string: they are never equal. Compare with a value of its kind.`},
		{`upper(alert.id) == 3 ? 1 : 2`, `1:17-19 Kinds that differ: upper(alert.id) is a string, 3 is an int: they are never equal. Write the number in quotes, or compare int(…).`},
		{`upper(alert.severity)`, `1:13-21 Invalid expr: Cannot use int as argument (type string) to call upper.`},
		{`1 +`, `1:3-4 Invalid expr: The expression ends too early: something must follow.`},
		{``, ``},
		{`alert.id == null`, `1:13-17 Unknown name: Nothing is called "null" here. The empty value is nil in expr.`},
		{`map([1], {'a': #})`, `1:14-15 Invalid expr: Unexpected token ":". Inside a predicate, braces begin its own: put an object into parentheses, as in map(list, ({'id': .id})).`},
		{`alert.id = 'x'`, `1:10-11 Invalid expr: Unexpected token "=". To compare, write ==.`},
		{`'ééé' + aler`, `1:9-13 Unknown name: Nothing is called "aler" here. Did you mean "alert"?`},
		{`now() > now`, `1:1-4 Function not available: now() is not available in mappings. The run's clock is the variable now: write it without parentheses.`},
		{`date('2024-01-01')`, `1:1-5 Function not available: date() is not available in mappings. It guesses layouts and zones. Use time(text), or time(text, zone) where the text names no zone.`},
		{`::now()`, `1:3-6 Function not available: now() is not available in mappings. The run's clock is the variable now: write it without parentheses.`},
		{`$env["alert"]`, `1:1-5 No access to all names: $env would switch off the check of names. Write the name itself.`},
		{`map(alert.tags, map(alert.tags, map(alert.tags, #)))`, `1:49-50 Loops nested too deep: Two predicates inside one another are the limit, because each multiplies the work. Cut the data with jq first.`},
		{long, `1:1002-1003 Code too long: An expression has at most 1000 parts. Split it into several attributes, or cut the data with jq first.`},
		{`alert.id matches '('`, "1:10-17 Invalid expr: Error parsing regexp: missing closing ): `(`."},
		{`lines([aler])`, `1:8-12 Unknown name: Nothing is called "aler" here. Did you mean "alert"?`},
		{`table.status.lookp(1)`, `1:14-19 Unknown field: table.status has no field "lookp". Did you mean "lookup"?`},
	}
	for _, tt := range tests {
		t.Run(tt.code[:min(len(tt.code), 40)], func(t *testing.T) {
			e, diags := CompileExpr(Literal(tt.code), testEnv())
			if tt.want == "" {
				if !diags.HasErrors() || e != nil {
					t.Fatalf("compiled; want an error")
				}
				return
			}
			if d := cmp.Diff(tt.want, show(diags)); d != "" {
				t.Error(d)
			}
		})
	}
}

// U49: an error names the part of the program that is wrong, and the kind of its value.
func TestEvalErrors(t *testing.T) {
	empty := func(v map[string]any) { v["alert"] = map[string]any{} }
	none := func(map[string]any) {}
	secret := func(v map[string]any) { v["alert"].(map[string]any)["more"] = "hunter2" }
	const null = " (absent in this record); use ?? to give a fallback, or ?. to read a field of what may be absent."
	tests := []struct {
		code string
		with func(map[string]any)
		want string
	}{
		{`alert.id == 'x'`, empty, `1:1-9 Value is null: alert.id is null` + null},
		{`'a' + alert.id`, empty, `1:7-15 Value is null: alert.id is null` + null},
		{`alert.severity + 1 > 2`, empty, `1:1-15 Value is null: alert.severity is null` + null},
		{`alert.src.ip`, empty, `1:1-10 Value is null: alert.src is null` + null},
		{`upper(alert.id)`, empty, `1:7-15 Value is null: alert.id is null` + null},
		{`alert.id | split(',')`, empty, `1:1-9 Value is null: alert.id is null` + null},
		{`map(alert.tags, #)`, empty, `1:5-15 Value is null: alert.tags is null` + null},
		{`alert.more ? 1 : 2`, empty, `1:1-11 Value is null: alert.more is null` + null},
		{`not (alert.more)`, empty, `1:6-16 Value is null: alert.more is null` + null},
		{`string(alert.id)`, empty, `1:8-16 Value is null: alert.id is null` + null},
		{`upper(first(alert.tags) ?? alert.more)`, empty, `1:7-38 Value is null: first(alert.tags) ?? alert.more is null` + null},
		{`map(alert.events, .n + 1)`, func(v map[string]any) {
			v["alert"].(map[string]any)["events"] = []any{map[string]any{}}
		}, `1:22-23 Value is null: A value here is null` + null},
		{`alert.more + 1`, secret, `1:12-13 Wrong kind of value: The operator + does not work on a string and an int.`},
		{`upper(alert.more)`, func(v map[string]any) { v["alert"].(map[string]any)["more"] = 7 }, `1:7-17 Wrong kind of value: alert.more is an int, but a string is needed.`},
		{`alert.more.x`, secret, `1:12-13 Wrong kind of value: alert.more is a string, which has no fields.`},
		{`int(alert.more)`, secret, `1:1-4 expr failed: The text is not a whole number.`},
		{`duration(alert.more)`, secret, `1:1-9 expr failed: Duration reads texts such as "90m" or "1h30m".`},
		{`time(alert.more)`, secret, `1:1-5 expr failed: The text is no RFC 3339 instant such as 2006-01-02T15:04:05Z; where it names no zone, give one: time(text, 'UTC').`},
		{`fromJSON(alert.more)`, secret, `1:1-9 expr failed: This is no JSON (line 1, column 1, byte 0).`},
		{`'x' matches alert.more`, func(v map[string]any) { v["alert"].(map[string]any)["more"] = "hunter2(" }, `1:5-12 expr failed: This cannot be computed from the values of this record.`},
		{`alert.tags[7]`, none, `1:11-12 expr failed: There is no element 7: the list has 2. Use ?? with a check of len().`},
		{`table.status.lookup('BAD')`, none, `1:14-20 expr failed: Table status has no such key.`},
		{`repeat('abcdef', 1000000)`, none, `1:1-7 expr failed: Repeat would make a text of more than 1048576 bytes.`},
		{`let a = repeat('x', 1000000); a + a`, none, `1:33-34 expr failed: + would make a text of more than 1048576 bytes.`},
		{`len(1..200000)`, none, `1:6-8 expr failed: The program made collections of more than 100000 elements. Cut the data with jq first.`},
		{`let r = 1..20000; count(r, count(r, # < 0) == 0)`, none, `1:39-40 expr failed: Nested loops took more than 2000000 steps; loop over fewer elements.`},
		{`let a = [1..400]; let b = map(1..400, a); flatten(b)`, none, `1:43-50 expr failed: Flatten would make a list of more than 100000 elements.`},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			e, diags := CompileExpr(Literal(tt.code), testEnv())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			vars := testVars()
			tt.with(vars)
			v, err := e.Eval(vars)
			var ee *EvalError
			if !errors.As(err, &ee) {
				t.Fatalf("got %T, %v; want an EvalError", v, err)
			}
			if d := cmp.Diff(tt.want, show(ee.Diagnostics())); d != "" {
				t.Error(d)
			}
			if strings.Contains(fmt.Sprint(err, errors.Unwrap(err)), "hunter2") {
				t.Error("the error shows a value of the record")
			}
		})
	}
}

func TestReturns(t *testing.T) {
	if _, diags := CompileExpr(Literal(`alert.id`), testEnv(), Returns(Bool)); show(diags) != "1:1-9 Wrong kind of result: This must result in a bool; it always results in a string." {
		t.Error(show(diags))
	}
	e, diags := CompileExpr(Literal(`alert.more`), testEnv(), Returns(List, String))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	_, err := e.Eval(testVars())
	var ee *EvalError
	if !errors.As(err, &ee) || show(ee.Diagnostics()) != "1:1-11 Wrong kind of result: This must result in a list or a string, but resulted in an object." {
		t.Error(err)
	}
	if v, err := e.Eval(map[string]any{"alert": map[string]any{}}); v != nil || err != nil {
		t.Errorf("null must be allowed: %v, %v", v, err)
	}
}

func TestEvalLeavesVarsAlone(t *testing.T) {
	e, diags := CompileExpr(Literal(`map(alert.events, count(alert.tags, # == 'x'))`), testEnv())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	vars := testVars()
	for range 3 {
		if _, err := e.Eval(vars); err != nil {
			t.Fatal(err)
		}
	}
	if len(vars) != len(testVars()) {
		t.Error("Eval changed its variables")
	}
}

func TestEvalIsConcurrent(t *testing.T) {
	e, diags := CompileExpr(Literal(`map(alert.events, .n) | sum()`), testEnv())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	done := make(chan error)
	for range 8 {
		go func() {
			var bad error
			for range 200 {
				if v, err := e.Eval(testVars()); err != nil || v != 3 {
					bad = fmt.Errorf("%v, %v", v, err)
				}
			}
			done <- bad
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestFuncExamples(t *testing.T) {
	for _, f := range Funcs() {
		if f.Summary == "" || !strings.HasPrefix(f.Signature, f.Name+"(") || len(f.Examples) == 0 {
			t.Errorf("%s: needs a summary, a signature and an example", f.Name)
		}
		for _, ex := range f.Examples {
			e, diags := CompileExpr(Literal(ex.Expr), nil)
			if diags.HasErrors() {
				t.Errorf("%s: %s", ex.Expr, diags)
				continue
			}
			got, err := e.Eval(nil)
			if err != nil {
				t.Errorf("%s: %s", ex.Expr, err)
				continue
			}
			want, err := Decode([]byte(ex.Result))
			if err != nil {
				t.Errorf("%s: %s", ex.Expr, err)
			}
			if d := cmp.Diff(want, forJQ(got)); d != "" {
				t.Errorf("%s: %s", ex.Expr, d)
			}
		}
	}
}

// BenchmarkEval reports how many times slower a field is through expr than
// through Go maps.
func BenchmarkEval(b *testing.B) {
	vars := testVars()
	e, diags := CompileExpr(Literal(`alert.severity >= 500`), testEnv())
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	start, high := time.Now(), 0
	const rounds = 1_000_000
	for range rounds {
		if vars["alert"].(map[string]any)["severity"].(int) >= 500 {
			high++
		}
	}
	plain := float64(time.Since(start).Nanoseconds()) / rounds
	if high != rounds {
		b.Fatal(high)
	}
	b.ReportAllocs()
	for b.Loop() {
		if v, err := e.Eval(vars); err != nil || v != true {
			b.Fatal(v, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/plain, "x-map-access")
}

func BenchmarkCompileExpr(b *testing.B) {
	env := testEnv()
	for b.Loop() {
		if _, diags := CompileExpr(Literal(`alert.status | label('STATUS_')`), env); diags.HasErrors() {
			b.Fatal(diags)
		}
	}
}
