package code

import (
	"html"
	"strings"
)

var firstOfFunc = Func{
	Name:      "first_of",
	Signature: "first_of(a, b, …) any",
	Summary:   "The first argument that is not empty: not nil, \"\", an empty list or an empty object. nil if all are. 0 and false are values.",
	Examples: []Example{
		{`first_of(nil, '', 'x')`, `"x"`},
		{`first_of('', 0, 1)`, `0`},
		{`first_of(nil, [])`, `null`},
	},
	types: []any{new(func(...any) any)},
	call: func(args ...any) (any, error) {
		for _, a := range args {
			if !isEmpty(a) {
				return a, nil
			}
		}
		return nil, nil
	},
}

var linesFunc = Func{
	Name:      "lines",
	Signature: "lines(list) string",
	Summary:   "Joins the parts that are not empty, one a line.",
	Examples: []Example{
		{`lines(['a', nil, '', 3])`, `"a\n3"`},
		{`lines([])`, `""`},
	},
	types: []any{new(func([]any) string), new(func([]string) string), new(func([]int) string), new(func(any) string)},
	call: func(args ...any) (any, error) {
		return joinTexts("lines", args[0], "\n", true)
	},
}

var htmlFunc = Func{
	Name:      "html",
	Signature: "html(text) string",
	Summary:   "Escapes a text for HTML, so that data stays data in a description. nil stays nil.",
	Examples: []Example{
		{`html('<b> & "x"')`, `"&lt;b&gt; &amp; &#34;x&#34;"`},
		{`html(nil)`, `null`},
	},
	types: []any{new(func(any) any)},
	call: func(args ...any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		text, err := textArg(args, 0)
		if err != nil {
			return nil, err
		}
		if text = html.EscapeString(text); len(text) > maxText {
			return nil, textTooLong("html")
		}
		return text, nil
	},
}

var joinFunc = Func{
	Name:      "join",
	Signature: "join(list, glue) string",
	Summary:   "Joins the elements of a list; without glue, directly.",
	Examples: []Example{
		{`join(['a', 'b'], ', ')`, `"a, b"`},
		{`[1, 2] | join('-')`, `"1-2"`},
	},
	types: []any{
		new(func([]any, string) string), new(func([]string, string) string), new(func([]int, string) string), new(func(any, string) string),
		new(func([]any) string), new(func([]string) string), new(func([]int) string), new(func(any) string),
	},
	call: func(args ...any) (any, error) {
		glue := ""
		if len(args) > 1 {
			var err error
			if glue, err = textArg(args, 1); err != nil {
				return nil, err
			}
		}
		return joinTexts("join", args[0], glue, false)
	},
}

// joinTexts joins the texts of a list within maxText bytes.
func joinTexts(name string, list any, glue string, skipEmpty bool) (any, error) {
	elems, err := listArg([]any{list}, 0)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	parts := 0
	for i, e := range elems {
		if skipEmpty && isEmpty(e) {
			continue
		}
		text, err := textElem(name, elems, i)
		if err != nil {
			return nil, err
		}
		if parts > 0 {
			out.WriteString(glue)
		}
		parts++
		if out.Len()+len(text) > maxText {
			return nil, textTooLong(name)
		}
		out.WriteString(text)
	}
	return out.String(), nil
}
