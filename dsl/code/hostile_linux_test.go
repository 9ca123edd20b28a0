//go:build !race

package code

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/itchyny/gojq"
)

// hostile is a program that would fill the memory or not end, and how it ends: the
// diagnostic, as show writes it, holds all of says; "" first: it may end well.
type hostile struct {
	lang, name, code string
	says             []string
}

func hostilePrograms() []hostile {
	const (
		slow   = "jq took too long"
		memory = "jq took too" // long or much memory, whichever comes first
		much   = "Too much at once"
		large  = "Result too large"
		shared = "reduce range(60) as $i (1; [., .])"
		deep   = "reduce range(20000) as $i (1; [.])"
		text   = `("x" * 10000 | [range(2000) as $i | .] | add)` // 20 MB
		line   = `("a" * 10000 | [range(90) as $i | .] | add)`   // 900 kB
	)
	jq := func(name, code string, says ...string) hostile { return hostile{"jq", name, code, says} }
	expr := func(name, code string, says ...string) hostile { return hostile{"expr", name, code, says} }
	return []hostile{
		jq("range", `range(1e12)`, "1:1-", "Too many outputs"),
		jq("range, counted", `reduce range(1e12) as $i (0; . + 1)`, "1:1-", slow),
		jq("list of a range", `[range(1e9)]`, "1:1-", "jq took too much memory"),
		jq("repeat", `last(repeat(.))`, "1:1-", slow),
		jq("recurse", `[recurse(.)]`, "1:1-", memory),
		jq("recurse, growing", `last(recurse([., .]))`, "1:1-", slow),
		jq("until", `until(false; .)`, "1:1-", slow),
		jq("while", `[while(true; . )]`, "1:1-", memory),
		jq("def that calls itself", `def f: f; f`, "1:1-", slow),
		jq("def that calls itself, deep", `def f: 1 + f; f`, "1:1-"),
		jq("limit", `[limit(1e9; repeat(1))]`, "1:1-", memory),
		jq("combinations", `[range(100)] | [., ., ., ., .] | [combinations]`, "1:1-", memory),
		jq("text times number", `. as $n | 1e9 as $m | ("x" | . * $m)`, "1:", much, "too large"),
		jq("text times number, in turn", `("x" * 10000) * 10000`, "1:", much),
		jq("doubled text", `reduce range(60) as $i ("x"; . + .)`, "1:", much),
		jq("doubled list", `reduce range(60) as $i ([1]; . + .)`, "1:", much),
		jq("doubled by update", `reduce range(60) as $i ("x"; . += .)`, "1:", much),
		jq("doubled in text", `reduce range(60) as $i ("x"; "\(.)\(.)")`, "1:1-"),
		jq("many times the same text", text+` | "`+strings.Repeat(`\(.)`, 2000)+`" | length`, "1:", memory),
		jq("shared parts, put out", shared, "1:1-", large),
		jq("shared parts, as JSON", shared+` | tojson`, "1:", much),
		jq("shared parts, @json", shared+` | @json`, "1:", much),
		jq("shared parts, in a text", shared+` | "\(.)"`, "1:", much),
		jq("shared parts, compared", shared+` | . == .`, "1:", much),
		jq("shared parts, sorted", shared+` | [., .] | sort`, "1:", much),
		jq("shared parts, flattened", shared+` | flatten`, "1:", much),
		jq("shared parts, raised", shared+` | error`, "1:", much),
		jq("shared parts, contains", shared+` | contains(.)`, "1:", much),
		jq("shared objects, merged", `reduce range(60) as $i ({}; {a: ., b: .}) | . * .`, "1:", much),
		jq("shared parts, walked", shared+` | [.. | numbers] | length`, "1:1-", memory),
		jq("paths explode", shared+` | [paths]`, "1:1-", memory),
		jq("deep, put out", deep, "1:1-", large),
		jq("deep, as JSON", deep+` | tojson`, "1:", much),
		jq("very deep", `reduce range(1e9) as $i (1; [.])`, "1:1-"),
		jq("deep path", `setpath([range(20000) | 0]; 1)`, "1:", much),
		jq("deep path, assigned", `[range(20000) | 0] as $p | null | getpath($p) = 1`, "1:", much),
		jq("far index", `500000000 as $n | null | .[$n] = 1`, "1:", much),
		jq("far index, updated", `500000000 as $n | null | .[$n] |= 1`, "1:", much),
		jq("far index, added to", `500000000 as $n | null | .[$n] += 1`, "1:", much),
		jq("far index, setpath", `null | setpath([500000000]; 1)`, "1:", much),
		jq("far index, pick", `500000000 as $n | null | pick(.[$n])`, "1:", much),
		jq("far index, fromstream", `fromstream([[500000000], 1], [[500000000]])`, "1:", much),
		jq("far index, the library's name", `_setpath([500000000]; 1)`, "1:1-", "Not available"),
		jq("join", text+` as $s | [range(100000)] | join($s)`, "1:", much),
		jq("add", text+` as $s | [range(1000) | $s] | add`, "1:", much),
		jq("transpose", `[[range(100000)]] + [range(100000) | []] | transpose`, "1:", much),
		jq("implode", `[range(3000000) | 120] | implode | length`, ""),
		jq("Base64 of Base64", `reduce range(60) as $i ("x" * 1000; @base64)`, "1:", much),
		jq("Base64 undone", `"`+strings.Repeat("QUFB", 10000)+`" | @base64d | length`, ""),
		jq("trimming", "\"x\" * 10000 | "+strings.Repeat(`ltrimstr("x") | `, 1000)+"length", ""),
		jq("regular expression that goes back", `"`+strings.Repeat("a", 5000)+`" | test("(a+)+$x")`, ""),
		jq("matches", line+` | [match(""; "g")] | length`, "1:", much),
		jq("matches in 64 kB", `"a" * 10000 | [., ., ., ., ., .] | add | [match(""; "g")] | length`, ""),
		jq("test of 900 kB", line+` | test("(a*)*b")`, ""),
		jq("matches in a long text", text+` | [match(""; "g")] | length`, "1:", much),
		jq("gsub", line+` | gsub("a"; "bb") | length`, "1:", much),
		jq("gsub in 50 kB", `"a" * 10000 | [., ., ., ., .] | add | gsub("a"; "bb") | length`, ""),
		jq("long regular expression", text+` as $re | "x" | test($re)`, "1:", much),
		jq("splits", text+` | [splits("x")] | length`, "1:", much),
		jq("split", text+` | split("")`, "1:", much),
		jq("explode", text+` | explode`, "1:", much),
		jq("fromjson", `"[" * 10000 | fromjson`, "1:"),
		jq("large integers", `reduce range(60) as $i (10000000000000000000; . * .)`, "1:", much),
		jq("long number", `"9" * 10000 | tonumber`, "1:", much),
		jq("each with each", `[range(200000)] | . - .`, "1:", much),
		jq("indices", `[range(100000)] | indices([range(100000)])`, "1:", much),
		jq("object that grows", `reduce range(1e9) as $i ({}; .["\($i)"] = $i)`, "1:1-"),
		jq("long format", text+` as $f | 0 | strftime($f)`, "1:", much),
		jq("hidden by ?", `[repeat(reduce range(60) as $i ("x"; . + .)?)]`, "1:1-"),
		jq("input", `input`, "1:1-6", "Not available"),
		jq("env", `env`, "1:1-4", "Not available"),
		jq("$ENV", `$ENV`, "1:1-5", "Not available"),
		jq("$__loc__", `$__loc__`, ""),
		jq("brackets", strings.Repeat("[", 20000)+strings.Repeat("]", 20000), "1:"),

		expr("repeat", `repeat('x', 1000000000)`, "1:1-", "1048576"),
		expr("repeat of repeat", `repeat(repeat('x', 1000), 1000000)`, "1:1-", "1048576"),
		expr("map over a range", `map(1..1000000000, #)`, "1:"),
		expr("range", `1..1000000000`, "1:"),
		expr("count in loops", `count(1..9000, count(1..9000, true) > 0)`, "1:", "collections"),
		expr("three loops", `count(1..9, count(1..9, count(1..9, true) > 0) > 0)`, "1:", "nested"),
		expr("doubled text", `let a = repeat('x', 1000000); let b = a + a; b`, "1:", "1048576"),
		expr("text in a loop", `len(map(1..99000, repeat('x', 1000000)))`, "1:19-25", "bytes of text"),
		expr("text in lists in a loop", `len(map(1..99000, [repeat('x', 1000000)]))`, "1:", "bytes of text"),
		expr("text as keys in a loop", `len(groupBy(1..9000, repeat('x', 100000) + string(#)))`, "1:", "bytes of text"),
		expr("reduce", `reduce(1..90000, #acc + 'xxxxxxxxxxxxxxxxxxxx', '')`, "1:", "bytes of text"),
		expr("power", `9 ** 9 ** 9 ** 9`, ""),
		expr("toJSON of shared parts", sharedExpr+`toJSON(l19)`, "1:"),
		expr("shared parts", sharedExpr+`l19`, "1:", "too large"),
		expr("shared parts, compared", sharedExpr+`l19 == l19`, ""),
		expr("sort", `len(sort(map(1..99000, -#)))`, ""),
		expr("regular expression that goes back", `repeat('a', 900000) matches '(a+)+$x'`, ""),
		expr("long regular expression", `'x' matches repeat('(a{1000})', 100000)`, "1:"),
		expr("huge number", `1e400`, "1:"),
		expr("brackets", strings.Repeat("(", 3000)+"1"+strings.Repeat(")", 3000), ""),
		expr("lists in lists", strings.Repeat("[", 3000)+"1"+strings.Repeat("]", 3000), "1:"),
		expr("split", `len(split(repeat('x', 1000000), ''))`, ""),
		expr("join", `join(map(1..90000, repeat('x', 1000)), '')`, "1:"),
		expr("flatten", `len(flatten(map(1..90000, [1, 2, 3, 4])))`, "1:"),
	}
}

