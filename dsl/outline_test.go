package dsl

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"tqmap/dsl/code"
)

func outlineOf(t *testing.T, text string) (code.Shape, hcl.Diagnostics) {
	t.Helper()
	e, diags := hclsyntax.ParseExpression([]byte(text), "o", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return readOutline(e)
}

// TestOutlineIsReadAsItIsWritten infers shapes, writes them and reads them back.
func TestOutlineIsReadAsItIsWritten(t *testing.T) {
	for _, records := range [][]any{
		{map[string]any{"id": "a", "n": 1, "f": 1.5, "ok": true, "none": nil}},
		{map[string]any{"a": 1}, map[string]any{"a": 1.5, "b": map[string]any{"c": []any{map[string]any{"d": 1}, map[string]any{}}}}},
		{map[string]any{"for": 1, "null": 2, "true": 3, "with space": 4, "a-b": 5, "${x}": 6, "ü": 7, "1": 8, "": 9}},
		{map[string]any{"empty": map[string]any{}, "list": []any{}}},
		{"text", "more"}, {1, nil}, {[]any{[]any{1}}}, {},
	} {
		want := code.Infer(records)
		text := WriteOutline(want, "  ")
		got, diags := outlineOf(t, text)
		if diags.HasErrors() {
			t.Fatalf("%s: %s", text, diags)
		}
		if again := WriteOutline(got, "  "); again != text {
			t.Errorf("written %s, read and written %s", text, again)
		}
		if diff := code.Unlike(got, want); len(diff) > 0 {
			t.Errorf("%s does not fit what it was made of: %s", text, diff)
		}
	}
}

func TestReshapeChangesNothingElse(t *testing.T) {
	const src = `connector "c" {
  title  = "C"
  source = "C"
}
client "c" {
  base_url = "https://c.example"
}
flow "one" {
  source "list" {
  }
  record "item" {
    key = expr("item.id") # the id
  }
  event "e" {
    type        = "Alert"
    title       = expr("item.id")
    happened_at = expr("now")
  }
}
`
	load := func(src string) *Mapping {
		m, diags := Load(Input{FS: fstest.MapFS{"c.hcl": {Data: []byte(src)}}, Names: []string{"c.hcl"}}, vocabulary())
		for _, d := range diags {
			if d.Summary != "Without effect" {
				t.Logf("%s", d)
			}
		}
		return m
	}
	m := load(src)
	first := code.Infer([]any{map[string]any{"id": "a"}})
	reshaped := func(m *Mapping, s code.Shape) string {
		w := m.Rewrite()
		w.Shape(m.Flows[0].Record, s)
		files, err := w.Files()
		if err != nil {
			t.Fatal(err)
		}
		return string(files["c.hcl"])
	}
	got := reshaped(m, first)
	want := strings.Replace(src, "# the id\n", "# the id\n    shape = {\n      id = string\n    }\n", 1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	m = load(got)
	got = reshaped(m, code.Infer([]any{map[string]any{"id": "a", "n": 1}}))
	want = strings.Replace(want, "      id = string\n", "      id = string\n      n  = integer\n", 1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
