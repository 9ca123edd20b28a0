package ctia

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A check says what is wrong with a value in the words of the service; nil where
// nothing is. It knows keys, types and vocabularies: lengths, times and addresses
// belong to the model, which is looked at later and for each entity (model.go).
type check func(v any) any

// field is one key of a closed object.
type field struct {
	check    check
	required bool
}

type fields map[string]field

func optional(c check) field { return field{check: c} }
func needed(c check) field   { return field{check: c, required: true} }

func not(what string, v any) any {
	text, err := json.Marshal(v)
	if err != nil || len(text) > 80 {
		text = []byte("a-" + fmt.Sprintf("%T", v))
	}
	return fmt.Sprintf("(not (%s %s))", what, text)
}

func isText(v any) any {
	if _, ok := v.(string); !ok {
		return not("string?", v)
	}
	return nil
}

func isBool(v any) any {
	if _, ok := v.(bool); !ok {
		return not("boolean?", v)
	}
	return nil
}

func isAnything(any) any { return nil }

func isInteger(v any) any {
	if _, ok := integer(v); !ok {
		return not("integer?", v)
	}
	return nil
}

func integer(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

func isInstant(v any) any {
	text, ok := v.(string)
	if ok {
		_, ok = instant(text)
	}
	if !ok {
		return not("instance? java.util.Date", v)
	}
	return nil
}

// instant reads RFC 3339; -00:00 is a zone like any other here.
func instant(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, text)
	return t.UTC(), err == nil
}

func oneOf(words ...string) check {
	return func(v any) any {
		if text, ok := v.(string); ok && slices.Contains(words, text) {
			return nil
		}
		return not("#{"+strings.Join(words, " ")+"}", v)
	}
}

// integerOneOf takes the numbers from low to high.
func integerOneOf(low, high int64) check {
	return func(v any) any {
		if n, ok := integer(v); ok && n >= low && n <= high {
			return nil
		}
		return not(fmt.Sprintf("#{%d … %d}", low, high), v)
	}
}

// listOf answers a list with null in the place of each good element.
func listOf(element check) check {
	return func(v any) any {
		list, ok := v.([]any)
		if !ok {
			return not("sequential?", v)
		}
		errs, bad := make([]any, len(list)), false
		for n, e := range list {
			errs[n] = element(e)
			bad = bad || errs[n] != nil
		}
		if !bad {
			return nil
		}
		return errs
	}
}

// setOf answers the errors alone, so that nobody can tell whose they are.
func setOf(element check) check {
	return func(v any) any {
		list, ok := v.([]any)
		if !ok {
			return not("set?", v)
		}
		var errs []any
		seen := make(map[string]bool, len(list))
		for _, e := range list {
			text, _ := json.Marshal(e) // decoded JSON always encodes
			if seen[string(text)] {
				return not("set? of distinct elements", len(list))
			}
			seen[string(text)] = true
			if err := element(e); err != nil {
				errs = append(errs, err)
			}
		}
		if errs == nil {
			return nil
		}
		return errs
	}
}

// check makes fields a closed object.
func (f fields) check(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return not("map?", v)
	}
	errs := map[string]any{}
	for name, value := range object {
		spec, known := f[name]
		if !known {
			errs[name] = "disallowed-key"
		} else if err := spec.check(value); err != nil {
			errs[name] = err
		}
	}
	for name, spec := range f {
		if _, there := object[name]; spec.required && !there {
			errs[name] = "missing-required-key"
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errs
}
