package code

import "fmt"

// Func is a function of expr, beside those that the language itself has. Its
// documentation, its completion and its tests come from here.
type Func struct {
	Name      string
	Signature string
	Summary   string
	Examples  []Example

	call  func(args ...any) (any, error)
	types []any // pointers to Go function types, one for each way to call it
}

// Example is a program and its result, written as JSON.
type Example struct{ Expr, Result string }

// Funcs is the library, in the order of documentation.
func Funcs() []Func { return table() }

func table() []Func {
	return []Func{
		iocsFunc, iocTypeFunc,
		labelFunc, enumFunc,
		timeFunc, rfc3339Func, durationFunc,
		firstOfFunc, linesFunc, htmlFunc,
		joinFunc, replaceFunc, repeatFunc, stringFunc,
		toJSONFunc, fromJSONFunc, toBase64Func, flattenFunc,
	}
}

// fault is an error of a function in words meant for people. It holds no value of
// the record.
type fault string

func (f fault) Error() string { return string(f) }

func faultf(format string, args ...any) error { return fault(fmt.Sprintf(format, args...)) }

// misfit is an argument of the wrong kind. The place of the argument is found
// when the error is explained.
type misfit struct{ got, want string }

func (m misfit) Error() string { return article(m.got) + " where " + m.want + " is needed" }

func textTooLong(name string) error {
	return faultf("%s would make a text of more than %d bytes", name, maxText)
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
	return "", wrongKind(args[i], "text")
}

func wrongKind(v any, want string) error {
	return misfit{got: kindName(fmt.Sprintf("%T", v)), want: want}
}

// measure is what is left of budget elements after v, or negative where v is
// larger, or has more than maxText bytes of text. Values that share parts, which
// programs can make, may be much larger written out than in memory.
func measure(v any, budget int) int {
	left, text := budget, maxText
	weigh(v, &left, &text)
	if text < 0 {
		return -1
	}
	return left
}

func weigh(v any, left, text *int) {
	if *left--; *left < 0 || *text < 0 {
		return
	}
	switch v := v.(type) {
	case string:
		*text -= len(v)
	case []int:
		*left -= len(v)
	case []string:
		*left -= len(v)
		for _, e := range v {
			*text -= len(e)
		}
	case []any:
		for _, e := range v {
			if weigh(e, left, text); *left < 0 || *text < 0 {
				return
			}
		}
	case map[string]any:
		for k, e := range v {
			*text -= len(k)
			if weigh(e, left, text); *left < 0 || *text < 0 {
				return
			}
		}
	case [][2]any:
		for _, pair := range v {
			weigh(pair[0], left, text)
			if weigh(pair[1], left, text); *left < 0 || *text < 0 {
				return
			}
		}
	case map[any][]any:
		for _, e := range v {
			if weigh(e, left, text); *left < 0 || *text < 0 {
				return
			}
		}
	}
}

// compactJSON is encodeJSON within maxText bytes.
func compactJSON(name string, v any) (string, error) {
	if measure(v, maxElements) < 0 {
		return "", textTooLong(name)
	}
	text, err := encodeJSON(Normalize(v))
	if err != nil {
		return "", faultf("%s: the value cannot be written as JSON", name)
	}
	if len(text) > maxText {
		return "", textTooLong(name)
	}
	return text, nil
}
