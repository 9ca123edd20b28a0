package code

import (
	"fmt"
	"maps"
	"slices"
)

// Unlike says what of seen, the shape of some samples, does not fit want: fields that want
// does not have, other kinds, and absent values that want always expects. It is empty
// where all fits. Paths are those of expr, with [] for the elements of a list.
func Unlike(want, seen Shape) []string { return unlike("", want, seen) }

func unlike(path string, want, seen Shape) []string {
	name := path
	if name == "" {
		name = "the record"
	}
	var out []string
	if seen.Optional && !want.Optional && want.Kind != Any {
		out = append(out, name+" may be absent")
	}
	switch {
	case want.Kind == Any, seen.Kind == Any: // always null, or now this and now that
	case want.Kind == Number && seen.Kind.numeric():
	case want.Kind != seen.Kind:
		return append(out, fmt.Sprintf("%s is %s, not %s", name, seen.Kind.Word(), want.Kind.Word()))
	case want.Kind == List && want.Elem != nil && seen.Elem != nil:
		out = append(out, unlike(path+"[]", *want.Elem, *seen.Elem)...)
	case want.Kind == Object:
		out = append(out, unlikeFields(path, want, seen)...)
	}
	return out
}

func unlikeFields(path string, want, seen Shape) []string {
	var out []string
	join := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	for _, name := range slices.Sorted(maps.Keys(seen.Fields)) {
		field, known := want.Fields[name]
		if known {
			out = append(out, unlike(join(name), field, seen.Fields[name])...)
		} else if !want.Open {
			out = append(out, join(name)+" is new")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want.Fields)) {
		if _, there := seen.Fields[name]; !there && !want.Fields[name].Optional {
			out = append(out, join(name)+" is gone")
		}
	}
	return out
}
