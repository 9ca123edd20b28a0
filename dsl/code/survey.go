package code

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tqmap/dsl/prose"
)

// Field is one field as records have it.
type Field struct {
	// Path is how expr names it below the record, with [] for the elements of a list; ""
	// for the record itself, where it is no object.
	Path string `json:"path"`
	// Kinds are the words for the kinds it came in, "null" among them.
	Kinds []string `json:"kinds"`
	// Count is how many of Of places had it with a value: records, objects or elements.
	Count int `json:"count"`
	Of    int `json:"of"`
	// Example is a value of it as JSON, cut to 60 characters; "" for objects and lists.
	Example string `json:"example,omitempty"`
	// Value is what Example shows; nil for objects and lists.
	Value any `json:"-"`
}

// Survey lists the fields of records, each below the one it is a part of, by name.
func Survey(records []any) []Field {
	out := survey("", records, nil)
	if out[0].Kinds = slices.DeleteFunc(out[0].Kinds, func(k string) bool { return k == "object" }); len(out[0].Kinds) == 0 {
		return out[1:] // all records are objects, or there are none
	}
	return out
}

func survey(path string, values []any, out []Field) []Field {
	one := Field{Path: path, Of: len(values)}
	objects, elems := []map[string]any{}, []any{}
	lists := false
	for _, v := range values {
		word := "null"
		if v != nil {
			word = kindOf(v).Word()
			one.Count++
		}
		if !slices.Contains(one.Kinds, word) {
			one.Kinds = append(one.Kinds, word)
		}
		switch v := v.(type) {
		case map[string]any:
			objects = append(objects, v)
		case []any:
			lists, elems = true, append(elems, v...)
		case nil:
		default:
			if one.Example == "" {
				one.Example, one.Value = example(v), v
			}
		}
	}
	slices.Sort(one.Kinds)
	out = append(out, one)
	if lists && len(elems) > 0 {
		out = survey(path+"[]", elems, out)
	}
	return surveyFields(path, objects, out)
}

func surveyFields(path string, objects []map[string]any, out []Field) []Field {
	values := map[string][]any{}
	for _, o := range objects {
		for name, v := range o {
			values[name] = append(values[name], v)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		below := strings.TrimPrefix(path+"."+name, ".")
		from := len(out)
		out = survey(below, values[name], out)
		out[from].Of = len(objects)
	}
	return out
}

func example(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return prose.Cut(string(b), 60)
}
