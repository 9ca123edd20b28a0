package dsl

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tqmap/dsl/code"
)

// templates loads an event with the given description and evaluates its plain
// parts.
func templates(t *testing.T, attr, value string) Template {
	t.Helper()
	m := mustLoad(t, `
param "name" {
  type    = string
  default = "n"
}
locals { used = param.name }
flow "f" {
  source "list" {}
  record "item" { key = expr("item.id") }
  event "e" {
    type        = "x"
    title       = "x"
    happened_at = expr("item.seen")
    `+attr+` = `+value+`
  }
}`)
	b := bind(t, m, nil)
	tmpl, diags := m.Flow("f").Rules[0].Node.Val(attr).Template(b.Scope)
	if diags.HasErrors() {
		t.Fatalf("%s: %v", value, diags)
	}
	return tmpl
}

func item(title string) map[string]any {
	return map[string]any{"item": map[string]any{
		"id": 7, "title": title, "status": "OPEN", "tags": []any{"a", "b"}, "note": nil,
	}}
}

func TestTemplateEval(t *testing.T) {
	tests := []struct {
		value string
		want  any
	}{
		{`"plain"`, "plain"},
		{`"a ${param.name}"`, "a n"},
		{`null`, nil},
		{`[1, 2.5, true]`, []any{1, 2.5, true}},
		{`9007199254740993`, 9007199254740993},
		{`expr("item.title")`, "one"},
		{`(expr("item.title"))`, "one"},
		{`[expr("item.title"), "x", null]`, []any{"one", "x", nil}},
		{`{ a = 1, b = [2] }`, map[string]any{"a": 1, "b": []any{2}}},
		{`{ (param.name) = expr("item.id"), "é" = { x = [expr("item.note")] }, 5 = "five" }`,
			map[string]any{"n": 7, "é": map[string]any{"x": []any{nil}}, "5": "five"}},
		{`[[expr("item.id")], []]`, []any{[]any{7}, []any{}}},
		{`merge({ a = 1 }, { b = param.name })`, map[string]any{"a": 1, "b": "n"}},
		{`{}`, map[string]any{}},
		{`[]`, []any{}},
	}
	for _, tt := range tests {
		tmpl := templates(t, "description", tt.value)
		got, err := tmpl.Eval(item("one"))
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", tt.value, err, diff)
		}
	}
}

func TestTemplateFields(t *testing.T) {
	type field struct {
		Name, Mode string
		Value      any
	}
	tests := []struct {
		value string
		want  []field
	}{
		{`{ "Z" = fixed(expr("item.id")), "A" = add(expr("item.tags")), "M" = expr("item.title"), "B" = "plain" }`,
			[]field{{"Z", "fixed", 7}, {"A", "add", []any{"a", "b"}}, {"M", "", "one"}, {"B", "", "plain"}}},
		{`{ "Z" = "plain", "A" = 5, (param.name) = null }`, []field{{"Z", "", "plain"}, {"A", "", 5}, {"n", "", nil}}},
		{`{ "Z" = fixed("plain"), "A" = add(["x", expr("item.id")]) }`, []field{{"Z", "fixed", "plain"}, {"A", "add", []any{"x", 7}}}},
		{`{ "Z" = fixed((expr("item.id"))) }`, []field{{"Z", "fixed", 7}}},
		{`merge({ "Z" = 1 }, { "A" = "x" })`, []field{{"A", "", "x"}, {"Z", "", 1}}},
		{`{ for x in ["q", "p"] : x => upper(x) }`, []field{{"p", "", "P"}, {"q", "", "Q"}}},
		{`param.name == "n" ? { "A" = 1 } : null`, []field{{"A", "", 1}}},
		{`null`, nil},
	}
	for _, tt := range tests {
		tmpl := templates(t, "attributes", tt.value)
		var got []field
		for _, f := range tmpl.Fields() {
			v, err := f.Value.Eval(item("one"))
			if err != nil {
				t.Fatalf("%s: %v", tt.value, err)
			}
			got = append(got, field{f.Name, f.Mode, v})
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.value, diff)
		}
	}
}

// Plain parts belong to the run, not to the record: they need no scope any more,
// and hold the very value that was computed.
func TestTemplatePlainPartsAreEvaluatedOnce(t *testing.T) {
	tmpl := templates(t, "description", `{ a = ["x", param.name], b = expr("item.title") }`)
	first, err := tmpl.Eval(item("one"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := tmpl.Eval(item("two"))
	if err != nil {
		t.Fatal(err)
	}
	a1, a2 := first.(map[string]any)["a"].([]any), second.(map[string]any)["a"].([]any)
	if &a1[0] != &a2[0] {
		t.Error("the plain list was made again")
	}
	if diff := cmp.Diff(map[string]any{"a": []any{"x", "n"}, "b": "two"}, second); diff != "" {
		t.Error(diff)
	}
}

func TestTemplateEvalError(t *testing.T) {
	for _, value := range []string{`expr("item.tags[5]")`, `[1, expr("item.tags[5]")]`, `{ a = { b = expr("item.tags[5]") } }`} {
		tmpl := templates(t, "description", value)
		got, err := tmpl.Eval(item("one"))
		var failed *code.EvalError
		if !errors.As(err, &failed) || got != nil {
			t.Errorf("%s: %v %v", value, got, err)
			continue
		}
		if at := failed.Diagnostics()[0].Subject; at.Filename != "case.hcl" || at.Start.Line != 14 {
			t.Errorf("%s: at %s", value, at)
		}
	}
}

func TestTemplatePlainError(t *testing.T) {
	m := mustLoad(t, `
param "name" { type = string }
flow "f" {
  source "list" {}
  record "item" { key = expr("item.id") }
  event "e" {
    type        = "x"
    title       = "for ${param.name}"
    happened_at = expr("item.seen")
    attributes  = { "a" = fixed("x${param.name}"), (param.name) = expr("item.id") }
  }
}`)
	b := bind(t, m, nil)
	for attr, want := range map[string]int{"title": 1, "attributes": 2} {
		_, diags := m.Flow("f").Rules[0].Node.Val(attr).Template(b.Scope)
		if len(diags.Errs()) != want || !strings.Contains(diags.Error(), "null") {
			t.Errorf("%s: %v", attr, diags)
		}
	}
}

func TestNilTemplate(t *testing.T) {
	var v *Val
	tmpl, diags := v.Template(newScoped(nil))
	got, err := tmpl.Eval(nil)
	if diags.HasErrors() || got != nil || err != nil || tmpl.Fields() != nil {
		t.Error(diags, got, err)
	}
	if diff := cmp.Diff(Template{}, tmpl, cmp.AllowUnexported(Template{}), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}
