package show

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"tqmap/runtime/redact"
)

// rangeOf is where part stands in src, as HCL would say.
func rangeOf(src, part string) hcl.Range {
	from := strings.Index(src, part)
	pos := func(at int) hcl.Pos {
		return hcl.Pos{Line: 1 + strings.Count(src[:at], "\n"), Column: 1 + at - (strings.LastIndexByte(src[:at], '\n') + 1), Byte: at}
	}
	return hcl.Range{Filename: "m.hcl", Start: pos(from), End: pos(from + len(part))}
}

func TestSnippet(t *testing.T) {
	long := strings.Repeat("x", 4000)
	for name, c := range map[string]struct{ src, part, want string }{
		"plain":     {"a = bcd\n", "bcd", "    1 | a = bcd\n      |     ^^^\n"},
		"crlf":      {"a\r\nb = cd\r\ne", "cd", "    2 | b = cd\n      |     ^^\n"},
		"tabs":      {"\t\ta = b", "b", "    1 | \t\ta = b\n      | \t\t    ^\n"},
		"wide":      {`a = "日本" + b`, "b", "    1 | a = \"日本\" + b\n      |              ^\n"},
		"wide part": {`a = "日本"`, `日本`, "    1 | a = \"日本\"\n      |      ^^^^\n"},
		"combining": {"a = \"e\u0301\" + b", "b", "    1 | a = \"e\u0301\" + b\n      |           ^\n"},
		"end":       {"a = ", "", "    1 | a = \n      | ^\n"},
		"lines":     {"a = [\n  1,\n]\n", "[\n  1,\n]", "    1 | a = [\n      |     ^\n      | … down to line 3\n"},
		"escape":    {"a = \"\x1b[31m\" + b", "b", "    1 | a = \"�[31m\" + b\n      |               ^\n"},
		"secret":    {"a = hunter2 + b", "b", "    1 | a = *** + b\n      |           ^\n"},
		"in secret": {"a = hunter2 + b", "unter", "    1 | a = *** + b\n"},
		"long":      {long + "token" + long, "token", "    1 | … " + long[:40] + "token" + long[:75] + " …\n      |   " + strings.Repeat(" ", 40) + "^^^^^\n"},
		"long part": {"a = " + long, long, "    1 | a = " + long[:116] + " …\n      |     " + strings.Repeat("^", 116) + "\n"},
	} {
		r := redact.New()
		r.Add("hunter2")
		if got := snippet([]byte(c.src), rangeOf(c.src, c.part), r.String).String(); got != c.want {
			t.Errorf("%s\n got %q\nwant %q", name, got, c.want)
		}
	}
	broken := hcl.Range{Start: hcl.Pos{Line: 9, Column: 9, Byte: 999}, End: hcl.Pos{Line: 9, Column: 9, Byte: 5}}
	if got := snippet([]byte("a"), broken, strings.TrimSpace).String(); !strings.HasPrefix(got, "    9 | a\n") {
		t.Errorf("outside of the file: %q", got)
	}
}

func FuzzSnippet(f *testing.F) {
	f.Add([]byte("a = \"日\u0301\"\r\n"), 2, 9)
	f.Fuzz(func(t *testing.T, src []byte, from, to int) {
		at := hcl.Range{Start: hcl.Pos{Line: 1, Column: 1, Byte: from}, End: hcl.Pos{Line: 1, Column: 1, Byte: to}}
		got := snippet(src, at, func(s string) string { return s }).String()
		for _, line := range strings.Split(got, "\n") {
			if len([]rune(line)) > 2000 {
				t.Errorf("a line of %d characters", len([]rune(line)))
			}
		}
	})
}

func TestColumnsOfSARIF(t *testing.T) {
	src := "x\na = \"😀é\" + b"
	if got := utf16Column([]byte(src), strings.Index(src, "b")); got != 13 {
		t.Errorf("got column %d, want 13: the emoji takes two units", got)
	}
}
