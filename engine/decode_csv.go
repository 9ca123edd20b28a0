package engine

import (
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"tqmap/dsl"
	"tqmap/engine/decode"
)

func csvDecode() decodeKind {
	return decodeKind{
		spec: &dsl.Block{
			Type: "csv", Summary: "Rows of cells (RFC 4180). Each row is a document: an object of texts by column. UTF-8, or UTF-16 with a byte order mark.",
			Describe: func(r *dsl.Reading) string {
				names := "named by the first row"
				if columns := r.Show("columns"); columns != "" {
					names = "named " + columns
				}
				return sentences(fmt.Sprintf("Each row of the CSV answer (cells split at %q) is a document, its cells %s.", worded(r, "delimiter", ","), names),
					wordedIf(r, "skip", "The first %s lines are passed over."), wordedIf(r, "comment", "Lines that begin with %s are left out."))
			},
			Example: `decode "csv" {
  delimiter = ";"
  skip      = 2
  comment   = "#"
  columns   = ["indicator", "", "seen"]
  ragged    = "null"
}`,
			Attrs: []dsl.Attr{
				withDefault(textAttr("delimiter", "What stands between cells, e.g. \";\" or \"\\t\"."), ","),
				{Name: "columns", Type: cty.List(cty.String), Scope: dsl.Run, Default: "the first row", Summary: "Names of the cells, where no row has them; \"\" leaves a cell out."},
				{Name: "header", Type: cty.Bool, Scope: dsl.Run, Default: "true, or false with columns", Summary: "There is a row of names; with columns it is passed over."},
				{Name: "skip", Type: cty.Number, Scope: dsl.Run, Default: "0", Summary: "Lines before everything else that are passed over."},
				textAttr("comment", "Start of lines that are left out, e.g. \"#\"."),
				choiceAttr("quotes", "What \" means: strict (it encloses a cell, and is doubled in one), lazy (elsewhere it is an ordinary character), none (it always is).", "strict", "lazy", "none"),
				{Name: "trim", Type: cty.Bool, Scope: dsl.Run, Default: "false", Summary: "Drop blanks around cells and around their quotes."},
				choiceAttr("ragged", "A row with too few or too many cells: error, or null (missing cells are null, empty extra ones are left out).", "error", "null"),
			},
		},
		media: []string{"csv", "text/plain", "tab-separated", "excel"},
		open:  openCSV,
	}
}

func openCSV(r *dsl.Reading, l decode.Limits) recordReader {
	c := decode.CSV{
		Delimiter: r.String("delimiter", ""), Columns: r.Strings("columns"), Skip: r.Int("skip", 0), Comment: r.String("comment", ""),
		Trim: r.Bool("trim", false), Limits: l,
	}
	if q := r.String("quotes", "strict"); q != "strict" {
		c.Quotes = decode.Quotes(q)
	}
	if r.String("ragged", "error") == "null" {
		c.Ragged = decode.RaggedNull
	}
	if strings.ContainsAny(c.Delimiter, "\"\r\n") {
		r.Fail("delimiter", "Bad delimiter", "A delimiter cannot have quotes or line ends.")
	}
	if c.Skip < 0 {
		r.Fail("skip", "Bad number", "\"skip\" takes a number of lines.")
	}
	header := r.Bool("header", len(c.Columns) == 0)
	switch {
	case !header && len(c.Columns) == 0 && !r.Has("columns"):
		r.Fail("header", "Missing attribute", "Without a row of names the cells need columns = [\"…\"].")
	case header && len(c.Columns) > 0:
		c.Header = true
	}
	return c
}
