package code

import (
	"maps"
	"slices"
)

var compactFunc = Func{
	Name:      "compact",
	Signature: "compact(list) list",
	Summary:   "The elements that are not empty: not nil, \"\", an empty list or an empty object. 0 and false are values. nil stays nil.",
	Examples:  []Example{{`compact(['a', nil, '', 0, [], {}])`, `["a",0]`}},
	types:     []any{new(func(any) any)},
	sameElem:  true,
	call: onList(func(list []any) (any, error) {
		out := make([]any, 0, len(list))
		for _, e := range list {
			if !isEmpty(e) {
				out = append(out, e)
			}
		}
		return out, nil
	}),
}

var uniqueFunc = Func{
	Name:      "unique",
	Signature: "unique(list) list",
	Summary:   "Each element once, in the order in which they come first. Lists and objects are the same where their JSON is. nil stays nil.",
	Examples: []Example{
		{`unique(['b', 'a', 'b', 1, '1'])`, `["b","a",1,"1"]`},
		{`unique([{a: 1}, {a: 1.0}])`, `[{"a":1}]`},
	},
	types:    []any{new(func(any) any)},
	sameElem: true,
	call: onList(func(list []any) (any, error) {
		out, seen, left := make([]any, 0, len(list)), make(map[any]bool, len(list)), maxElements
		for _, e := range list {
			key, err := identity(e, &left)
			if err != nil {
				return nil, err
			}
			if !seen[key] {
				seen[key] = true
				out = append(out, e)
			}
		}
		return out, nil
	}),
}

var indexByFunc = Func{
	Name:      "index_by",
	Signature: "index_by(list, field) object",
	Summary:   "The objects of a list by the text of a field, to look one up. The first of several counts; one without the field is left out. nil stays nil.",
	Examples: []Example{
		{`index_by([{id: 7, n: 'a'}, {id: 8, n: 'b'}], 'id')["8"].n`, `"b"`},
		{`index_by([{id: 7}, {n: 'b'}], 'id')`, `{"7":{"id":7}}`},
	},
	types: []any{new(func(any, string) any)},
	call: onObjects("index_by", func(objects []map[string]any, field string) any {
		out := make(map[string]any, len(objects))
		for _, o := range objects {
			key, ok := "", false
			if k := kindOf(o[field]); k != List && k != Object {
				key, ok = Text(o[field])
			}
			if _, taken := out[key]; ok && !taken {
				out[key] = o
			}
		}
		return out
	}),
}

var pluckFunc = Func{
	Name:      "pluck",
	Signature: "pluck(list, field) list",
	Summary:   "The values of a field in a list of objects, where they are there and not nil. nil stays nil.",
	Examples:  []Example{{`pluck([{n: 1}, {n: nil}, {m: 2}, {n: 3}], 'n')`, `[1,3]`}},
	types:     []any{new(func(any, string) any)},
	call: onObjects("pluck", func(objects []map[string]any, field string) any {
		out := make([]any, 0, len(objects))
		for _, o := range objects {
			if v := o[field]; v != nil {
				out = append(out, v)
			}
		}
		return out
	}),
}

var pairsFunc = Func{
	Name:      "pairs",
	Signature: "pairs(object) list of {key, value}",
	Summary:   "The fields of an object, sorted by name. nil stays nil.",
	Examples: []Example{
		{`pairs({b: 2, a: nil})`, `[{"key":"a","value":null},{"key":"b","value":2}]`},
		{`pairs({a: 1}) | map(.key + '=' + string(.value))`, `["a=1"]`},
	},
	Result: ListOf(ObjectOf(map[string]Shape{"key": {Kind: String}, "value": {}})),
	types:  []any{new(func(any) any)},
	call: func(args ...any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		object, ok := objectOf(args[0])
		switch {
		case !ok:
			return nil, wrongKind(args, 0, "an object")
		case len(object) > maxElements:
			return nil, listTooLong("pairs")
		}
		out := make([]any, 0, len(object))
		for _, key := range slices.Sorted(maps.Keys(object)) {
			out = append(out, map[string]any{"key": key, "value": object[key]})
		}
		return out, nil
	},
}
