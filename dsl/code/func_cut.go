package code

import (
	"strings"
	"unicode/utf8"
)

var betweenFunc = Func{
	Name:      "between",
	Signature: "between(text, a, b) string or nil",
	Summary:   "What stands after the first a and before the next b. An empty a is the start, an empty b the end. nil where one is missing.",
	Examples: []Example{
		{`between('host=[web-1] up', '[', ']')`, `"web-1"`},
		{`between('user: joe', ': ', '')`, `"joe"`},
		{`between('none', '[', ']')`, `null`},
	},
	types: []any{new(func(any, string, string) any)},
	call: onText("between", func(text string, args []any) (any, error) {
		a, err := textArg(args, 1)
		if err != nil {
			return nil, err
		}
		b, err := textArg(args, 2)
		if err != nil {
			return nil, err
		}
		_, after, found := strings.Cut(text, a)
		if !found || b == "" {
			return orNull(after, found), nil
		}
		inner, _, found := strings.Cut(after, b)
		return orNull(inner, found), nil
	}),
}

func orNull(text string, ok bool) any {
	if !ok {
		return nil
	}
	return text
}

var cutFunc = Func{
	Name:      "cut",
	Signature: "cut(text, n[, mark]) string",
	Summary:   "The first n runes of a text. A mark, such as \"…\", ends a text that was cut, within the n runes. nil stays nil.",
	Examples: []Example{
		{`cut('größer', 4)`, `"größ"`},
		{`cut('a long title', 8, '…')`, `"a long …"`},
		{`cut('short', 8, '…')`, `"short"`},
	},
	types: []any{new(func(any, int) any), new(func(any, int, string) any)},
	call: onText("cut", func(text string, args []any) (any, error) {
		n, err := intArg(args, 1)
		if err != nil {
			return nil, err
		}
		if n < 0 {
			return nil, faultf("cut takes a number from 0")
		}
		mark := ""
		if len(args) > 2 {
			if mark, err = textArg(args, 2); err != nil {
				return nil, err
			}
		}
		if len(text) <= n || utf8.RuneCountInString(text) <= n {
			return text, nil
		}
		keep := max(0, n-utf8.RuneCountInString(mark))
		return firstRunes(text, keep) + firstRunes(mark, n-keep), nil
	}),
}

// firstRunes are the first n runes of text, all of it where it has fewer.
func firstRunes(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

var padFunc = Func{
	Name:      "pad",
	Signature: "pad(text, n[, fill]) string",
	Summary:   "Fills a text up to n runes: in front, or behind where n is negative; with blanks unless another rune is given. A longer text stays as it is, and so does nil.",
	Examples: []Example{
		{`pad(7, 3, '0')`, `"007"`},
		{`pad('ab', -4) + '|'`, `"ab  |"`},
	},
	types: []any{new(func(any, int) any), new(func(any, int, string) any)},
	call: onText("pad", func(text string, args []any) (any, error) {
		n, err := intArg(args, 1)
		if err != nil {
			return nil, err
		}
		fill := " "
		if len(args) > 2 {
			if fill, err = textArg(args, 2); err != nil {
				return nil, err
			}
		}
		if utf8.RuneCountInString(fill) != 1 {
			return nil, faultf("pad fills with one rune")
		}
		if n > maxText || n < -maxText {
			return nil, textTooLong("pad")
		}
		missing := max(n, -n) - utf8.RuneCountInString(text)
		padding := strings.Repeat(fill, max(0, missing))
		if n < 0 {
			return text + padding, nil
		}
		return padding + text, nil
	}),
}
