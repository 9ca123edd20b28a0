// Package format writes a mapping in its one canonical form: HCL, and the jq and expr
// in it. It moves white space only. Comments and the author's line breaks stay, strings
// stay as they are quoted, and what a file means is compared before and after.
package format

import (
	"bytes"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"tqmap/dsl/code"
)

// rounds is how often a file is formatted until it stays as it is. Programs and the
// lines around them depend on one another: two are the rule.
const rounds = 6

// Source formats src; name is what the diagnostics call it. A file with mistakes in its
// HCL is not formatted: the diagnostics say where they are. A program with mistakes is
// left as it stands, and all else formatted.
//
// Lines end with a newline alone, also in heredocs: the end of a line means nothing.
func Source(name string, src []byte) ([]byte, hcl.Diagnostics) {
	text := bytes.ReplaceAll(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
	if _, diags := parse(name, src); diags.HasErrors() {
		return nil, diags // with the places of the file as it is
	}
	out := text
	for range rounds {
		before := out
		out = spaced(out)
		body, diags := parse(name, out)
		if diags.HasErrors() {
			return nil, lost(name, diags[0].Summary)
		}
		out = aligned(hclwrite.Format(programs(out, body)))
		if bytes.Equal(out, before) {
			break
		}
	}
	if diags := same(name, text, out); diags.HasErrors() {
		return nil, diags
	}
	return out, nil
}

func parse(name string, src []byte) (*hclsyntax.Body, hcl.Diagnostics) {
	if why, at := code.TooDeep(src, name); why != "" {
		return nil, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Cannot read the mapping", Detail: why, Subject: &at}}
	}
	file, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	return file.Body.(*hclsyntax.Body), nil
}

// lost says that formatting would have changed what the file means.
func lost(name, why string) hcl.Diagnostics {
	detail := "Formatting would change what the file means, so it is left as it is. This is a mistake of tqmap: please report it. (" + why + ")"
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Cannot be formatted", Detail: detail, Subject: &hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}}}
}

// edit puts text in the place of bytes from..to.
type edit struct {
	from, to int
	text     string
}

func apply(src []byte, edits []edit) []byte {
	slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(append(out, src[at:e.from]...), e.text...)
		at = e.to
	}
	return append(out, src[at:]...)
}
