package code

import (
	"errors"
	"math/big"

	"github.com/itchyny/gojq"
)

// Bounds of what one step of a jq program may take in; doc.go tells them to users. The
// library stops a program between steps only, and some steps go through all of a value,
// whose size written out has no bound where it holds parts of itself many times.
const (
	maxJQElements = 4 << 20
	maxJQText     = 64 << 20
	maxJQOutput   = 64 << 20 // all outputs together: elements, and bytes of text
	maxJQDepth    = 10_000
	maxJQSplit    = 8 << 20  // text that is taken apart
	maxJQTest     = 8 << 20  // text that a regular expression is tried on
	maxJQMatch    = 64 << 10 // text whose matches are taken: the library counts runes anew for each
	maxJQPattern  = 64 << 10
	maxJQFormat   = 4096
	maxJQPairs    = 100_000_000 // comparisons of each with each
	maxJQBits     = 1 << 16     // of an integer
	maxJQPosition = 1_000_000   // in a list that is assigned to
)

// jqBound is why a step was not taken. It wraps nothing and holds no value.
type jqBound string

func (b jqBound) Error() string { return string(b) }

const (
	boundWhole   = jqBound("The value is too large for this step: it has more than 4 million elements, 64 MB of text, or 10,000 levels, written out. Take fewer records at once.")
	boundText    = jqBound("The text is too long for this step. test, split, explode and fromjson take 8 MB at most, match, capture, scan, splits, sub and gsub 64 kB.")
	boundPattern = jqBound("The regular expression is too long.")
	boundFormat  = jqBound("The format, or number as text, is too long.")
	boundMade    = jqBound("The step would make a text or list that is too large.")
	boundPairs   = jqBound("The step would compare too many elements, each with each. Make an object of one side, and look the others up in it.")
	boundNumber  = jqBound("The number would have too many digits.")
	boundPath    = jqBound("The path is too deep, or points too far behind the end of a list.")
)

// jqChecks are the functions that guarded programs call. Those about the input hand it on.
func jqChecks() []gojq.CompilerOption {
	var out []gojq.CompilerOption
	input := func(name string, check func(any) error) {
		out = append(out, gojq.WithFunction(name, 0, 0, func(v any, _ []any) any {
			if err := check(v); err != nil {
				return err
			}
			return v
		}))
	}
	args := func(name string, n int, check func(v any, args []any) error) {
		out = append(out, gojq.WithFunction(name, n, n, func(v any, args []any) any {
			if err := check(v, args); err != nil {
				return err
			}
			return v
		}))
	}
	input("_tq_whole", whole)
	input("_tq_split", textWithin(maxJQSplit, boundText))
	input("_tq_test", textWithin(maxJQTest, boundText))
	input("_tq_match", textWithin(maxJQMatch, boundText))
	input("_tq_digits", textWithin(maxJQFormat, boundFormat))
	input("_tq_format", textWithin(maxJQFormat, boundFormat))
	input("_tq_pattern", func(v any) error {
		left, text := maxJQFormat, maxJQPattern
		if weighJQ(v, &left, &text, 2); left < 0 || text < 0 {
			return boundPattern
		}
		return nil
	})
	input("_tq_transpose", func(v any) error {
		rows, _ := v.([]any)
		longest := 0
		for _, r := range rows {
			row, _ := r.([]any)
			longest = max(longest, len(row))
		}
		return product(len(rows), longest, maxJQElements, boundMade)
	})
	input("_tq_event", func(v any) error {
		event, _ := v.([]any)
		if len(event) == 0 {
			return nil
		}
		return checkPath(event[0])
	})
	args("_tq_path", 1, func(_ any, args []any) error { return checkPath(args[0]) })
	args("_tq_paths", 1, func(_ any, args []any) error {
		paths, _ := args[0].([]any)
		for _, p := range paths {
			if err := checkPath(p); err != nil {
				return err
			}
		}
		return whole(args[0])
	})
	args("_tq_joins", 1, func(v any, args []any) error {
		sep, _ := args[0].(string)
		return errors.Join(whole(v), product(size(v), len(sep), maxJQText, boundMade))
	})
	args("_tq_pair", 1, func(v any, args []any) error { return eachWithEach(v, args[0]) })
	args("_tq_adds", 2, func(_ any, args []any) error { return adds(args[0], args[1]) })
	args("_tq_subtracts", 2, func(_ any, args []any) error {
		return product(size(args[0]), size(args[1]), maxJQPairs, boundPairs)
	})
	args("_tq_multiplies", 2, func(_ any, args []any) error { return multiplies(args[0], args[1]) })
	args("_tq_divides", 2, func(_ any, args []any) error { return textWithin(maxJQSplit, boundText)(args[0]) })
	args("_tq_compares", 2, func(_ any, args []any) error { // ends with the smaller one
		if whole(args[0]) == nil {
			return nil
		}
		return whole(args[1])
	})
	return out
}

