package code

import (
	"fmt"
	"reflect"
	"time"
)

// fault is an error of a function in words meant for people. It holds no value of
// the record.
type fault string

func (f fault) Error() string { return string(f) }

func faultf(format string, args ...any) error { return fault(fmt.Sprintf(format, args...)) }

// misfit is an argument of the wrong kind: the one at index arg.
type misfit struct {
	got, want string
	arg       int
}

func (m misfit) Error() string { return article(m.got) + " where " + m.want + " is needed" }

func wrongKind(args []any, i int, want string) error {
	return misfit{got: kindName(fmt.Sprintf("%T", args[i])), want: want, arg: i}
}

func textTooLong(name string) error {
	return faultf("%s would make a text of more than %d bytes", name, maxText)
}

func listTooLong(name string) error {
	return faultf("%s would make a list of more than %d elements", name, maxElements)
}

// textArg is argument i as text. Lists, objects and null have none.
func textArg(args []any, i int) (string, error) {
	if text, ok := args[i].(string); ok {
		return text, nil
	}
	switch kind := kindOf(args[i]); kind {
	case Int, Float, Bool, Time:
		if text, ok := Text(args[i]); ok {
			return text, nil
		}
	}
	return "", wrongKind(args, i, "text")
}

// textElem is element i of a list that is an argument, as text.
func textElem(name string, list []any, i int) (string, error) {
	text, err := textArg([]any{Normalize(scalar(list[i]))}, 0)
	if err != nil {
		return "", faultf("%s: element %d is not text", name, i)
	}
	return text, nil
}

// scalar is v, or an empty list where it is a list or object, which would not be
// worth normalising.
func scalar(v any) any {
	switch reflect.ValueOf(v).Kind() {
	case reflect.Slice, reflect.Map:
		return []any{}
	}
	return v
}

func intArg(args []any, i int) (int, error) {
	if n, ok := args[i].(int); ok {
		return n, nil
	}
	return 0, wrongKind(args, i, "an int")
}

func floatArg(args []any, i int) (float64, error) {
	switch n := args[i].(type) {
	case int:
		return float64(n), nil
	case float64:
		return n, nil
	}
	return 0, wrongKind(args, i, "a number")
}

// timeArg is argument i as an instant; an RFC 3339 text is one too.
func timeArg(args []any, i int) (time.Time, error) {
	switch v := args[i].(type) {
	case time.Time:
		return v.UTC(), nil
	case string:
		return readTime(v, nil)
	}
	return time.Time{}, wrongKind(args, i, "a time")
}

// listArg is argument i as a list. The elements are left as they are: lists may
// share parts, and be far larger to walk than to hold.
func listArg(args []any, i int) ([]any, error) {
	if list, ok := args[i].([]any); ok {
		return list, nil
	}
	v := reflect.ValueOf(args[i])
	if v.Kind() != reflect.Slice {
		return nil, wrongKind(args, i, "a list")
	}
	out := make([]any, v.Len())
	for i := range out {
		out[i] = v.Index(i).Interface()
	}
	return out, nil
}

// onText is a call that works on the text of its first argument; f gets that and
// all arguments. null stays null, and the result is held within bounds.
func onText(name string, f func(text string, args []any) (any, error)) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		text, err := textArg(args, 0)
		if err != nil {
			return nil, err
		}
		out, err := f(text, args)
		switch out := out.(type) {
		case string:
			if len(out) > maxText {
				return nil, textTooLong(name)
			}
		case []any:
			if len(out) > maxElements {
				return nil, listTooLong(name)
			}
		}
		return out, err
	}
}

// plainText is onText without further arguments and without errors.
func plainText(name string, f func(text string) string) func(...any) (any, error) {
	return onText(name, func(text string, _ []any) (any, error) { return f(text), nil })
}

// orNil is onText where f may find nothing.
func orNil(name string, f func(text string) (string, bool)) func(...any) (any, error) {
	return onText(name, func(text string, _ []any) (any, error) {
		if out, ok := f(text); ok {
			return out, nil
		}
		return nil, nil
	})
}
