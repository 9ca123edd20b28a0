package code

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm/runtime"
)

// The functions of this file replace ones that expr has by the same name, which
// know no bound on text or lose digits of large numbers.

var replaceFunc = Func{
	Name:      "replace",
	Signature: "replace(text, old, new) string",
	Summary:   "Replaces every occurrence of old, or as many as a fourth argument says.",
	Examples: []Example{
		{`replace('a.b.c', '.', '-')`, `"a-b-c"`},
		{`replace('a.b.c', '.', '-', 1)`, `"a-b.c"`},
	},
	types: []any{strings.ReplaceAll, strings.Replace},
	call: func(args ...any) (any, error) {
		var texts [3]string
		for i := range texts {
			var err error
			if texts[i], err = textArg(args, i); err != nil {
				return nil, err
			}
		}
		n := -1
		if len(args) > 3 {
			n = runtime.ToInt(args[3])
		}
		count := strings.Count(texts[0], texts[1])
		if n >= 0 {
			count = min(count, n)
		}
		if len(texts[0])+count*max(0, len(texts[2])-len(texts[1])) > maxText {
			return nil, textTooLong("replace")
		}
		return strings.Replace(texts[0], texts[1], texts[2], n), nil
	},
}

var repeatFunc = Func{
	Name:      "repeat",
	Signature: "repeat(text, n) string",
	Summary:   "The text n times.",
	Examples:  []Example{{`repeat('ab', 2)`, `"abab"`}},
	types:     []any{strings.Repeat},
	call: func(args ...any) (any, error) {
		text, err := textArg(args, 0)
		if err != nil {
			return nil, err
		}
		n := runtime.ToInt(args[1])
		switch {
		case n < 0:
			return nil, faultf("repeat takes a number from 0")
		case text != "" && n > maxText/len(text):
			return nil, textTooLong("repeat")
		case text == "":
			return "", nil
		}
		return strings.Repeat(text, n), nil
	},
}

var stringFunc = Func{
	Name:      "string",
	Signature: "string(value) string",
	Summary:   "A value as text: numbers in decimal, times as RFC 3339, true or false, lists and objects as JSON.",
	Examples: []Example{
		{`string(870)`, `"870"`},
		{`string(1.50)`, `"1.5"`},
		{`string(true)`, `"true"`},
		{`string([1, 'a'])`, `"[1,\"a\"]"`},
	},
	types: []any{new(func(any) string)},
	call: func(args ...any) (any, error) {
		switch v := args[0].(type) {
		case string:
			return v, nil
		case bool:
			return strconv.FormatBool(v), nil
		case time.Duration:
			return v.String(), nil
		case int, float64, time.Time, nil:
			return textArg(args, 0)
		}
		return compactJSON("string", args[0])
	},
}

var toJSONFunc = Func{
	Name:      "toJSON",
	Signature: "toJSON(value) string",
	Summary:   "A value as JSON, on one line.",
	Examples:  []Example{{`toJSON({a: [1, nil]})`, `"{\"a\":[1,null]}"`}},
	types:     []any{new(func(any) string)},
	call:      func(args ...any) (any, error) { return compactJSON("toJSON", args[0]) },
}

var fromJSONFunc = Func{
	Name:      "fromJSON",
	Signature: "fromJSON(text) any",
	Summary:   "The value of a JSON text. Integers stay exact.",
	Examples:  []Example{{`fromJSON('{"n": 9007199254740993}').n`, `9007199254740993`}},
	types:     []any{new(func(string) any)},
	call: func(args ...any) (any, error) {
		text, err := textArg(args, 0)
		if err != nil {
			return nil, err
		}
		return Decode([]byte(text))
	},
}

var toBase64Func = Func{
	Name:      "toBase64",
	Signature: "toBase64(text) string",
	Summary:   "The text in Base64.",
	Examples:  []Example{{`toBase64('abc')`, `"YWJj"`}},
	types:     []any{new(func(string) string)},
	call: func(args ...any) (any, error) {
		text, err := textArg(args, 0)
		if err != nil {
			return nil, err
		}
		if base64.StdEncoding.EncodedLen(len(text)) > maxText {
			return nil, textTooLong("toBase64")
		}
		return base64.StdEncoding.EncodeToString([]byte(text)), nil
	},
}

var flattenFunc = Func{
	Name:      "flatten",
	Signature: "flatten(list) list",
	Summary:   "Lists inside the list become part of it, at any depth.",
	Examples:  []Example{{`flatten([1, [2, [3]]])`, `[1,2,3]`}},
	types:     []any{new(func(any) []any)},
	call: func(args ...any) (any, error) {
		if measure(args[0], maxElements) < 0 {
			return nil, faultf("flatten would make a list of more than %d elements", maxElements)
		}
		list, ok := Normalize(args[0]).([]any)
		if !ok {
			return nil, wrongKind(args, 0, "a list")
		}
		return appendFlat([]any{}, list), nil
	},
}

func appendFlat(out, list []any) []any {
	for _, e := range list {
		if inner, ok := e.([]any); ok {
			out = appendFlat(out, inner)
			continue
		}
		out = append(out, e)
	}
	return out
}
