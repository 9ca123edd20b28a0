package dsl

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// rewriteText is a test block around the attributes of an expect block.
func rewriteText(attrs string) string {
	return "test \"t\" {\n  flow = flow.base # the flow\n  expect \"event\" \"x\" {\n    " + strings.ReplaceAll(attrs, "\n", "\n    ") + "\n  }\n}\n"
}

func TestRewrite(t *testing.T) {
	type path = []any
	for _, tc := range []struct {
		name, before string
		change       func(w *Rewrite, v *Val) error
		after        string
	}{
		{"a text", `a = "x" # why`, func(w *Rewrite, v *Val) error { return w.Set(v, nil, "y${1}\n") }, `a = "y$${1}\n" # why`},
		{"a number for a text", `a = "x"`, func(w *Rewrite, v *Val) error { return w.Set(v, nil, 1.5) }, `a = 1.5`},
		{"null", `a = 1`, func(w *Rewrite, v *Val) error { return w.Set(v, nil, nil) }, `a = null`},
		{"of an object", "a = {\n  b = 1 # b\n  \"c d\" = [1, 2]\n}", func(w *Rewrite, v *Val) error {
			return errors.Join(w.Set(v, path{"b"}, 2), w.Set(v, path{"c d", 1}, true))
		}, "a = {\n  b = 2 # b\n  \"c d\" = [1, true]\n}"},
		{"an object for a text", `a = "x"`, func(w *Rewrite, v *Val) error { return w.Set(v, nil, map[string]any{"k": 1, "l": []any{"m"}}) }, "a = {\n  k = 1\n  l = [\"m\"]\n}"},
		{"a new name", "a = { b = 1 }", func(w *Rewrite, v *Val) error { return w.Set(v, path{"c"}, 2) }, "a = { b = 1, c = 2 }"},
		{"a new name in a line", "a = {\n  \"b\" = 1 # one\n}", func(w *Rewrite, v *Val) error { return w.Set(v, path{"c"}, 2) }, "a = {\n  \"b\" = 1 # one\n  \"c\" = 2\n}"},
		{"the first name", "a = {}", func(w *Rewrite, v *Val) error { return w.Set(v, path{"c d"}, 2) }, "a = { \"c d\" = 2 }"},
		{"more elements", "a = [1]", func(w *Rewrite, v *Val) error { return errors.Join(w.Set(v, path{1}, 2), w.Set(v, path{2}, 3)) }, "a = [1, 2, 3]"},
		{"the first elements", "a = []", func(w *Rewrite, v *Val) error { return errors.Join(w.Set(v, path{0}, 2), w.Set(v, path{1}, 3)) }, "a = [2, 3]"},
		{"more lines", "a = [\n  1, # one\n  2 # two\n]", func(w *Rewrite, v *Val) error { return errors.Join(w.Set(v, path{2}, 3), w.Set(v, path{3}, 4)) }, "a = [\n  1, # one\n  2, # two\n  3,\n  4,\n]"},
		{"fewer elements", "a = [1, 2, 3]", func(w *Rewrite, v *Val) error { return errors.Join(w.Remove(v, path{1}), w.Remove(v, path{2})) }, "a = [1]"},
		{"no elements", "a = [1, 2,]", func(w *Rewrite, v *Val) error { return errors.Join(w.Remove(v, path{0}), w.Remove(v, path{1})) }, "a = []"},
		{"fewer names", "a = { b = 1, c = 2, d = 3 }", func(w *Rewrite, v *Val) error { return errors.Join(w.Remove(v, path{"b"}), w.Remove(v, path{"d"})) }, "a = { c = 2 }"},
		{"fewer lines", "a = {\n  # of b\n  b = 1,\n  c = 2\n}", func(w *Rewrite, v *Val) error { return w.Remove(v, path{"b"}) }, "a = {\n  # of b\n  c = 2\n}"},
		{"the only name", "a = { b = 1 }", func(w *Rewrite, v *Val) error { return w.Remove(v, path{"b"}) }, "a = {  }"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := mustLoad(t, rewriteText(tc.before))
			w := m.Rewrite()
			if err := tc.change(w, m.Tests[0].Node.Block("expect").Val("a")); err != nil {
				t.Fatal(err)
			}
			files, err := w.Files()
			if err != nil {
				t.Fatal(err)
			}
			if got := string(files["case.hcl"]); got != rewriteText(tc.after) {
				t.Errorf("got\n%s\nwant\n%s", got, rewriteText(tc.after))
			}
		})
	}
}

func TestRewriteAdds(t *testing.T) {
	m := mustLoad(t, "test \"t\" {\n  flow    = flow.base # the flow\n  skipped = {}\n}\n")
	w := m.Rewrite()
	if err := w.Add(m.Tests[0].Node, "dead", 2); err != nil {
		t.Fatal(err)
	}
	files, err := w.Files()
	if want := "test \"t\" {\n  flow    = flow.base # the flow\n  dead    = 2\n  skipped = {}\n}\n"; err != nil || string(files["case.hcl"]) != want {
		t.Errorf("%s, %v", files["case.hcl"], err)
	}
}

// What is computed is left to its author.
func TestRewriteLeavesCodeAlone(t *testing.T) {
	for _, before := range []string{
		`a = upper("x")`, `a = [for x in ["a"] : x]`, `a = { for x in ["a"] : x => x }`, `a = true ? 1 : 2`, `a = 1 + 1`, `a = connector.name`, `a = "x ${connector.name}"`,
	} {
		m := mustLoad(t, rewriteText(before))
		w, v := m.Rewrite(), m.Tests[0].Node.Block("expect").Val("a")
		if err := w.Set(v, nil, "y"); !errors.Is(err, ErrComputed) {
			t.Errorf("%s: %v", before, err)
		}
		if err := w.Remove(v, []any{"a"}); !errors.Is(err, ErrComputed) {
			t.Errorf("%s: %v", before, err)
		}
		if files, err := w.Files(); len(files) > 0 || err != nil {
			t.Errorf("%s: %v %v", before, files, err)
		}
	}
}

// Whatever an expectation looks like, what is written is HCL, and says what it was to say.
func FuzzRewrite(f *testing.F) {
	for _, seed := range []string{`"x"`, `{ b = [1, 2] }`, "[\n  1, # one\n]", `{}`, `[]`, `{ b = {} }`, "<<-EOT\n  x\nEOT\n", `(1)`} {
		f.Add(seed, "b", "y")
	}
	f.Fuzz(func(t *testing.T, value, name, to string) {
		m, diags := load("case.hcl", rewriteText("a = "+value))
		if diags.HasErrors() || len(m.Tests) == 0 {
			return
		}
		n := m.Tests[0].Node.Block("expect")
		if n == nil || n.Val("a") == nil {
			return
		}
		for _, path := range [][]any{nil, {name}, {0}, {1}, {name, 0}} {
			w := m.Rewrite()
			if w.Set(n.Val("a"), path, to) != nil {
				continue
			}
			files, err := w.Files()
			if err != nil {
				t.Fatalf("%v of %s: %s", path, value, err)
			}
			if _, diags := hclsyntax.ParseConfig(files["case.hcl"], "case.hcl", hcl.InitialPos); diags.HasErrors() {
				t.Fatalf("%v of %s: %s\n%s", path, value, diags, files["case.hcl"])
			}
		}
	})
}
