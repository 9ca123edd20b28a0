package code

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var labelFunc = Func{
	Name:      "label",
	Signature: "label(text, prefix) string",
	Summary:   "Makes the name of a constant readable: cuts the prefix, turns underscores into blanks and writes Title Case. nil stays nil.",
	Examples: []Example{
		{`'STATUS_UNDER_REVIEW' | label('STATUS_')`, `"Under Review"`},
		{`label('SOMETHING_NEW', 'STATUS_')`, `"Something New"`},
		{`label(nil, 'STATUS_')`, `null`},
	},
	types: []any{new(func(any, string) any), new(func(any) any)},
	call: func(args ...any) (any, error) {
		text, prefix, err := prefixed(args)
		if text == "" || err != nil {
			return args[0], err
		}
		words := strings.FieldsFunc(strings.TrimPrefix(text, prefix), blankOrUnderscore)
		for i, w := range words {
			first, size := utf8.DecodeRuneInString(w)
			words[i] = string(unicode.ToTitle(first)) + strings.ToLower(w[size:])
		}
		return strings.Join(words, " "), nil
	},
}

var enumFunc = Func{
	Name:      "enum",
	Signature: "enum(text, prefix) string",
	Summary:   "The way back from label: upper case, blanks become underscores, the prefix goes in front. nil stays nil.",
	Examples: []Example{
		{`'Under Review' | enum('STATUS_')`, `"STATUS_UNDER_REVIEW"`},
		{`enum('STATUS_CLOSED', 'STATUS_')`, `"STATUS_CLOSED"`},
		{`enum(nil, 'STATUS_')`, `null`},
	},
	types: []any{new(func(any, string) any), new(func(any) any)},
	call: func(args ...any) (any, error) {
		text, prefix, err := prefixed(args)
		if text == "" || err != nil {
			return args[0], err
		}
		name := strings.ToUpper(strings.Join(strings.FieldsFunc(text, blankOrUnderscore), "_"))
		if strings.HasPrefix(name, prefix) {
			return name, nil
		}
		return prefix + name, nil
	},
}

func blankOrUnderscore(r rune) bool { return r == '_' || unicode.IsSpace(r) }

// prefixed reads (text, prefix); text is "" where there is nothing to do.
func prefixed(args []any) (text, prefix string, err error) {
	if args[0] == nil {
		return "", "", nil
	}
	if text, err = textArg(args, 0); err != nil || len(args) == 1 {
		return text, "", err
	}
	prefix, err = textArg(args, 1)
	return text, prefix, err
}
