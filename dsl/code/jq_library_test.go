package code

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sharedForTest = `# what programs share
def filled: map(select(. != null));
def named($what): .[$what];
def each(f): [.[] | f];
def deep: .a | named("b") | .c;
def since: $limit;
def loop: if . > 0 then . - 1 | loop else .none.x end;
def refuse: error("not this one");
`

func library(t *testing.T, text string) *Library {
	t.Helper()
	l, diags := CompileLibrary(Literal(text), []string{"limit", "$since"})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return l
}

func TestLibrary(t *testing.T) {
	l := library(t, sharedForTest)
	for _, tt := range []struct {
		code, calls string
		in, want    any
	}{
		{`filled`, "filled/0", []any{1, nil}, []any{1}},
		{`each(. + 1)`, "each/1", []any{1, 2}, []any{2, 3}},
		{`{filled: 1}`, "", nil, map[string]any{"filled": 1}},
		{`deep`, "named/1 deep/0", map[string]any{"a": map[string]any{"b": map[string]any{"c": 3}}}, 3},
		{`since + 1`, "since/0", nil, 3},
		{`def filled: "own"; filled`, "filled/0", nil, "own"},
		{`"\(filled | length)"`, "filled/0", []any{nil, 1}, "1"},
	} {
		q, diags := CompileJQ(Literal(tt.code), []string{"limit", "$since"}, Sharing(l))
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		got, err := q.Run(t.Context(), tt.in, 2, nil)
		if d := cmp.Diff([]any{tt.want}, got); err != nil || d != "" {
			t.Errorf("%s: %v %s", tt.code, err, d)
		}
		if calls := strings.Join(q.Calls(), " "); calls != tt.calls {
			t.Errorf("%s calls %s, want %s", tt.code, calls, tt.calls)
		}
	}
}

func TestLibraryMistakes(t *testing.T) {
	for _, tt := range []struct{ code, want string }{
		{`def a: .x | selct(.);`, `1:13-18 Unknown function: jq has no function selct. Did you mean "select"?`},
		{`def a: b; def b: 1;`, `1:8-9 Unknown function: b is defined only behind this place. A function sees itself and those before it.`},
		{`def a: $limt;`, `1:8-13 Unknown variable: There is no variable $limt. Did you mean "$limit"?`},
		{`def a: now;`, `1:8-11 Not available in jq: now is not available in mappings. A run has one clock. Pass its time as a variable, or decide with now in expr.`},
		{`def a: _add(1; 2);`, `1:8-12 Not available in jq: Names that begin with _ are the library's own. Choose another one.`},
		{`def a: 1`, `1:8-9 Invalid jq: The program ends too early: something must follow. A def has no ; at its end.`},
		{`def a: 1; def a: 2;`, `1:15-16 Duplicate name: There is another function a before this one, with as many arguments.`},
		{`def a: 1; def a($x): 2;`, ``},
		{`def first: 1;`, `1:5-10 Name taken: jq has a function first of its own, which no program of the mapping could call any more; choose another name.`},
		{`def first($x; $y): 1;`, `1:5-10 Name taken: jq has a function first of its own, which no program of the mapping could call any more; choose another name.`},
		{`def a: def first: 1; first;`, ``},
		{`def a: 1; .x | a`, `1:11-17 Definitions expected: Only definitions stand here, each as def name: program; — move this to the program that it belongs to.`},
		{`.x`, `1:1-3 Definitions expected: Only definitions stand here, each as def name: program; — move this to the program that it belongs to.`},
		{`# none`, `1:1-7 Definitions expected: Only definitions stand here, each as def name: program; — move this to the program that it belongs to.`},
		{strings.Repeat(" ", maxSource) + "def a: 1;", `1:1-65546 Code too long: A program has at most 65536 bytes, this one has 65545. Split it into several attributes.`},
	} {
		l, diags := CompileLibrary(Literal(tt.code), []string{"limit"})
		if d := cmp.Diff(tt.want, show(diags)); d != "" {
			t.Errorf("%.60s %s", tt.code, d)
		}
		if tt.want != "" {
			if q, diags := CompileJQ(Literal("a"), nil, Sharing(l)); q != nil || diags != nil {
				t.Errorf("%.60s: a program that calls what is not known is complained about: %s", tt.code, diags)
			}
		}
	}
}

func TestProgramsWithALibrary(t *testing.T) {
	l := library(t, sharedForTest)
	for _, tt := range []struct{ code, want string }{
		{`.a | fileld`, `1:6-12 Unknown function: jq has no function fileld. Did you mean "filled"?`},
		{`named(1; 2)`, `1:1-6 Unknown function: named takes 1 arguments here, not 2. Arguments are separated by ;.`},
		{`.a | "x" * filled`, `1:10-11 Text repeated without a bound: Text times a number that is not written here, or is above 10000, can fill the memory. Write a small number.`},
	} {
		_, diags := CompileJQ(Literal(tt.code), []string{"$limit"}, Sharing(l))
		if d := cmp.Diff(tt.want, show(diags)); d != "" {
			t.Errorf("%s %s", tt.code, d)
		}
	}
}

