package code

import (
	"errors"
	"math"
	"math/big"
	"reflect"
	"strconv"

	"github.com/expr-lang/expr/builtin"
)

// int and round replace what expr has by the same name: they let null pass, int
// does not wrap around and round knows digits.

var intFunc = Func{
	Name:      "int",
	Signature: "int(value) int",
	Summary:   "A whole number: of a text of digits with nothing else, not even blanks, or of a float, whose fraction goes. nil stays nil.",
	Examples: []Example{
		{`int('-42')`, `-42`},
		{`int(2.9)`, `2`},
		{`int(nil)`, `null`},
	},
	check: knownKind("int"),
	call: func(args ...any) (any, error) {
		switch v := Normalize(scalar(args[0])).(type) {
		case nil, int:
			return v, nil
		case float64:
			if !(math.Abs(v) < 1<<63) {
				return nil, faultf("int: the number has more than 64 bits")
			}
			return int(v), nil
		case string:
			n, err := strconv.Atoi(v)
			if err != nil {
				return nil, faultf("the text is not a whole number")
			}
			return n, nil
		}
		return nil, wrongKind(args, 0, "a number")
	},
}

var roundFunc = Func{
	Name:      "round",
	Signature: "round(number[, digits]) float",
	Summary:   "The nearest whole number, or the nearest with as many digits after the point, 0 to 15; halves go away from zero. nil stays nil.",
	Examples: []Example{
		{`round(2.5)`, `3.0`},
		{`round(2.675, 2)`, `2.68`},
		{`round(nil, 2)`, `null`},
	},
	check: func(args []reflect.Type) (reflect.Type, error) {
		switch {
		case len(args) > 2:
			return nil, errors.New("too many arguments to call round")
		case len(args) < 2:
			return knownKind("round")(args)
		case args[1] == nil || args[1].Kind() != reflect.Int && args[1].Kind() != reflect.Interface:
			return nil, errors.New("the digits of round must be an int")
		}
		return knownKind("round")(args[:1])
	},
	call: func(args ...any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		n, err := floatArg(args, 0)
		if err != nil || len(args) == 1 {
			return math.Round(n), err
		}
		digits, err := digitsArg("round", args, 1)
		return roundTo(n, digits), err
	},
}

var percentFunc = Func{
	Name:      "percent",
	Signature: "percent(part, whole[, digits]) float",
	Summary:   "How many hundredths of the whole the part is, rounded to whole ones, or to as many digits after the point. nil where the whole is 0 or one of both is nil.",
	Examples: []Example{
		{`percent(1, 8)`, `13.0`},
		{`percent(1, 8, 1)`, `12.5`},
		{`percent(1, 0)`, `null`},
	},
	types: []any{new(func(any, any) any), new(func(any, any, int) any)},
	call: func(args ...any) (any, error) {
		if args[0] == nil || args[1] == nil {
			return nil, nil
		}
		part, err := floatArg(args, 0)
		if err != nil {
			return nil, err
		}
		whole, err := floatArg(args, 1)
		if err != nil || whole == 0 {
			return nil, err
		}
		digits := 0
		if len(args) > 2 {
			if digits, err = digitsArg("percent", args, 2); err != nil {
				return nil, err
			}
		}
		return roundTo(100*part/whole, digits), nil
	},
}

// knownKind checks as the builtin of this name does, but results in any where the
// argument may be null.
func knownKind(name string) func([]reflect.Type) (reflect.Type, error) {
	return func(args []reflect.Type) (reflect.Type, error) {
		if len(args) == 1 && (args[0] == nil || args[0].Kind() == reflect.Interface) {
			return reflect.TypeFor[value](), nil
		}
		return builtin.Builtins[builtin.Index[name]].Validate(args)
	}
}

func digitsArg(name string, args []any, i int) (int, error) {
	digits, err := intArg(args, i)
	if err == nil && (digits < 0 || digits > 15) {
		err = faultf("%s takes 0 to 15 digits", name)
	}
	return digits, err
}

// roundTo rounds the decimal number that people read, not the binary one behind it.
func roundTo(n float64, digits int) float64 {
	exact, ok := new(big.Rat).SetString(strconv.FormatFloat(n, 'g', -1, 64))
	if !ok {
		return n // not a number, or infinite
	}
	rounded, err := strconv.ParseFloat(exact.FloatString(digits), 64)
	if err != nil {
		return n
	}
	return rounded
}
