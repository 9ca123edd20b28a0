package code

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind is what a value is.
type Kind int

// The kinds of values. Number is an Int or a Float, whichever a record has. Function is
// a Go function that a program may call.
const (
	Any Kind = iota
	String
	Int
	Float
	Number
	Bool
	Time
	List
	Object
	Function
)

func (k Kind) String() string {
	return [...]string{"any", "string", "int", "float", "number", "bool", "time", "list", "object", "function"}[k]
}

// Word is what a mapping calls the kind, as in the type of a parameter.
func (k Kind) Word() string {
	switch k {
	case Int:
		return "integer"
	case Float:
		return "number"
	}
	return k.String()
}

// Shape says what a value looks like. The zero Shape is any value at all.
type Shape struct {
	Kind Kind
	// Optional is a value that may be absent or null.
	Optional bool
	// Fields are the members of an Object. Others are load errors, unless Open.
	Fields map[string]Shape
	Open   bool
	// Elem is what a List holds; nil is any.
	Elem *Shape
	// Func is the function, or one with the same signature, of a Function:
	// one or two results, the second an error.
	Func any
	// Options are the only texts that it may be; none: any.
	Options []string
}

// ListOf is a list of elem.
func ListOf(elem Shape) Shape { return Shape{Kind: List, Elem: &elem} }

// ObjectOf is a closed object.
func ObjectOf(fields map[string]Shape) Shape { return Shape{Kind: Object, Fields: fields} }

// String is the shape as a person would note it, fields in order:
// {id: string, src?: {ip: string}, tags: [any], …}.
func (s Shape) String() string {
	switch s.Kind {
	case List:
		if s.Elem == nil {
			return "[any]"
		}
		return "[" + s.Elem.String() + "]"
	case Object:
		return s.objectString()
	}
	return s.Kind.String()
}

func (s Shape) objectString() string {
	parts := make([]string, 0, len(s.Fields)+1)
	for _, name := range slices.Sorted(maps.Keys(s.Fields)) {
		field := s.Fields[name]
		mark := ": "
		if field.Optional {
			mark = "?: "
		}
		parts = append(parts, name+mark+field.String())
	}
	if s.Open {
		parts = append(parts, "…")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// Infer finds the shape that all samples have. A field that is null or absent in
// some sample is Optional; one of differing kinds is Any; a list that was always
// empty is a list of any.
func Infer(samples []any) Shape {
	kind, seen := Any, 0
	out := Shape{}
	for _, v := range samples {
		if v == nil {
			out.Optional = true
			continue
		}
		k := kindOf(v)
		if seen > 0 {
			k = common(kind, k)
		}
		if k == Any {
			return Shape{Optional: out.Optional || slices.Contains(samples, nil)}
		}
		kind, seen = k, seen+1
	}
	out.Kind = kind
	switch kind {
	case Object:
		out.Fields = inferFields(samples)
	case List:
		var all []any
		for _, v := range samples {
			list, _ := v.([]any)
			all = append(all, list...)
		}
		elem := Infer(all)
		out.Elem = &elem
	}
	return out
}

// common is the kind that values of both kinds are of.
func common(a, b Kind) Kind {
	switch {
	case a == b:
		return a
	case a.numeric() && b.numeric():
		return Number
	}
	return Any
}

func (k Kind) numeric() bool { return k == Int || k == Float || k == Number }

func inferFields(samples []any) map[string]Shape {
	values, objects := map[string][]any{}, 0
	for _, v := range samples {
		object, ok := v.(map[string]any)
		if !ok {
			continue
		}
		objects++
		for name, e := range object {
			values[name] = append(values[name], e)
		}
	}
	fields := make(map[string]Shape, len(values))
	for name, all := range values {
		field := Infer(all)
		field.Optional = field.Optional || len(all) < objects
		fields[name] = field
	}
	return fields
}

// kindOf is the kind of a normalised value.
func kindOf(v any) Kind {
	switch v.(type) {
	case string:
		return String
	case int:
		return Int
	case float64:
		return Float
	case bool:
		return Bool
	case time.Time:
		return Time
	case []any:
		return List
	case map[string]any:
		return Object
	}
	return Any
}
