package show

import "testing"

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain ünïcode\n\ttab": "plain ünïcode\n\ttab", "\x1b[31mred\x00\r": "␛[31mred␀␍", "\x7f\u009b": "␡\uFFFD", "a\u202eb\u2066c\u2028": "a\uFFFDb\uFFFDc\uFFFD",
	} {
		if got := Visible(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}
