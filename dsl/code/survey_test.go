package code

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestSurvey(t *testing.T) {
	records := []any{
		map[string]any{"id": "a", "src": map[string]any{"ip": "10.0.0.1"}, "tags": []any{"x", nil}},
		map[string]any{"id": 2, "src": nil},
		map[string]any{"id": "b", "n": 1.5},
	}
	want := []Field{
		{Path: "id", Kinds: []string{"integer", "string"}, Count: 3, Of: 3, Example: `"a"`},
		{Path: "n", Kinds: []string{"number"}, Count: 1, Of: 3, Example: "1.5"},
		{Path: "src", Kinds: []string{"null", "object"}, Count: 1, Of: 3},
		{Path: "src.ip", Kinds: []string{"string"}, Count: 1, Of: 1, Example: `"10.0.0.1"`},
		{Path: "tags", Kinds: []string{"list"}, Count: 1, Of: 3},
		{Path: "tags[]", Kinds: []string{"null", "string"}, Count: 1, Of: 2, Example: `"x"`},
	}
	if diff := cmp.Diff(want, Survey(records), cmpopts.IgnoreFields(Field{}, "Value")); diff != "" {
		t.Error(diff)
	}
	if got := Survey([]any{"a", nil}); len(got) != 1 || got[0].Path != "" || got[0].Count != 1 || got[0].Of != 2 {
		t.Errorf("records that are no objects: %+v", got)
	}
}

func TestUnlike(t *testing.T) {
	object := func(fields map[string]Shape) Shape { return ObjectOf(fields) }
	text, count := Shape{Kind: String}, Shape{Kind: Int}
	maybe := Shape{Kind: String, Optional: true}
	for _, c := range []struct {
		name       string
		want, seen Shape
		diff       []string
	}{
		{"the same", object(map[string]Shape{"a": text}), object(map[string]Shape{"a": text}), nil},
		{"new", object(nil), object(map[string]Shape{"a": text}), []string{"a is new"}},
		{"gone", object(map[string]Shape{"a": text, "b": maybe}), object(nil), []string{"a is gone"}},
		{"absent", object(map[string]Shape{"a": text}), object(map[string]Shape{"a": maybe}), []string{"a may be absent"}},
		{"another kind", object(map[string]Shape{"a": text}), object(map[string]Shape{"a": count}), []string{"a is integer, not string"}},
		{"number", Shape{Kind: Number}, count, nil},
		{"no number", Shape{Kind: Number}, text, []string{"the record is string, not number"}},
		{"anything", object(map[string]Shape{"a": {}}), object(map[string]Shape{"a": text}), nil},
		{"deep", object(map[string]Shape{"a": ListOf(object(map[string]Shape{"b": text}))}), object(map[string]Shape{"a": ListOf(object(map[string]Shape{"b": count, "c": text}))}), []string{"a[].b is integer, not string", "a[].c is new"}},
	} {
		if diff := cmp.Diff(c.diff, Unlike(c.want, c.seen)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