// sharedExpr makes a list of 2^20 elements in 20 steps.
var sharedExpr = func() string {
	var b strings.Builder
	b.WriteString("let l0 = [1, 1]; ")
	for i := range 19 {
		fmt.Fprintf(&b, "let l%d = [l%d, l%d]; ", i+1, i, i)
	}
	return b.String()
}()

// What one program may cost beyond what the test itself takes.
const (
	hostileTime   = 30 * time.Second // of work, loosely
	hostileMemory = 1536 << 10       // kB, of the process at its peak
	addressSpace  = 8 << 30
)

// verdict is what a child tells of the program that it ran.
type verdict struct {
	Diags  string
	Millis int64
	PeakKB int64
}

// Each hostile program ends in time, within memory, and with an error at the place.
func TestHostilePrograms(t *testing.T) {
	for _, p := range hostilePrograms() {
		t.Run(p.lang+"/"+p.name, func(t *testing.T) {
			t.Parallel()
			v := inChild(t, p)
			t.Logf("%d ms, %d MB: %.200s", v.Millis, v.PeakKB>>10, v.Diags)
			if took := time.Duration(v.Millis) * time.Millisecond; took > hostileTime {
				t.Errorf("took %s", took)
			}
			if v.PeakKB > hostileMemory {
				t.Errorf("took %d MB", v.PeakKB>>10)
			}
			if p.says[0] == "" {
				return
			}
			late := strings.Contains(v.Diags, "took too long") // on a busy machine that may come first
			for _, part := range p.says {
				if late && !strings.HasSuffix(part, ":") {
					continue // then only the place is certain
				}
				if !strings.Contains(v.Diags, part) {
					t.Errorf("ends with %.300q, which does not say %q", v.Diags, part)
				}
			}
		})
	}
}

