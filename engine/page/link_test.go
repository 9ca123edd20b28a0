package page

import (
	"net/url"
	"strings"
	"testing"
)

func TestNextLink(t *testing.T) {
	for _, tc := range []struct {
		name   string
		values []string
		want   string
	}{
		{"none", nil, ""},
		{"empty", []string{""}, ""},
		{"quoted", []string{`<https://h/p?page=2>; rel="next"`}, "https://h/p?page=2"},
		{"token", []string{`<p2>;rel=next`}, "p2"},
		{"upper case", []string{`<p2>; REL="NEXT"`}, "p2"},
		{"second of several", []string{`<p0>; rel="prev", <p2>; rel="next", <p9>; rel="last"`}, "p2"},
		{"second line", []string{`<p0>; rel="prev"`, `<p2>; rel="next"`}, "p2"},
		{"list of relations", []string{`<p2>; rel="last  next"`}, "p2"},
		{"relation that only begins so", []string{`<p2>; rel="nextish"`}, ""},
		{"first of two", []string{`<p2>; rel=next, <p3>; rel=next`}, "p2"},
		{"only the first rel counts", []string{`<p1>; rel=prev; rel=next, <p2>; rel=next`}, "p2"},
		{"comma and semicolon in the target", []string{`<p?ids=1,2;3>; rel=next`}, "p?ids=1,2;3"},
		{"comma in quotes", []string{`<p1>; title="a, <x>; rel=next"; rel=prev, <p2>; rel=next`}, "p2"},
		{"escaped quote", []string{`<p1>; title="\"; rel=next"; rel=prev, <p2>; rel="ne\xt"`}, "p2"},
		{"spaces everywhere", []string{"\t < p2 > ; rel = \"next\" "}, "p2"},
		{"empty elements", []string{`, ,<p2>; rel=next,`}, "p2"},
		{"flags and empty parameters", []string{`<p2>; ;crossorigin; rel=next`}, "p2"},
		{"belongs to another page", []string{`<p9>; rel=next; anchor="/other", <p2>; rel=next`}, "p2"},
		{"without a relation", []string{`<p9>, <p2>; rel=next`}, "p2"},
		{"no brackets", []string{`p2; rel=next`}, ""},
		{"open bracket", []string{`<p2; rel=next`}, ""},
		{"open quote", []string{`<p2>; rel="next`}, "p2"},
		{"garbage behind a link", []string{`<p1> oops; rel=next, <p2>; rel=next`}, "p2"},
		{"a broken line does not hide the next one", []string{`oops`, `<p2>; rel=next`}, "p2"},
		{"empty target", []string{`<>; rel=next`}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := nextLink(tc.values); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// Whatever a server sends, the scanner ends, and what it finds stands there.
func FuzzNextLink(f *testing.F) {
	for _, seed := range []string{`<a>; rel="next"`, `<a>; rel=prev, <b>; rel="x next"; title="a, \" b"`, `<`, `<>;=;"`, `,,<a>;rel*=x;rel`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if got := nextLink([]string{value}); !strings.Contains(value, got) {
			t.Errorf("%q is not in the header", got)
		}
		if behind := nextLink([]string{`<a>; title="` + strings.NewReplacer(`"`, "", `\`, "").Replace(value) + `"; rel=next`}); behind != "a" {
			t.Errorf("a quoted title hides the link: %q", behind)
		}
	})
}

// Whatever a server sends, the next request goes to a web server, without credentials of its making.
func FuzzResolve(f *testing.F) {
	const base = "https://api.example.test:8443/v1/list?a=b"
	for _, seed := range []string{"", "?page=2", "/x", "x", "//other/x", "https://u:p@h/", "javascript:x", "http://[::1", "#", "../../..", "a b?c d", "HTTP://H", "\\\\x", "/%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, link string) {
		got, err := resolve(base, link)
		if err != nil {
			if len(link) > 12 && strings.Contains(err.Error(), link) {
				t.Errorf("the error shows the address: %v", err)
			}
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" || u.Fragment != "" {
			t.Fatalf("%q: %v", got, err)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return r <= ' ' || r == 0x7f }); i >= 0 {
			t.Errorf("%q cannot stand in a request line", got)
		}
		if again, err := resolve(base, got); err != nil || again != got {
			t.Errorf("%q becomes %q: %v", got, again, err)
		}
	})
}
