package code

import (
	"html"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextFunctions(t *testing.T) {
	long := strings.Repeat("ab ", maxElements+1)
	testEdges(t, []edge{
		{`split_any(v, ',；')`, "ä ,,ö；ü\u00a0", []any{"ä", "ö", "ü"}},
		{`split_any(v, '')`, " a,b ", []any{"a,b"}},
		{`split_any(v, ',')`, nil, nil},
		{`split_any(v, v)`, nil, nil},
		{`split_any(v, ' ')`, long, "error Split_any would make a list of more than 100000 elements."},
		{`words(v)`, "  Ελλάδα's e\u0301té_1 — ", []any{"Ελλάδα", "s", "e\u0301té_1"}},
		{`words(v)`, "", []any{}},
		{`words(v)`, long, "error Words would make a list of more than 100000 elements."},
		{`between(v, 'é', 'é')`, "aéüéb", "ü"},
		{`between(v, '', '')`, "all", "all"},
		{`between(v, '(', ')')`, "()", ""},
		{`between(v, '(', ')')`, ")a(", nil},
		{`between(v, v, 'x')`, nil, nil},
		{`cut(v, 0)`, "abc", ""},
		{`cut(v, 0, '…')`, "abc", ""},
		{`cut(v, 1, '...')`, "abc", "."},
		{`cut(v, 3, '…')`, "äöü", "äöü"},
		{`cut(v, 2, '…')`, "äöü", "ä…"},
		{`cut(v, -1)`, "abc", "error Cut takes a number from 0."},
		{`cut(v, v)`, "abc", "error v is a string, but an int is needed."},
		{`cut(v, 5)`, strings.Repeat("x", maxText+1), "xxxxx"},
		{`title(v)`, "élan  vital-x\nǆ", "Élan  Vital-x\nǅ"},
		{`title(v)`, "", ""},
		{`title(v)`, 5, "5"},
		{`camel_to_words(v)`, "", ""},
		{`camel_to_words(v)`, "ABC", "ABC"},
		{`camel_to_words(v)`, "  _already__Two words_ ", "already Two words"},
		{`camel_to_words(v)`, "größeÄndern", "größe Ändern"},
		{`camel_to_words(v)`, "a\xffB", "a\uFFFDB"},
		{`pad(v, 5, '·')`, "äö", "···äö"},
		{`pad(v, -1)`, "abc", "abc"},
		{`pad(v, 2, '')`, "", "error Pad fills with one rune."},
		{`pad(v, 1048577)`, "", "error Pad would make a text of more than 1048576 bytes."},
		{`pad(v, 1048576, 'é')`, "", "error Pad would make a text of more than 1048576 bytes."},
		{`pad(v, 3)`, nil, nil},
	})
}

func TestStripHTML(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"no tags", " plain \n text ", "plain text"},
		{"inline", "a<b>b</b>c", "abc"},
		{"lines", "<h1>One</h1><ul><li>two</li><li>three</li></ul>four<BR/>five", "One\ntwo\nthree\nfour\nfive"},
		{"cells", "<tr><td>a</td><td>b</td></tr>", "a b"},
		{"quoted >", `<a title="a > b" href='c>d'>x</a>`, "x"},
		{"script", `a<script type="x">if (a < b) "</b>"</ScRiPt >b`, "ab"},
		{"style", "a<style>p > a {}</style>b", "ab"},
		{"script without end", "a<script>b", "a"},
		{"comment", "a<!-- <b> -- > -->b<!-->c", "abc"},
		{"comment without end", "a<!-- b", "a"},
		{"doctype", "<!DOCTYPE html><?xml version='1.0'?>a", "a"},
		{"entities", "&lt;b&gt; &amp;amp; &eacute;&#252;&#x4e2d; &nope; &nbsp;x", "<b> &amp; éü中 &nope; x"},
		{"less than", "1 < 2 <3 <> a<", "1 < 2 <3 <> a<"},
		{"tag without end", "a <b and <i", "a <b and <i"},
		{"quote without end", `a <b title="x>bold</b> c`, "a bold c"},
		{"zero bytes", "a\f\x00b", "a b"},
		{"closing script alone", "a</script>b", "ab"},
		{"tags made of text", "<scr<b>ipt>x", "ipt>x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := stripHTML(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestStripHTMLIsLinear runs what would never end if each tag were looked for again.
func TestStripHTMLIsLinear(t *testing.T) {
	for _, part := range []string{"<", "<a ", `<a b="`, "<!", "<!--", "<script", "<script>", "</", "&", "&#"} {
		stripHTML(strings.Repeat(part, maxText/len(part)))
	}
}

func FuzzStripHTML(f *testing.F) {
	for _, s := range []string{"<p>a</p>", `<a b="c>d">`, "<script>x</script>", "<!-- -->", "&lt;&#0;&#xd800;", "a\f\x00b", "<\xff>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := stripHTML(text)
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q became %q", text, got)
		}
		if !strings.Contains(text, "<") && !strings.Contains(text, "&") && strings.Join(strings.Fields(got), " ") != blanks(text) {
			t.Errorf("%q has no markup, but became %q", text, got)
		}
		if escaped := stripHTML(html.EscapeString(text)); escaped != blanks(text) {
			t.Errorf("%q, escaped, became %q", text, escaped)
		}
	})
}

func blanks(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "\x00", "")), " ")
}
