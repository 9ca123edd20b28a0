package code

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func run(t *testing.T, code string, input any, opts ...Option) ([]any, error) {
	t.Helper()
	q, diags := CompileJQ(Literal(code), []string{"limit", "$since"}, opts...)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return q.Run(context.Background(), input, 2, time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC))
}

func TestRun(t *testing.T) {
	input, err := Decode([]byte(`{"alerts":[{"id":9007199254740993,"n":1.0,"now":"x"},{"id":"b"}],"total":"7","big":123456789012345678901}`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		code string
		want []any
	}{
		{`.alerts[]`, []any{map[string]any{"id": 9007199254740993, "n": 1.0, "now": "x"}, map[string]any{"id": "b"}}},
		{`.total | tonumber`, []any{7}},
		{`.alerts[0].id + 1`, []any{9007199254740994}},
		{`.big`, []any{"123456789012345678901"}},
		{`9223372036854775807 + 1`, []any{"9223372036854775808"}},
		{`$limit, $since`, []any{2, "2024-05-01T00:00:00Z"}},
		{`.none`, []any{nil}},
		{`empty`, []any{}},
		{`.alerts[0] | {now, "env": .now, input: 1}`, []any{map[string]any{"now": "x", "env": "x", "input": 1}}},
		{`"now \(.total) input"`, []any{"now 7 input"}},
		{`.alerts | length # now`, []any{2}},
		{`"ab" * 3`, []any{"ababab"}},
		{`if .total == "7" then "y" else error("no") end`, []any{"y"}},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			got, err := run(t, tt.code, input)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCompileJQErrors(t *testing.T) {
	const clock = "now is not available in mappings. A run has one clock. Pass its time as a variable, or decide with now in expr."
	tests := []struct{ code, want string }{
		{`.a |`, `1:4-5 Invalid jq: The program ends too early: something must follow.`},
		{`.a | {b: (.c`, `1:12-13 Invalid jq: The program ends too early: something must follow. A "(" is still open.`},
		{`if .a then 1`, `1:12-13 Invalid jq: The program ends too early: something must follow. An if has no end.`},
		{`.a && .b`, `1:4-5 Invalid jq: Unexpected token "&". Write and.`},
		{`.a || .b`, `1:5-6 Invalid jq: Unexpected token "|". Write or.`},
		{`.a == 'x'`, `1:7-8 Invalid jq: Unexpected token "'". Strings of jq stand in double quotes: "text".`},
		{`.é`, `1:2-3 Invalid jq: Unexpected token "é".`},
		{`.a | "abc`, `1:6-7 Invalid jq: The string has no end: a " is missing.`},
		{`.a | selct(.b)`, `1:6-11 Unknown function: jq has no function selct. Did you mean "select"?`},
		{`"selct(1)" | selct(.b) # selct(1)`, `1:14-19 Unknown function: jq has no function selct. Did you mean "select"?`},
		{`"\(selct(1)) selct(1)"`, `1:4-9 Unknown function: jq has no function selct. Did you mean "select"?`},
		{`selct(1), selct(2)`, "1:1-6 Unknown function: jq has no function selct. Did you mean \"select\"?\n1:11-16 Unknown function: jq has no function selct. Did you mean \"select\"?"},
		{`{selct: 1} | .selct | selct(1)`, `1:23-28 Unknown function: jq has no function selct. Did you mean "select"?`},
		{`map(.a; .b)`, `1:1-4 Unknown function: map takes 1 arguments here, not 2. Arguments are separated by ;.`},
		{`.a | $limt`, `1:6-11 Unknown variable: There is no variable $limt. Did you mean "$limit"?`},
		{`. as $total | $totl`, `1:15-20 Unknown variable: There is no variable $totl. Did you mean "$total"?`},
		{`label $a | break $b`, `1:18-20 Unknown label: There is no label $b around this break.`},
		{`.a | now`, `1:6-9 Not available in jq: ` + clock},
		{`{now: now}`, `1:7-10 Not available in jq: ` + clock},
		{`[now]`, `1:2-5 Not available in jq: ` + clock},
		{`$ENV.HOME`, `1:1-5 Not available in jq: $ENV is not available in mappings. Mappings do not see the environment. Declare a param and pass it as a variable.`},
		{`env | keys`, `1:1-4 Not available in jq: env is not available in mappings. Mappings do not see the environment. Declare a param and pass it as a variable.`},
		{`inputs`, `1:1-7 Not available in jq: inputs is not available in mappings. There is one input, the value given: use . for it.`},
		{`.t | fromdateiso8601`, `1:6-21 Not available in jq: fromdateiso8601 is not available in mappings. It fails on fractions of a second. Keep the text in jq and read it with time(text) in expr.`},
		{`.t | localtime`, `1:6-15 Not available in jq: localtime is not available in mappings. It depends on the zone of the machine. Use gmtime and strftime, or time functions in expr.`},
		{`import "x" as x; .`, `1:1-7 Not available in jq: import is not available in mappings. Programs load no files. What several programs need stands in the block definitions.`},
		{`"x" * .n`, `1:5-6 Text repeated without a bound: Text times a number that is not written here, or is above 10000, can fill the memory. Write a small number.`},
		{`.a | _multiply(.; 3)`, `1:6-15 Not available in jq: Names that begin with _ are the library's own. Choose another one.`},
		{`.[100000000] = 1`, `1:3-12 Index too large: An index above 10000 can fill the memory with an empty list.`},
		{strings.Repeat(" ", maxSource) + ".", `1:1-65538 Code too long: A program has at most 65536 bytes, this one has 65537. Split it into several attributes.`},
	}
	for _, tt := range tests {
		t.Run(strings.TrimSpace(tt.code), func(t *testing.T) {
			_, diags := CompileJQ(Literal(tt.code), []string{"$limit"})
			if d := cmp.Diff(tt.want, show(diags)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRunErrors(t *testing.T) {
	input := map[string]any{
		"s": "hunter2", "n": 1, "none": nil,
		"list": []any{map[string]any{"n": 1}, map[string]any{"n": "hunter2"}},
	}
	const addKinds = "jq cannot add a string and a number. Turn one into the other with tonumber or tostring."
	tests := []struct{ code, want string }{
		{`.s.b.c`, `1:3-5 Wrong kind of value: This needs an object, but got a string.`},
		{`.list | .[1].n.x`, `1:15-17 Wrong kind of value: This needs an object, but got a string.`},
		{`.none[]`, `1:6-8 Wrong kind of value: [] goes over a list or object, but got null. Where the field may be absent, write []? to go over nothing.`},
		{`.list[] | select(.n) | .n + 1 | tostring`, `1:24-30 Wrong kind of value: ` + addKinds},
		{`[.list[] | .n + 1]`, `1:12-18 Wrong kind of value: ` + addKinds},
		{`{a: .n, b: (.list | map(.n + 1))}`, `1:25-31 Wrong kind of value: ` + addKinds},
		{`{a: .n, b: .s.x}`, `1:14-16 Wrong kind of value: This needs an object, but got a string.`},
		{`.list as $l | $l | map({n: (.n | tonumber)})`, `1:34-42 jq failed: tonumber does not work on this value.`},
		{`def f: .s.x; .n | . as $n | {s: 1} | f`, `1:10-12 Wrong kind of value: This needs an object, but got a number. It was called at <code>:1:38.`},
		{`if .n == 1 then .s.x else .s.x end`, `1:19-21 Wrong kind of value: This needs an object, but got a string.`},
		{`.n, .s.x, .n`, `1:7-9 Wrong kind of value: This needs an object, but got a string.`},
		{`.n / 0`, `1:1-7 jq failed: A number cannot be divided by zero.`},
		{`.n | error("no alerts")`, `1:6-24 jq raised an error: The program refused the input: no alerts.`},
		{`.s | error`, `1:6-11 jq raised an error: The program refused the input with error. The message is not shown, because it was computed from data.`},
		{`.s | ltrimstr("h") | tonumber`, `1:22-30 jq failed: tonumber does not work on this value.`},
		{`.s | keys`, `1:6-10 Wrong kind of value: keys does not work on a string.`},
		{`"v: \(.s.x)"`, `1:9-11 Wrong kind of value: This needs an object, but got a string.`},
		{`(.s.x // 1)? // .s.y`, `1:19-21 Wrong kind of value: This needs an object, but got a string.`},
		{`.s | test("(")`, `1:6-15 jq failed: This cannot be computed from this input.`},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			_, err := run(t, tt.code, input)
			checkEvalError(t, err, tt.want)
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("the error shows a value")
			}
		})
	}
}

func TestRunBounds(t *testing.T) {
	_, err := run(t, `[repeat(1)]`, nil, Within(20*time.Millisecond))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("endless program: %v", err)
	}
	_, err = run(t, `range(10)`, nil, AtMost(9))
	checkEvalError(t, err, "1:1-10 Too many outputs: The program made more than 9 outputs. Ask the server for smaller pages, or bound the program with limit.")
	if out, err := run(t, `range(10)`, nil, AtMost(10)); len(out) != 10 || err != nil {
		t.Errorf("%v, %v", out, err)
	}
	q, diags := CompileJQ(Literal(`.`), nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err = q.Run(cancelled, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err = q.Run(context.Background(), 1, 2); err == nil {
		t.Error("a value without a variable must be refused")
	}
}

func TestRunLeavesInputAlone(t *testing.T) {
	text := []byte(`{"list":[{"n":1}],"o":{"a":1}}`)
	input, _ := Decode(text)
	same, _ := Decode(text)
	if _, err := run(t, `.list[0].n = 5 | .o.b = 2 | del(.o.a) | .list += [1]`, input); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(same, input); d != "" {
		t.Error(d)
	}
}
