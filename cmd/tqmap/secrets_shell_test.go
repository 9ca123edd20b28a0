package main

import "testing"

// A recording of somebody else offers commands to be copied.
func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                           "plain",
		"url=http://127.0.0.1:8080/a?b=c": "'url=http://127.0.0.1:8080/a?b=c'",
		"a;rm -rf ~":                      "'a;rm -rf ~'",
		"$(id)`id`":                       "'$(id)`id`'",
		"it's":                            `'it'\''s'`,
		"a\x1b[31m":                       "'a␛[31m'",
		"":                                "''",
	} {
		if got := shellWord(in); got != want {
			t.Errorf("%q is written %s, want %s", in, got, want)
		}
	}
}
