package main

import (
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/term"
)

// typing is a terminal at which somebody has typed.
type typing struct {
	io.Reader
	io.Writer
}

// TestKeys types at the console: Ctrl-C empties the line wherever the cursor is, what is
// pasted is a line, Ctrl-D ends.
func TestKeys(t *testing.T) {
	for typedKeys, want := range map[string]string{
		"1+1\rx\r":                        "1+1|x",
		"abc\x031+2\r":                    "1+2",
		"abc\x1b[D\x1b[D\x03d\r":          "d",
		"\x03\x03e\r":                     "e",
		"\x1b[200~1+1\r2+2\r\x1b[201~x\r": "1+1|2+2|x",
		"a\r\x04b\r":                      "a",
	} {
		lines := &typed{term.NewTerminal(keys{typing{strings.NewReader(typedKeys), io.Discard}}, "> "), io.Discard}
		var got []string
		for {
			line, err := lines.ReadLine()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", typedKeys, err)
			}
			got = append(got, line)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q, want %q", typedKeys, got, want)
		}
	}
}
