package show

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"tqmap/engine/previewhtml"
)

// longObject holds what does not fit on a line.
func longObject() *branch {
	root := &branch{head: "record", text: strings.Repeat("key", 60)}
	objectTree(root, &previewhtml.Object{
		Kind: "event", Name: strings.Repeat("a title of many words ", 12), Type: "ALERT", Op: "+",
		Fields:      []previewhtml.Field{{Name: "happened at", Value: "2026-03-01 10:00:00"}},
		Description: "one line\n\nand a tab\there, " + strings.Repeat("x", 300),
		Attributes:  []previewhtml.Field{{Name: strings.Repeat("a name of many words ", 3), Value: strings.Repeat("ü", 200)}, {Name: "Empty", Value: ""}},
		Relations:   []previewhtml.Relation{{Kind: "attack_pattern", Name: strings.Repeat("T1059.", 40)}},
	})
	objectTree(root, &previewhtml.Object{Kind: "event", Name: "there", Op: "~", ID: 9, Changes: []previewhtml.Change{
		{Op: "~", Part: "field", Name: "Description", Old: strings.Repeat("old ", 90), New: strings.Repeat("new ", 90)}, {Op: "-", Part: "attribute", Name: "A", Old: "b"}, {Op: "+", Part: "tag", New: "t"},
	}})
	return root
}

func TestTreeFitsItsWidth(t *testing.T) {
	for _, width := range []int{60, 80, 132} {
		w := &treeWriter{width: width}
		w.write(longObject(), "", "")
		text := w.b.String()
		for _, line := range strings.Split(text, "\n") {
			if n := utf8.RuneCountInString(line); n > width {
				t.Errorf("%d columns of %d: %s", n, width, line)
			}
		}
		if n := strings.Count(text, "ü"); n != 200 {
			t.Errorf("%d of 200 letters are there", n)
		}
		if n := strings.Count(text, "x"); n != 300 {
			t.Errorf("%d of 300 letters are there", n)
		}
	}
}

// Colours add nothing but themselves.
func TestTreeInColour(t *testing.T) {
	plain, colour := &treeWriter{width: 80}, &treeWriter{width: 80, color: true}
	plain.write(longObject(), "", "")
	colour.write(longObject(), "", "")
	stripped := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(colour.b.String(), "")
	if stripped != plain.b.String() || stripped == colour.b.String() || strings.Contains(plain.b.String(), "\x1b") {
		t.Errorf("with colours:\n%s\nwithout:\n%s", stripped, plain.b.String())
	}
}
