package dsl

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
)

func TestPairsOrText(t *testing.T) {
	tests := []struct {
		text  string
		pairs []Pair
		raw   string
		bad   bool
	}{
		{`{ b = 1, a = null, c = ["x", true] }`, []Pair{{"b", "1"}, {"c", "x"}, {"c", "true"}}, "", false},
		{`"a=%2f&&b"`, nil, "a=%2f&&b", false},
		{`"x=${1 + 1}"`, nil, "x=2", false},
		{`merge({ b = 1 }, { a = 2 })`, []Pair{{"a", "2"}, {"b", "1"}}, "", false},
		{`null`, nil, "", false},
		{`[1]`, nil, "", true},
		{`7`, nil, "", true},
		{`{ a = { b = 1 } }`, nil, "", true},
	}
	for _, tt := range tests {
		r := reading(t, cty.DynamicPseudoType, tt.text)
		pairs, raw := r.PairsOrText("v")
		if diff := cmp.Diff(tt.pairs, pairs); diff != "" || raw != tt.raw || (r.Err() != nil) != tt.bad {
			t.Errorf("%s: %v, %q, %v", tt.text, pairs, raw, r.Err())
		}
	}
}

func TestStatuses(t *testing.T) {
	r := reading(t, cty.List(cty.String), `[404, "5xx", "4XX", "500 - 503"]`)
	want := []StatusRange{{404, 404}, {500, 599}, {400, 499}, {500, 503}}
	if got := r.Statuses("v"); !slices.Equal(got, want) || r.Err() != nil {
		t.Errorf("got %v, %v", got, r.Err())
	}
	for _, bad := range []string{`["6xx"]`, `["099"]`, `["4xx-5xx"]`, `["503-500"]`, `["404 "]`, `["-404"]`, `[]`} {
		if r := reading(t, cty.List(cty.String), bad); len(r.Statuses("v")) != 0 || r.Err() == nil {
			t.Errorf("%s is taken for statuses", bad)
		}
	}
}

func TestPeriodAndCount(t *testing.T) {
	for text, bad := range map[string]bool{`"1ms"`: false, `""`: false, `"0s"`: true, `"-1s"`: true, `"NaNd"`: true, `"infd"`: true, `"1e400d"`: true} {
		if r := reading(t, cty.String, text); r.Period("v", 0) < 0 || (r.Err() != nil) != bad {
			t.Errorf("R09 %s: %v", text, r.Err())
		}
	}
	for text, bad := range map[string]bool{`1`: false, `0`: true, `-1`: true, `1.5`: true, `null`: false} {
		r := reading(t, cty.Number, text)
		if r.Count("v", 7, 1); (r.Err() != nil) != bad {
			t.Errorf("%s: %v", text, r.Err())
		} else if err := r.Err(); err != nil && strings.Count(err.Error(), "expected") > 1 {
			t.Errorf("%s is reported twice: %v", text, err)
		}
	}
}
