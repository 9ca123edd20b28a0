package scaffold

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"tqmap/dsl/code"
)

var update = flag.Bool("update", false, "rewrite the mappings in testdata")

// TestMapping makes a mapping of the answers in each archive, which begins with what the
// flags would say, and compares it with the file want.hcl.
func TestMapping(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			flags := strings.Fields(string(archive.Comment)) // auth, path and what the answers were written in
			p := Plan{Name: "acme", Title: "Acme's EDR", URL: "https://api.example.com/", Path: "alerts", Auth: flags[0]}
			if len(flags) > 1 {
				p.Path = flags[1]
			}
			if len(flags) > 2 {
				p.Decode = Decode{Kind: flags[2]}
				p.Rows = !p.isXML()
			}
			for _, f := range archive.Files[:len(archive.Files)-1] {
				answer, err := code.Decode(f.Data)
				if err != nil {
					t.Fatal(f.Name, err)
				}
				p.Answers, p.Files, p.Samples = append(p.Answers, answer), append(p.Files, f.Name), "*.json"
			}
			if answers, isRows := rowsOf(p); isRows {
				p.Answers = answers
			}
			got, err := Mapping(p)
			if err != nil {
				got = []byte(err.Error() + "\n")
			}
			want := &archive.Files[len(archive.Files)-1]
			if *update {
				want.Data = got
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(want.Data), string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// rowsOf are the rows of all answers, where a list of them stands for what is no JSON.
func rowsOf(p Plan) (rows []any, ok bool) {
	for _, a := range p.Answers {
		list, _ := a.([]any)
		rows = append(rows, list...)
	}
	return rows, p.Rows
}

// TestAnyAnswerMakesAFile feeds it answers that nobody would think of.
func TestAnyAnswerMakesAFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Plan{Name: "x", Title: rapid.String().Draw(t, "title"), URL: "https://x.example", Path: rapid.String().Draw(t, "path"), Auth: rapid.SampledFrom(Auths()).Draw(t, "auth")}
		for range rapid.IntRange(0, 2).Draw(t, "answers") {
			p.Answers = append(p.Answers, value(4).Draw(t, "answer"))
		}
		src, err := Mapping(p)
		var bad *AnswerError
		if err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
		if _, diags := hclsyntax.ParseConfig(src, "x.hcl", hcl.InitialPos); diags.HasErrors() {
			t.Fatalf("%s\n%s", diags, src)
		}
	})
}

func value(depth int) *rapid.Generator[any] {
	scalar := rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.String(), toAny[string]), rapid.Map(rapid.Int(), toAny[int]), rapid.Map(rapid.Bool(), toAny[bool]), rapid.Map(rapid.Float64Range(-1e9, 1e9), toAny[float64]))
	if depth == 0 {
		return scalar
	}
	name := rapid.OneOf(rapid.SampledFrom([]string{"id", "alerts", "data", "next", "total", "created", "for", "null", "${x}", "a-b"}), rapid.String())
	object := rapid.Map(rapid.MapOfN(name, rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) }), 0, 5), toAny[map[string]any])
	list := rapid.Map(rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) }), 0, 4), toAny[[]any])
	return rapid.OneOf(object, list, scalar)
}

func toAny[T any](v T) any { return v }

func TestName(t *testing.T) {
	for typed, want := range map[string]string{"Acme EDR": "acme_edr", " a-b ": "a_b", "Ünïcode1": "ncode1", "../../x": "x", "!!": ""} {
		if got := Name(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
