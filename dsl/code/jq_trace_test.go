package code

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStages(t *testing.T) {
	doc := map[string]any{"a": map[string]any{"b": []any{1, 2, 3}}, "s": "x"}
	tests := []struct{ code, want string }{
		{`.a.b[]`, ".a.b[]: 3"},
		{`.a | .b | .[] | select(. > 1)`, ".a: 1\n.b: 1\n.[]: 3\nselect(. > 1): 2"},
		{`def f: .a | .b; f | .[]`, "def f: .a | .b; f: 1\n.[]: 3"},
		{`.a as $x | $x.b | map(. | . + 1) | .[]`, ".a as $x | $x.b: 1\nmap(. | . + 1): 1\n.[]: 3"},
		{`if true then .a | .b else . end | length`, "if true then .a | .b else . end: 1\nlength: 1"},
		{`.a.b | .[] | .x | .y`, ".a.b: 1\n.[]: 3\n.x: error"},
		{`"a | b" | length`, "\"a | b\": 1\nlength: 1"},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			q, diags := CompileJQ(Literal(tt.code), nil)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			var got []string
			for _, s := range q.Stages(context.Background(), doc) {
				line := fmt.Sprintf("%s: %d", s.Text, len(s.Outputs))
				if s.Err != nil {
					line = s.Text + ": error"
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	doc := map[string]any{"a": []any{map[string]any{"n": 1}, map[string]any{"n": 2}}}
	tests := []struct {
		code, want string
		ok         bool
	}{
		{`.a[]`, "[[a 0] [a 1]]", true},
		{`.a[] | select(.n == 2) # the second`, "[[a 1]]", true},
		{`def all: .a[]; all`, "[[a 0] [a 1]]", true},
		{`.`, "[[]]", true},
		{`.a[] | {n}`, "[]", false},
		{`.a | map(.n)`, "[]", false},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			q, diags := CompileJQ(Literal(tt.code), nil)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			got, ok := q.Paths(context.Background(), doc)
			if ok != tt.ok || fmt.Sprint(got) != tt.want {
				t.Errorf("%v %v, want %v %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}
