package reference

import "tqmap/dsl"

// part is a piece of a page that can be written in both forms.
type part interface {
	terminal(*terminal)
	markdown(*markdown)
}

// text may have `code` in it. Names of pages in it become links in Markdown.
type text string

// example is code in the language lang.
type example struct{ lang, code string }

// table is for short cells.
type table struct {
	head []string
	rows [][]string
}

type attributes struct {
	title string
	rows  []attribute
}

// links lead to other pages.
type links []link

type link struct{ page, name, summary string }

type definitions []dsl.Name

type function struct {
	signature, summary string
	examples           []dsl.FunctionExample
}

type functions []function

// examples are those of one function.
type examples function