const childEnv = "HOSTILE_PROGRAM"

func inChild(t *testing.T, p hostile) verdict {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*hostileTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestHostileChild$")
	cmd.Env = append(os.Environ(), childEnv+"="+p.lang, "GOMEMLIMIT=1GiB", "GOTRACEBACK=none")
	cmd.Stdin = strings.NewReader(p.code)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("the process died: %v %.500s", err, &errs)
	}
	var v verdict
	line, _, _ := strings.Cut(out.String(), "\n")
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		t.Fatalf("%v: %.500s", err, &out)
	}
	return v
}

// TestHostileChild runs the program on its standard input, in a process whose address
// space is limited: an allocation without bounds ends it, not the machine.
func TestHostileChild(t *testing.T) {
	lang := os.Getenv(childEnv)
	if lang == "" {
		t.Skip("runs in a process of its own")
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: addressSpace, Max: addressSpace}); err != nil {
		t.Fatal(err)
	}
	var in bytes.Buffer
	if _, err := in.ReadFrom(os.Stdin); err != nil {
		t.Fatal(err)
	}
	v := verdict{Diags: ended(lang, in.String())}
	v.Millis = cpu(t).Milliseconds()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`VmHWM:\s*(\d+) kB`).FindSubmatch(status); m != nil {
		v.PeakKB, _ = strconv.ParseInt(string(m[1]), 10, 64)
	}
	b, _ := json.Marshal(v)
	fmt.Println(string(b))
}

// cpu is the time that the process has worked: waiting for others does not count.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// ended is what a program ends with: its diagnostics, "" if it ends well.
func ended(lang, code string) string {
	var err error
	if lang == "jq" {
		limit := time.Second // enough to fill much
		if code == `[range(1e9)]` {
			limit = 20 * time.Second
		}
		q, diags := CompileJQ(Literal(code), nil, Within(limit))
		if diags.HasErrors() {
			return show(diags)
		}
		_, err = q.Run(context.Background(), nil)
	} else {
		e, diags := CompileExpr(Literal(code), Env{})
		if diags.HasErrors() {
			return show(diags)
		}
		_, err = e.Eval(map[string]any{})
	}
	if failed, is := err.(*EvalError); is {
		return show(failed.Diagnostics())
	}
	return ""
}