// A failure in a shared function is told where it stands there, and from where it was called.
func TestLibraryFailures(t *testing.T) {
	l := library(t, sharedForTest)
	for _, tt := range []struct {
		code        string
		in          any
		want, stage string
	}{
		{`.x | filled`, map[string]any{"x": 1}, `2:13-35 Wrong kind of value: [] goes over a list or object, but got a number. It was called at <code>:1:6.`, `map(select(. != null))`},
		{`.x | named("n")`, map[string]any{"x": []any{}}, `3:19-27 Wrong kind of value: This needs an object, but got a list. It was called at <code>:1:6.`, `.[$what]`},
		{`{y: (.x | deep)}`, map[string]any{"x": map[string]any{"a": map[string]any{"b": "c"}}}, `5:29-31 Wrong kind of value: This needs an object, but got a string. It was called at <code>:1:11.`, `.c`},
		{`deep`, map[string]any{"a": []any{}}, `3:19-27 Wrong kind of value: This needs an object, but got a list. It was called at <code>:1:1.`, `.[$what]`},
		{`each(.n)`, []any{1}, `1:6-8 Wrong kind of value: This needs an object, but got a number.`, `.n`},
		{`refuse`, 1, `8:13-34 jq raised an error: The program refused the input: not this one. It was called at <code>:1:1.`, `error("not this one")`},
		{`.x | tonumber`, map[string]any{"x": "no"}, `1:6-14 jq failed: tonumber does not work on this value.`, `tonumber`},
		{`def own: .x.y; .z | own`, map[string]any{"z": map[string]any{"x": 1}}, `1:12-14 Wrong kind of value: This needs an object, but got a number. It was called at <code>:1:21.`, `.x.y`},
	} {
		q, diags := CompileJQ(Literal(tt.code), []string{"limit", "$since"}, Sharing(l))
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, err := q.Run(t.Context(), tt.in, 2, nil)
		var failed *EvalError
		if !errors.As(err, &failed) {
			t.Fatalf("%s: %v", tt.code, err)
		}
		if d := cmp.Diff(tt.want, show(failed.Diagnostics())); d != "" || failed.Stage() != tt.stage {
			t.Errorf("%s: stage %s %s", tt.code, failed.Stage(), d)
		}
	}
	q, _ := CompileJQ(Literal("loop"), []string{"limit", "$since"}, Sharing(l))
	if _, err := q.Run(t.Context(), 100, 2, nil); err == nil {
		t.Error("a function that calls itself, and fails, does not")
	}
}

// What a shared function may take and make is bounded as everywhere.
func TestLibraryIsGuarded(t *testing.T) {
	l := library(t, `def grow: [limit(40; repeat(.))] | reduce .[] as $x ([]; . + .) | join(",");
		def big: reduce range(60) as $i ("xxxxxxxxxx"; . + .);
		def apply(f): f;`)
	for _, program := range []string{`"x" | big`, `apply("y" | big)`, `"\(big)"`, `def join: .; "x" | big`} {
		q, diags := CompileJQ(Literal(program), []string{"limit", "$since"}, Sharing(l))
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, err := q.Run(t.Context(), nil, 2, nil)
		if err == nil || !strings.Contains(err.Error(), "Too much at once") {
			t.Errorf("%s: %v", program, err)
		}
	}
}

// A function that has the name of one of jq lifts the bounds of that neither where it is
// not seen, nor for another number of arguments.
func TestOwnFunctionsLiftNoBounds(t *testing.T) {
	for _, program := range []string{
		`def f: def tojson: 1; 1; reduce range(40) as $i ([1]; [., .]) | tojson | length`,
		`def tojson($x): 1; reduce range(40) as $i ([1]; [., .]) | tojson | length`,
		`[1 | def tojson: 1; .] | reduce range(40) as $i ([1]; [., .]) | tojson | length`,
	} {
		q, diags := CompileJQ(Literal(program), nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, err := q.Run(t.Context(), nil)
		if err == nil || !strings.Contains(err.Error(), "Too much at once") {
			t.Errorf("%s: %v", program, err)
		}
	}
	q, _ := CompileJQ(Literal(`def tojson: "own"; tojson, (1 | tojson), [1 | def length: "l"; length]`), nil)
	if got, err := q.Run(t.Context(), nil); err != nil || fmt.Sprint(got) != "[own own [l]]" {
		t.Errorf("%v %v", got, err)
	}
}

func TestLibraryElsewhere(t *testing.T) {
	l := library(t, `def alerts: .alerts[]; def told: $since; def short: {id: .nr};`)
	q, diags := CompileJQ(Literal("alerts | short"), []string{"limit", "$since"}, Sharing(l))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if q.Names("since") {
		t.Error("a function that is not called counts")
	}
	in := map[string]any{"alerts": []any{map[string]any{"nr": 1}}}
	if stages := q.Stages(t.Context(), in, 1, nil); len(stages) != 2 || stages[1].Err != nil || stages[1].Text != "short" {
		t.Errorf("stages: %v", stages)
	}
	if got := q.Origins(From("answer")).Member("id").Places(); len(got) == 0 || !strings.HasSuffix(fmt.Sprint(got[0]), ".nr") {
		t.Errorf("origin of id: %v", got)
	}
	cut, _ := CompileJQ(Literal("alerts"), []string{"limit", "$since"}, Sharing(l))
	if paths, ok := cut.Paths(t.Context(), in, 1, nil); !ok || len(paths) != 1 || len(paths[0]) != 2 {
		t.Errorf("paths: %v %v", paths, ok)
	}
}
