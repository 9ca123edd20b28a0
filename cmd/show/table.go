package show

import (
	"io"
	"strings"
	"text/tabwriter"

	"tqmap/dsl/prose"
)

// aligned puts what stands between tabs below each other.
func aligned(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }

// firstLine is the first line of text, cut to so many characters.
func firstLine(text string, most int) string {
	line, _, _ := strings.Cut(text, "\n")
	return prose.Cut(line, most)
}