// The checks change nothing about programs that stay within bounds.
func TestGuardedProgramsSayTheSame(t *testing.T) {
	input, err := Decode([]byte(`{"a":[3,1,2,{"b":"x,y"}],"s":"a-b-a","n":5,"o":{"k":{"l":1}},"e":[],"z":null,"big":123456789012345678901}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{
		`[(1, 2) + (.n, 20)]`, `[.n - (1, .n)], [.n * .n], [.n / (.n, 2)]`, `.s / "-"`, `.o * {k: {m: .n}}`, `.a + .e | length`,
		`[.a[] == .n], [.a[] < .n], [.n >= (.n, 1)], (.s != .n)`, `.a |= sort`, `.o.k.l += .n`, `.o[.s] = (1, 2)`, `.a[.n - 5] |= empty`,
		`(.a[] | numbers) += 1`, `.a |= map(tostring)`, `[.a[] | numbers] | add, min, max, join("-")`, `.s | [match("a"; "g").offset], test("B"; "i"), gsub("(?<x>a)"; "<\(.x)>")`,
		`[.s | scan("[ab]")], [.s | splits("-")], (.s | split("-")), (.s | split("-+"; null))`, `.a | contains([{b: "x"}]), index(1), indices(2)`,
		`del(.a[.n - 4], .o.k)`, `del(.a[0, 1])`, `pick(.o.k.l)`, `[paths]`, `to_entries | from_entries`, `with_entries(.value |= tojson)`, `@json "v=\(.o)", @base64 "\(.s)"`, `.s | @base64 | @base64d`,
		`. as {$s, n: $m} | "\($s)\($m)"`, `path(.a[] | select(. == 1))`, `[.. | scalars] | length`, `setpath(["q", 2]; 1)`, `delpaths([["a"], ["o", "k"]])`,
		`.z // .n, (.zz //= 4 | .zz)`, `.n %= 3 | .n`, `try error({x: .n}) catch .x`, `(.a[3].b, .s) |= ascii_upcase`, `.a[1:] = [9]`, `.a[1:] |= map(numbers + 1)`,
		`def join($x): "own"; .a | join(",")`, `def f($x): $x + .n; f(1, 2)`, `reduce .a[:3][] as $x (0; . + $x)`, `[foreach .a[:3][] as $x (0; . + $x; [$x, .])]`,
		`[limit(3; repeat(.n))]`, `.n as $x | [$x, $x] | transpose?`, `[[1, 2], [3]] | transpose`, `[tostream] | fromstream(.[])`, `.big + 1, -.big`, `group_by(.)?`, `[.a[:3] | sort_by(-.)[]]`,
		`.a[0] as $i | .a[$i]?`, `"1.5" | tonumber`, `INDEX(.a[:3][]; . * 2)`, `.n | IN(1, 5)`, `if .a == [] then 1 elif .n > 4 then "\(.n)" else 3 end`, `.o | has("k"), keys, length`,
		`0 | strftime("%Y")`, `[.a[:3][] as $x | .a[:3][] as $y | select($x < $y) | [$x, $y]]`, `(.a | length) as $l | .a[$l - 1].b += "!"`, `label $f | .a[] | if . == 2 then break $f else . end`,
	} {
		plain := results(t, code, func(q *gojq.Query) (*gojq.Code, error) { return gojq.Compile(q) }, input)
		guarded := results(t, code, func(q *gojq.Query) (*gojq.Code, error) { return compileJQ(q, nil, nil) }, input)
		if !reflect.DeepEqual(plain, guarded) {
			t.Errorf("%s\nplain   %v\nguarded %v", code, plain, guarded)
		}
	}
}

func results(t *testing.T, code string, compile func(*gojq.Query) (*gojq.Code, error), input any) (out []any) {
	t.Helper()
	query, err := gojq.Parse(code)
	if err != nil {
		t.Fatal(code, err)
	}
	q, err := compile(query)
	if err != nil {
		t.Fatal(code, err)
	}
	it := q.RunWithContext(t.Context(), input)
	for {
		v, ok := it.Next()
		if !ok {
			return out
		}
		if err, failed := v.(error); failed {
			return append(out, err.Error())
		}
		out = append(out, v)
	}
}
