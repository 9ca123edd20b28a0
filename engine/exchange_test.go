package engine

import (
	"net/url"
	"testing"
)

func TestSamePath(t *testing.T) {
	for _, tc := range []struct {
		want, asked string
		same        bool
	}{
		{"/items", "https://api.example.com/v1/items", true},
		{"items", "https://api.example.com/v1/items", true},
		{"/v1/items", "https://api.example.com/v1/items", true},
		{"https://api.example.com/v1/items", "https://api.example.com:443/v1/items", true},
		{"https://API.example.com:443/v1/items", "https://api.example.com/v1/items", true},
		{"/items/a%2Fb", "https://api.example.com/v1/items/a%2Fb", true},
		{"/items/a b", "https://api.example.com/v1/items/a%20b", true},
		{"/items/", "https://api.example.com/v1/items", false},
		{"/item", "https://api.example.com/v1/items", false},
		{"http://api.example.com/v1/items", "https://api.example.com/v1/items", false},
		{"https://api.example.com:8443/v1/items", "https://api.example.com/v1/items", false},
		{"/token", "https://login.example.com/v1/token", false}, // below the base of another host
		{"/v1/token", "https://login.example.com/v1/token", true},
		{"https://login.example.com/token", "https://login.example.com/token", true},
		{"", "https://api.example.com/v1", true},
		{"%zz", "https://api.example.com/v1/items", false},
	} {
		base, _ := url.Parse("https://api.example.com/v1")
		asked, err := url.Parse(tc.asked)
		if err != nil {
			t.Fatal(err)
		}
		if got := samePath(tc.want, asked, base); got != tc.same {
			t.Errorf("%s for %s: %t", tc.want, tc.asked, got)
		}
	}
}

func TestWithin(t *testing.T) {
	object := func(kv ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			out[kv[i].(string)] = kv[i+1]
		}
		return out
	}
	got := object("a", 1, "b", object("c", 2, "d", 3), "l", listOf(object("x", 1, "y", 2), 5))
	for _, tc := range []struct {
		want any
		same bool
	}{
		{object(), true},
		{object("a", 1), true},
		{object("a", 1.0), true},
		{object("z", nil), true},
		{object("a", nil), false},
		{object("b", object("c", 2)), true},
		{object("b", object("c", 3)), false},
		{object("l", listOf(object("y", 2), 5)), true},
		{object("l", listOf(object("y", 2))), false},
		{object("l", object()), false},
		{listOf(), false},
	} {
		if diff := difference(tc.want, within(tc.want, got)); (diff == "") != tc.same {
			t.Errorf("%v: %q", tc.want, diff)
		}
	}
}
