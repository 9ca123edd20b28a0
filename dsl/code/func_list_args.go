package code

import (
	"reflect"
	"time"
)

// onList is a call on the list of its only argument; null stays null.
func onList(f func(list []any) (any, error)) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		list, err := listArg(args, 0)
		if err != nil {
			return nil, err
		}
		return f(list)
	}
}

// onObjects is a call on a list of objects and the name of a field.
func onObjects(name string, f func(objects []map[string]any, field string) any) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		return onList(func(list []any) (any, error) {
			field, err := textArg(args, 1)
			if err != nil {
				return nil, err
			}
			objects := make([]map[string]any, len(list))
			for i, e := range list {
				var ok bool
				if objects[i], ok = objectOf(e); !ok {
					return nil, faultf("%s: element %d is not an object", name, i)
				}
			}
			return f(objects, field), nil
		})(args[0])
	}
}

// objectOf is v as an object, or what groupBy makes as one.
func objectOf(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, true
	case map[any][]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			key, _ := Text(Normalize(k))
			out[key] = e
		}
		return out, true
	}
	return nil, false
}

// isEmpty is empty for what programs make too, without a look inside.
func isEmpty(v any) bool {
	switch list := reflect.ValueOf(v); list.Kind() {
	case reflect.Slice, reflect.Map:
		return list.Len() == 0
	}
	return empty(v)
}

// jsonText is the identity of a list or object.
type jsonText string

// identity is the same for what expr finds equal. left is the number of elements
// inside lists and objects that may still be looked at.
func identity(v any, left *int) (any, error) {
	switch v := v.(type) {
	case nil, bool, string, int:
		return v, nil
	case float64:
		if whole := int(v); v > -1<<53 && v < 1<<53 && float64(whole) == v {
			return whole, nil
		}
		return v, nil
	case time.Time:
		return v.UTC().Round(0), nil
	}
	if *left = measure(v, *left); *left < 0 {
		return nil, faultf("unique compares at most %d elements within elements", maxElements)
	}
	text, err := compactJSON("unique", v)
	return jsonText(text), err
}