func whole(v any) error {
	left, text := maxJQElements, maxJQText
	if weighJQ(v, &left, &text, maxJQDepth); left < 0 || text < 0 {
		return boundWhole
	}
	return nil
}

// weighJQ takes v off what is left of elements and text. What is deeper takes all.
func weighJQ(v any, left, text *int, depth int) {
	if *left--; *left < 0 || *text < 0 {
		return
	}
	switch v := v.(type) {
	case string:
		*text -= len(v)
		return
	case []any:
		if depth == 0 {
			*left = -1
		}
		for _, e := range v {
			if weighJQ(e, left, text, depth-1); *left < 0 || *text < 0 {
				return
			}
		}
	case map[string]any:
		if depth == 0 {
			*left = -1
		}
		for k, e := range v {
			*text -= len(k)
			if weighJQ(e, left, text, depth-1); *left < 0 || *text < 0 {
				return
			}
		}
	}
}

func textWithin(most int, why jqBound) func(any) error {
	return func(v any) error {
		if s, ok := v.(string); ok && len(s) > most {
			return why
		}
		return nil
	}
}

func size(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	}
	return 0
}

func product(a, b, most int, why jqBound) error {
	if a > 0 && b > most/a {
		return why
	}
	return nil
}

// eachWithEach: contains and indices compare all of one value with all of the other.
func eachWithEach(a, b any) error {
	var sizes [2]int
	for i, v := range []any{a, b} {
		left, text := maxJQElements, maxJQText
		if weighJQ(v, &left, &text, maxJQDepth); left < 0 || text < 0 {
			return boundWhole
		}
		sizes[i] = maxJQElements - left
	}
	return product(sizes[0], sizes[1], maxJQPairs, boundPairs)
}

func adds(a, b any) error {
	most := maxJQElements
	if _, is := a.(string); is {
		most = maxJQText
	}
	if size(a)+size(b) > most {
		return boundMade
	}
	return nil
}

func multiplies(a, b any) error {
	for _, pair := range [][2]any{{a, b}, {b, a}} {
		if s, is := pair[0].(string); is {
			n, _ := gojq.ToFloat64(pair[1])
			if float64(len(s))*n > maxJQText {
				return boundMade
			}
		}
	}
	if bits(a)+bits(b) > maxJQBits {
		return boundNumber
	}
	if _, is := a.(map[string]any); is {
		return errors.Join(whole(a), whole(b))
	}
	return nil
}

func bits(v any) int {
	if b, is := v.(*big.Int); is {
		return b.BitLen()
	}
	return 0
}

func checkPath(v any) error {
	path, _ := v.([]any)
	if len(path) > maxJQDepth {
		return boundPath
	}
	for _, step := range path {
		if n, is := gojq.ToInt(step); is && n > maxJQPosition {
			return boundPath
		}
	}
	return nil
}
