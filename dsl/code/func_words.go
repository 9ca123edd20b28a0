package code

import (
	"strings"
	"unicode"

	"tqmap/dsl/prose"
)

var splitAnyFunc = Func{
	Name:      "split_any",
	Signature: "split_any(text, separators) list of string",
	Summary:   "Splits a text at every rune of separators; blanks around the parts go, and so do empty parts. nil stays nil.",
	Examples: []Example{
		{`split_any('a, b;c;;', ',;')`, `["a","b","c"]`},
		{`split_any('', ',')`, `[]`},
	},
	Result: ListOf(Shape{Kind: String}),
	types:  []any{new(func(any, string) any)},
	call: onText("split_any", func(text string, args []any) (any, error) {
		separators, err := textArg(args, 1)
		if err != nil {
			return nil, err
		}
		return listOfTexts(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) })), nil
	}),
}

var wordsFunc = Func{
	Name:      "words",
	Signature: "words(text) list of string",
	Summary:   "The words of a text: what lies between anything but letters, digits and underscores. nil stays nil.",
	Examples:  []Example{{`words('Malware, phishing & C2 (new)')`, `["Malware","phishing","C2","new"]`}},
	Result:    ListOf(Shape{Kind: String}),
	types:     []any{new(func(any) any)},
	call: onText("words", func(text string, _ []any) (any, error) {
		return listOfTexts(strings.FieldsFunc(text, func(r rune) bool {
			return r != '_' && !unicode.In(r, unicode.L, unicode.N, unicode.M)
		})), nil
	}),
}

var titleFunc = Func{
	Name:      "title",
	Signature: "title(text) string",
	Summary:   "Writes the first letter of each word large and leaves the rest, so that abbreviations survive; for a text in capitals write title(lower(text)). nil stays nil.",
	Examples: []Example{
		{`title('new IP address')`, `"New IP Address"`},
		{`title(lower('VERY HIGH'))`, `"Very High"`},
	},
	types: []any{new(func(any) any)},
	call: plainText("title", func(text string) string {
		before := ' '
		return strings.Map(func(r rune) rune {
			first := unicode.IsSpace(before)
			if before = r; first {
				return unicode.ToTitle(r)
			}
			return r
		}, text)
	}),
}

var camelFunc = Func{
	Name:      "camel_to_words",
	Signature: "camel_to_words(text) string",
	Summary:   "Puts blanks between the words of a name such as lastSeenAt or HTTPServer_id. nil stays nil.",
	Examples: []Example{
		{`camel_to_words('lastSeenAt')`, `"last Seen At"`},
		{`camel_to_words('HTTPServer_id') | title()`, `"HTTP Server Id"`},
		{`camel_to_words('sha256Hash')`, `"sha256 Hash"`},
	},
	types: []any{new(func(any) any)},
	call:  plainText("camel_to_words", camelToWords),
}

// listOfTexts are the parts without blanks around them, the empty ones left out.
func listOfTexts(parts []string) []any {
	out := make([]any, 0, len(parts))
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func camelToWords(text string) string {
	var out strings.Builder
	var before rune
	runes := []rune(text)
	for i, r := range runes {
		var after rune
		if i+1 < len(runes) {
			after = runes[i+1]
		}
		if blankOrUnderscore(r) {
			r = ' '
		} else if startsWord(before, r, after) {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
		before = r
	}
	return prose.OneLine(out.String())
}

// startsWord tells whether r is the capital after a small letter, or the last of
// several before one.
func startsWord(before, r, after rune) bool {
	if !unicode.IsUpper(r) {
		return false
	}
	return unicode.IsLower(before) || unicode.IsDigit(before) || unicode.IsUpper(before) && unicode.IsLower(after)
}
