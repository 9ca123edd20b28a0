package prose

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestLists(t *testing.T) {
	for want, parts := range map[string][]string{"": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"}} {
		if got := And(parts); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := Or(parts); got != strings.ReplaceAll(want, " and ", " or ") {
			t.Errorf("got %q", got)
		}
	}
	for n, want := range []string{"0 records", "1 record", "2 records"} {
		if got := Number(n, "record"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	if got := DidYouMean("a") + DidYouMean(""); got != ` Did you mean "a"?` {
		t.Errorf("got %q", got)
	}
}

func TestCut(t *testing.T) {
	for most, want := range map[int]string{4: "größ…"[:len("grö")] + "…", 5: "größe", 6: "größe", 1: "…"} {
		if got := Cut("größe", most); got != want {
			t.Errorf("at most %d: %q, want %q", most, got, want)
		}
	}
	if got := OneLine(" a\tb\n\n c "); got != "a b c" {
		t.Errorf("got %q", got)
	}
}

func TestLines(t *testing.T) {
	for text, want := range map[string][]string{
		"":                       {""},
		"one two three":          {"one two", "three"},
		"für vier":               {"für", "vier"},
		"a   wordoftoomuch here": {"a", "wordoftoomuch", "here"},
	} {
		if got := Lines(text, 7); !slices.Equal(got, want) {
			t.Errorf("%q is broken into %q, want %q", text, got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	v := map[string]any{"url": "http://h/?a=1&b=<2>", "list": []any{1, nil}}
	if got, want := JSON(v), `{"list":[1,null],"url":"http://h/?a=1&b=<2>"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := JSON(math.NaN()); got != "NaN" {
		t.Errorf("got %s", got)
	}
	if got, err := Indented(v); err != nil || got != "{\n  \"list\": [\n    1,\n    null\n  ],\n  \"url\": \"http://h/?a=1&b=<2>\"\n}\n" {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := Indented(math.Inf(1)); err == nil {
		t.Error("what JSON cannot hold is no mistake")
	}
}
