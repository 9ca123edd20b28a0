package engine

import "testing"

func TestDifference(t *testing.T) {
	type object = map[string]any
	for _, tc := range []struct {
		want, got any
		diff      string
	}{
		{nil, nil, ""},
		{1, 1, ""},
		{1, 1.0, ""},
		{1.0, 1, ""},
		{1, 1.5, "  - 1\n  + 1.5"},
		{9007199254740993, 9007199254740992, "  - 9007199254740993\n  + 9007199254740992"},
		{9007199254740993, 9007199254740992.0, "  - 9007199254740993\n  + 9007199254740992"},
		{"1", 1, "  - \"1\"\n  + 1"},
		{nil, "", "  - null\n  + \"\""},
		{[]string{"a"}, []any{"a"}, ""},
		{object{"a": 1, "b": []any{1, object{"c": "x"}}}, object{"b": []any{1, object{"c": "y"}}, "a": 1}, "  - .b[1].c: \"x\"\n  + .b[1].c: \"y\""},
		{object{"a": 1}, object{"b": nil}, "  - .a: 1\n  + .b: null"},
		{object{"a": nil}, object{}, "  - .a: null"},
		{[]any{1, 2}, []any{1}, "  - [1]: 2"},
		{[]any{1}, []any{1, 2}, "  + [1]: 2"},
		{object{}, []any{}, "  - {}\n  + []"},
		{map[string]int{"a": 1}, object{"a": 2}, "  - .a: 1\n  + .a: 2"},
		{object{"a": 1}, nil, "  - {\"a\":1}\n  + null"},
	} {
		if got := difference(tc.want, tc.got); got != tc.diff {
			t.Errorf("%v and %v:\n%s\nwant\n%s", tc.want, tc.got, got, tc.diff)
		}
	}
}
