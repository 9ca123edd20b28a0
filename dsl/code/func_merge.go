package code

import "maps"

var mergeFunc = Func{
	Name:      "merge",
	Signature: "merge(object, …) object",
	Summary:   "One object with the fields of all; the later one wins. A nil after the first has none; a first nil stays nil.",
	Examples: []Example{
		{`merge({a: 1, b: 1}, {b: 2})`, `{"a":1,"b":2}`},
		{`merge({a: 1}, nil)`, `{"a":1}`},
	},
	types: []any{new(func(any, ...any) any)},
	call: func(args ...any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		out := map[string]any{}
		for i, arg := range args {
			if arg == nil {
				continue
			}
			object, ok := objectOf(arg)
			if !ok {
				return nil, wrongKind(args, i, "an object")
			}
			maps.Copy(out, object)
			if len(out) > maxElements {
				return nil, listTooLong("merge")
			}
		}
		return out, nil
	},
}
